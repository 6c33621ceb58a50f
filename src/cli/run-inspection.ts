import { silentLogger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import type { StoredMessage } from "../services/bus.ts";
import type { ProvenanceRecord } from "../services/metadata-store.ts";
import { openServices } from "../services/open-services.ts";
import type { LineageWrite } from "../tasks/lineage.ts";
import type { AttemptRecord } from "../workflow/run-store.ts";
import { type RunDocument, runDocument } from "./run-document.ts";
import { type RecordedRun, readRun } from "./run-record.ts";
import { readScratchFacts, type ScratchFacts } from "./scratch-facts.ts";

/** Which parts are asked for beside the run itself. */
export type InspectionParts = Readonly<Record<"attempts" | "messages" | "tags" | "constants" | "provenance", boolean>>;

/** What one task read and wrote in its last attempt that was done. */
export interface TaskLineage {
  readonly task: string;
  readonly attempt: number;
  readonly reads: readonly string[];
  readonly writes: readonly LineageWrite[];
}

/** What `inspect RUN --json` prints; a part that was not asked for is not there. */
export interface Inspection {
  readonly run: RunDocument;
  readonly attempts?: readonly AttemptRecord[];
  /** Null on a bus that does not show its messages. */
  readonly messages?: readonly StoredMessage[] | null;
  /** Tag → number of files; null once scratch was torn down. */
  readonly tags?: ScratchFacts["tags"] | null;
  readonly constants?: ScratchFacts["constants"] | null;
  readonly provenance?: {
    readonly lineage: readonly TaskLineage[];
    /** Null in a metadata store that does not show its records. */
    readonly records: readonly ProvenanceRecord[] | null;
  };
}

/** Reads a run and the parts that are asked for. Throws `RUN_NOT_FOUND`. */
export async function readInspection(
  recipeRunId: number,
  settings: Settings,
  parts: InspectionParts,
): Promise<Inspection> {
  const recorded = await readRun(settings.scratchBasePath, recipeRunId);
  const facts = parts.tags || parts.constants ? await readScratchFacts(recipeRunId, settings) : undefined;
  return {
    run: await runDocument(recorded, settings),
    ...(parts.attempts ? { attempts: recorded.attempts } : {}),
    ...(parts.messages ? { messages: await readMessages(recipeRunId, settings) } : {}),
    ...(parts.tags ? { tags: facts?.tags ?? null } : {}),
    ...(parts.constants ? { constants: facts?.constants ?? null } : {}),
    ...(parts.provenance
      ? { provenance: { lineage: lineageOf(recorded), records: await readProvenance(recipeRunId, settings) } }
      : {}),
  };
}

async function readMessages(recipeRunId: number, settings: Settings): Promise<readonly StoredMessage[] | null> {
  await using services = openServices(settings, { log: silentLogger });
  const messages = services.bus.messages?.({ conversationId: String(recipeRunId) });
  return messages === undefined ? null : await Array.fromAsync(messages);
}

async function readProvenance(recipeRunId: number, settings: Settings): Promise<readonly ProvenanceRecord[] | null> {
  await using services = openServices(settings, { log: silentLogger });
  const record = await services.metadataStore.record?.(recipeRunId);
  return record?.provenances ?? null;
}

function lineageOf({ tasks }: RecordedRun): readonly TaskLineage[] {
  return tasks.flatMap(({ report }) =>
    report === undefined
      ? []
      : [{ task: report.task, attempt: report.attempt, reads: report.reads, writes: report.writes }],
  );
}
