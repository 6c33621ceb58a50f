import { inspect } from "node:util";
import { z } from "zod";
import { isFirstlightError } from "../core/errors.ts";
import { formatPythonJson } from "../core/python-json.ts";
import type { AttemptRecord } from "../provenance/attempt-record.ts";
import type { Scratch } from "../scratch/scratch.ts";
import { libraryVersions } from "./library-versions.ts";
import type { Lineage } from "./lineage.ts";
import type { TaskClass } from "./task-base.ts";

/** The tag of the files that attempts leave about themselves. */
export const provenanceRecord = "PROVENANCE_RECORD";

/** The tag of the document of a whole run. */
export const provenance = "PROVENANCE";

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

/** What is known of an attempt when it has done its work. */
export interface AttemptFacts {
  /** ISO 8601, UTC, by the clock of products. */
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
  await scratch.write(new TextEncoder().encode(encode(record)), [provenanceRecord], {
    relativePath: `provenance/${task.name}.json`,
    overwrite: true,
  });
}

/** A schema may make of parameters what JSON cannot hold; that must not fail an attempt which has done its work. */
function encode(record: AttemptRecord): string {
  try {
    return formatPythonJson(record);
  } catch (error) {
    if (!isFirstlightError(error, "JSON_INVALID")) throw error;
    return formatPythonJson({ ...record, parameters: inspect(record.parameters, { depth: null, breakLength: 120 }) });
  }
}
