import type { LogLevel } from "../core/log.ts";
import type { Environment } from "../core/settings.ts";
import type { Output } from "./output.ts";
import type { StopSignals } from "./stop-signals.ts";

/** The process, as a command sees it. */
export interface Session {
  /** The real environment, and what `.env` adds to it. */
  readonly env: Environment;
  /** The variables that only `.env` sets. */
  readonly fromEnvFile: ReadonlySet<string>;
  /** Results. */
  readonly stdout: Output;
  /** Progress, and what went wrong. */
  readonly stderr: Output;
  /** From then until its disposal, Ctrl-C, SIGTERM and SIGHUP no longer end the process by themselves. */
  watchStop(): StopSignals;
  /** Log lines of tasks below this are not shown: `LOGURU_LEVEL` where it is set, else WARNING. */
  readonly leastLevel: LogLevel;
  /** What is still under way when the command is done, such as sending to a collector that does not answer, is not waited for. */
  leaveBehind(): void;
}
