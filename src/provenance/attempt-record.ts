/** A file that an attempt read. */
export interface RecordedRead {
  /** Relative to the run's scratch. */
  readonly path: string;
  /** Where it is not known, the version that an earlier attempt of the run wrote is taken. */
  readonly sha256?: string;
}

/** A file that an attempt wrote. */
export interface RecordedWrite {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes?: number;
  readonly tags: readonly string[];
  /** The paths among the reads that it was made of, where the task knows. Default: all of them. */
  readonly derivedFrom?: readonly string[];
}

/** What one attempt of a task did: the ground on which lineage stands. */
export interface AttemptRecord {
  readonly task: string;
  readonly version: string;
  /** Counts from 1. Default 1. */
  readonly attempt?: number;
  readonly reads: readonly (string | RecordedRead)[];
  readonly writes: readonly RecordedWrite[];
  readonly parameters: unknown;
  /** Library name → version. */
  readonly libraries: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
}

/** The recipe run that the attempts belong to. */
export interface RecordedRun {
  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  readonly datasetId?: string;
}
