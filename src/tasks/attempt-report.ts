import type { LineageWrite } from "./lineage.ts";

/** What an attempt did, for the run store. */
export interface AttemptReport {
  readonly task: string;
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly elapsedMs: number;
  /** Paths relative to the run's scratch. */
  readonly reads: readonly string[];
  readonly writes: readonly LineageWrite[];
  readonly peakMemoryBytes: number;
}
