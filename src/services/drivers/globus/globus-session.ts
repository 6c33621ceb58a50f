import type { Logger } from "../../../core/log.ts";
import type { TransferLanding } from "../../transfer.ts";
import type { CallGlobus } from "./globus-api.ts";
import type { GlobusCredential } from "./globus-tokens.ts";

/** What one transfer speaks to Globus with. */
export interface GlobusSession {
  readonly call: CallGlobus;
  readonly client: GlobusCredential;
  readonly signal: AbortSignal | undefined;
  readonly landing: TransferLanding | undefined;
  readonly log: Logger;
  /** Seconds between two looks at a task: at first, and at most. */
  readonly pollSeconds: readonly [first: number, longest: number];
}
