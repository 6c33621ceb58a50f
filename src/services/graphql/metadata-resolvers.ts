import { crc32 } from "node:zlib";
import { z } from "zod";
import { FirstlightError, isFirstlightError } from "../../core/errors.ts";
import { formatPythonJson, parsePythonJson, plainJson } from "../../core/python-json.ts";
import type {
  InputDataset,
  OwnMetadataStore,
  ProvenanceRecord,
  RecipeRun,
  RecipeRunStatus,
} from "../metadata-store.ts";

type Filter<Params> = { readonly filterParams?: Params | null };
type Creation<Params> = { readonly createParams: Params };

interface ProvenanceCreation extends Omit<ProvenanceRecord, "libraryVersions" | "codeVersion"> {
  readonly libraryVersions: string;
  readonly codeVersion?: string | null;
}

/** GraphQL's own integers end here. */
const greatestInt = 2 ** 31 - 1;
const versionsSchema = z.record(z.string(), z.string());

/** What each field of `metadataSchema` is answered with. The other fields are properties of what these return. */
export function metadataResolvers(store: OwnMetadataStore) {
  return {
    Query: {
      async recipeRuns(_: unknown, { filterParams }: Filter<{ readonly recipeRunId?: number | null }>) {
        const asked = filterParams?.recipeRunId ?? undefined;
        // One run that GraphQL cannot number shall not hide the others.
        const ids = asked === undefined ? (await store.runs()).filter((id) => id <= greatestInt) : [asked];
        return (await Promise.all(ids.map((id) => runOf(store, id)))).flatMap((run) => run ?? []);
      },
      async recipeRunStatuses(
        _: unknown,
        {
          filterParams,
        }: Filter<{ readonly recipeRunStatusId?: number | null; readonly recipeRunStatusName?: string | null }>,
      ) {
        const { recipeRunStatusId, recipeRunStatusName } = filterParams ?? {};
        return (await store.statuses.list())
          .filter(({ id, name }) => (recipeRunStatusId ?? id) === id && (recipeRunStatusName ?? name) === name)
          .map(shownStatus);
      },
      async datasetCatalogReceiptAccounts(
        _: unknown,
        { filterParams: { datasetId } }: { readonly filterParams: { readonly datasetId: string } },
      ) {
        const expectedObjectCount = await store.expectedObjectCount(datasetId);
        return expectedObjectCount === undefined ? [] : [receiptAccount(datasetId, expectedObjectCount)];
      },
    },
    Mutation: {
      async createRecipeRunStatus(
        _: unknown,
        {
          createParams: { recipeRunStatusName: name, isComplete, recipeRunStatusDescription: description },
        }: Creation<{
          readonly recipeRunStatusName: string;
          readonly isComplete: boolean;
          readonly recipeRunStatusDescription: string;
        }>,
      ) {
        const id = await store.statuses.create({ name, isComplete, description });
        const made = (await store.statuses.list()).find((status) => status.id === id);
        return shownStatus(made ?? { id, name, isComplete, description });
      },
      async updateRecipeRun(
        _: unknown,
        {
          updateParams: { recipeRunId, recipeRunStatusId },
        }: { readonly updateParams: { readonly recipeRunId: number; readonly recipeRunStatusId: number } },
      ) {
        await store.statuses.assign(recipeRunId, recipeRunStatusId);
        return await runOf(store, recipeRunId);
      },
      async createRecipeRunProvenance(_: unknown, { createParams }: Creation<ProvenanceCreation>) {
        const { libraryVersions, codeVersion, ...rest } = createParams;
        const record = {
          ...rest,
          libraryVersions: parseVersions(libraryVersions),
          ...(typeof codeVersion === "string" ? { codeVersion } : {}),
        };
        await store.recordProvenance(record);
        const { provenances } = await store.recipeRun(record.recipeRunId);
        return shownProvenance(record, provenances.at(-1)?.recipeRunProvenanceId ?? 0);
      },
      async createDatasetCatalogReceiptAccount(
        _: unknown,
        {
          createParams: { datasetId, expectedObjectCount },
        }: Creation<{ readonly datasetId: string; readonly expectedObjectCount: number }>,
      ) {
        await store.createReceiptAccount(datasetId, expectedObjectCount);
        return receiptAccount(datasetId, expectedObjectCount);
      },
    },
  };
}

async function runOf(store: OwnMetadataStore, recipeRunId: number) {
  try {
    return shownRun(store, await store.recipeRun(recipeRunId));
  } catch (error) {
    if (isFirstlightError(error, "RECIPE_RUN_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Its methods are asked only where the query wants their fields. */
function shownRun(store: OwnMetadataStore, run: RecipeRun) {
  const { recipeRunId, recipeInstanceId, recipeId, inputDatasetId } = run;
  return {
    recipeRunId,
    recipeInstanceId,
    configuration: formatPythonJson(run.configuration),
    recipeInstance: {
      recipeInstanceId,
      recipeId,
      inputDatasetId,
      inputDataset: async () => shownDataset(await store.inputDataset(recipeRunId)),
    },
    async recipeRunStatus() {
      const { status: name } = await store.record(recipeRunId);
      const status = (await store.statuses.list()).find((one) => one.name === name);
      return status === undefined ? null : shownStatus(status);
    },
    async recipeRunProvenances() {
      const { provenances } = await store.record(recipeRunId);
      // Both are in the order in which they were recorded; one may have been added between the two questions.
      return run.provenances.flatMap(({ recipeRunProvenanceId }, i) => {
        const record = provenances[i];
        return record === undefined ? [] : [shownProvenance(record, recipeRunProvenanceId)];
      });
    },
  };
}

function shownDataset({ inputDatasetId, isActive, parts }: InputDataset) {
  return {
    inputDatasetId,
    isActive,
    inputDatasetInputDatasetParts: parts.map(({ inputDatasetPartId, type, document }) => ({
      inputDatasetPart: {
        inputDatasetPartId,
        inputDatasetPartDocument: document,
        inputDatasetPartType: { inputDatasetPartTypeName: type },
      },
    })),
  };
}

function shownStatus({ id, name, isComplete, description }: RecipeRunStatus & { readonly id: number }) {
  return {
    recipeRunStatusId: id,
    recipeRunStatusName: name,
    isComplete,
    recipeRunStatusDescription: description,
  };
}

function shownProvenance({ libraryVersions, ...record }: ProvenanceRecord, recipeRunProvenanceId: number) {
  return { ...record, recipeRunProvenanceId, libraryVersions: formatPythonJson(libraryVersions) };
}

/** The table has no number of its own; the callers want that there is one, always the same. */
function receiptAccount(datasetId: string, expectedObjectCount: number) {
  return { datasetCatalogReceiptAccountId: crc32(datasetId) >>> 1, datasetId, expectedObjectCount };
}

function parseVersions(text: string): Readonly<Record<string, string>> {
  const invalid = (cause: unknown): FirstlightError =>
    new FirstlightError(
      "PROVENANCE_INVALID",
      "The libraryVersions of a provenance record are the JSON text of an object, name to version; these are not.",
      { disposition: "invalid", cause },
    );
  let value: unknown;
  try {
    value = plainJson(parsePythonJson(text));
  } catch (error) {
    throw invalid(error);
  }
  const { success, data, error } = versionsSchema.safeParse(value);
  if (!success) throw invalid(error);
  return data;
}
