import type { LineageWrite } from "./lineage.ts";

/** What an attempt did, for the run store. */
export interface AttemptReport {
  readonly task: string;
  readonly attempt: number;
  /** ISO 8601, UTC: the time of the system's clock, also where products have another. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly elapsedMs: number;
  /** Paths relative to the run's scratch. */
  readonly reads: readonly string[];
  readonly writes: readonly LineageWrite[];
  /** Of the process since it started: in a process of its own, that of the attempt. */
  readonly peakMemoryBytes: number;
}
