import { z } from "zod";
import type { AttemptRecord } from "../provenance/attempt-record.ts";
import type { Scratch } from "../scratch/scratch.ts";
import { libraryVersions } from "./library-versions.ts";
import type { Lineage } from "./lineage.ts";
import type { TaskClass } from "./task-base.ts";

/** The tag of what attempts leave about themselves, as in the Python stack. */
export const provenanceRecord = "PROVENANCE_RECORD";

/** Reads back what `keepAttemptRecord` wrote. */
export const attemptRecordSchema: z.ZodType<AttemptRecord> = z.object({
  task: z.string(),
  version: z.string(),
  reads: z.array(z.string()),
  writes: z.array(
    z.object({
      path: z.string(),
      sha256: z.string(),
      sizeBytes: z.int(),
      tags: z.array(z.string()),
      derivedFrom: z.array(z.string()).optional(),
    }),
  ),
  parameters: z.unknown(),
  libraries: z.record(z.string(), z.string()),
  startedAt: z.string(),
  endedAt: z.string(),
}) as z.ZodType<AttemptRecord>;

export interface AttemptFacts {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly parameters: unknown;
  readonly lineage: Lineage;
  readonly scratch: Scratch;
}

/**
 * Leaves in scratch what an attempt read and wrote, for the provenance of the dataset; one that wrote nothing leaves nothing.
 * How many attempts it took is the run store's business: products of a run that was interrupted are equal to those of one that was not.
 */
export async function keepAttemptRecord(task: TaskClass, facts: AttemptFacts): Promise<void> {
  const { lineage, scratch, startedAt, endedAt, parameters } = facts;
  if (lineage.writes.length === 0) return;
  const record: AttemptRecord = {
    task: task.name,
    version: task.version,
    reads: [...lineage.reads].sort(),
    writes: lineage.writes,
    parameters,
    libraries: libraryVersions(),
    startedAt,
    endedAt,
  };
  await scratch.write(new TextEncoder().encode(JSON.stringify(record)), [provenanceRecord], {
    relativePath: `provenance/${task.name}.json`,
    overwrite: true,
  });
}
