import type { Attributes } from "@opentelemetry/api";
import type { Clock } from "../core/clock.ts";
import type { IdSource } from "../core/ids.ts";
import type { Logger } from "../core/log.ts";
import type { Progress } from "../core/progress.ts";
import type { Settings } from "../core/settings.ts";
import type { Scratch } from "../scratch/scratch.ts";
import type { Services } from "../services/services.ts";
import type { Lineage } from "./lineage.ts";

/** All that `runTask` opens for an attempt, and closes after it. */
export interface TaskContext {
  readonly settings: Settings;
  readonly scratch: Scratch;
  /** The constants of the recipe run as they stood when the attempt began, and what it has set since. */
  readonly constants: Map<string, unknown>;
  readonly services: Services;
  /** Undefined during a rollback. */
  readonly parameters: unknown;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly log: Logger;
  readonly progress: Progress;
  readonly lineage: Lineage;
  /** Leave out input frames that cannot be read, and record them, instead of failing. */
  readonly skipBadFrames: boolean;
  /** Fires when the attempt shall stop. */
  readonly signal: AbortSignal;
  /** A person runs this task by hand, outside of its workflow. */
  readonly isManual: boolean;
  /** What every span and metric of the attempt carries. */
  readonly telemetry: Attributes;
  /** This attempt's share of the machine's cores. */
  readonly threads: number;
}
