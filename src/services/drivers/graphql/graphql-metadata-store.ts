import { FirstlightError, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { formatPythonJson, parsePythonJson, plainJson } from "../../../core/python-json.ts";
import { requireObject } from "../../../core/require-option.ts";
import type {
  InputDataset,
  InputDatasetPart,
  InputDatasetPartType,
  MetadataStore,
  ProvenanceRecord,
  RecipeRun,
} from "../../metadata-store.ts";
import { type RecipeRunStatusName, recipeRunStatuses } from "../../recipe-run-status.ts";
import { greatestInt, requireProvenance, requireReceiptAccount, requireStatusName } from "../metadata-arguments.ts";
import { metadataSchemaUnfit, recipeRunNotFound, shown, withoutSecret } from "../metadata-errors.ts";
import {
  createProvenance,
  createReceiptAccount,
  createStatus,
  findInputDataset,
  findRecipeRun,
  findStatus,
  type InputDatasetResponse,
  type RecipeRunResponse,
  updateRecipeRun,
} from "../metadata-operations.ts";
import { type GraphqlClient, type GraphqlClientOptions, graphqlClient } from "./graphql-client.ts";

export interface GraphqlMetadataStoreOptions extends GraphqlClientOptions {}

const partTypes: readonly string[] = [
  "observe_frames",
  "calibration_frames",
  "parameters",
] satisfies readonly InputDatasetPartType[];

/**
 * The facility's metadata store, by GraphQL over HTTP, with the operations of the Python stack. A recipe run and its input
 * dataset are asked for once, until this store has changed the run; a failure is not kept.
 */
export function graphqlMetadataStore(options: GraphqlMetadataStoreOptions): MetadataStore {
  requireObject("options of graphqlMetadataStore", options);
  const client = graphqlClient(options);
  const runs = new Map<number, Promise<RecipeRun>>();
  const datasets = new Map<number, Promise<InputDataset>>();
  const statusIds = new Map<RecipeRunStatusName, Promise<number>>();

  async function readRun(recipeRunId: number): Promise<RecipeRun> {
    requirePossible(recipeRunId);
    const response = theOne(recipeRunId, await client.call(findRecipeRun(recipeRunId)));
    return toRecipeRun(options, recipeRunId, response);
  }
  async function readDataset(recipeRunId: number): Promise<InputDataset> {
    requirePossible(recipeRunId);
    const response = theOne(recipeRunId, await client.call(findInputDataset(recipeRunId)));
    return toInputDataset(recipeRunId, response);
  }

  /** A server that does not heed the filter would give a task another's run. */
  function theOne<Response>(recipeRunId: number, found: readonly Response[]): Response {
    const [first] = found;
    if (first === undefined) throw recipeRunNotFound(recipeRunId);
    if (found.length === 1) return first;
    const expected = `the one recipe run of the id ${recipeRunId}, which filterParams asked for`;
    throw metadataSchemaUnfit(options.url, "recipeRuns", [
      { path: "recipeRuns", expected, found: shown(found, options.authToken) },
    ]);
  }

  /** The server's words for a run that it does not know are its own; whether that is why it refuses, a question tells. */
  async function change(recipeRunId: number, work: () => Promise<unknown>): Promise<void> {
    requirePossible(recipeRunId);
    try {
      await work();
    } catch (error) {
      const isAnswer =
        isFirstlightError(error, "METADATA_STORE_REFUSED") || isFirstlightError(error, "METADATA_STORE_SCHEMA");
      if (!isAnswer) throw error;
      const known = await client.call(findRecipeRun(recipeRunId)).catch(() => undefined);
      throw known?.length === 0 ? recipeRunNotFound(recipeRunId, error) : error;
    }
  }

  return {
    name: "graphql",
    recipeRun: (recipeRunId) => kept(runs, recipeRunId, () => readRun(recipeRunId)),
    inputDataset: (recipeRunId) => kept(datasets, recipeRunId, () => readDataset(recipeRunId)),
    setStatus: async (recipeRunId, status) => {
      requireStatusName(status);
      await change(recipeRunId, async () => {
        const statusId = await kept(statusIds, status, () => findOrCreate(client, options.url, status));
        await client.call(updateRecipeRun(recipeRunId, statusId));
      });
    },
    recordProvenance: async (record: ProvenanceRecord) => {
      requireProvenance(record);
      await change(record.recipeRunId, async () => {
        try {
          await client.call(createProvenance(record, formatPythonJson(record.libraryVersions)));
        } finally {
          runs.delete(record.recipeRunId);
        }
      });
    },
    createReceiptAccount: async (datasetId, expectedObjectCount) => {
      requireReceiptAccount(datasetId, expectedObjectCount);
      await client.call(createReceiptAccount(datasetId, expectedObjectCount));
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      // A closed store answers nothing, what it has asked before neither.
      runs.clear();
      datasets.clear();
    },
  };
}

/** One question at a time and by key, whose answer stays; a failure may be asked again. */
function kept<Key, Value>(answers: Map<Key, Promise<Value>>, key: Key, ask: () => Promise<Value>): Promise<Value> {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const asked = ask();
  answers.set(key, asked);
  asked.catch(() => {
    if (answers.get(key) === asked) answers.delete(key);
  });
  return asked;
}

async function findOrCreate(client: GraphqlClient, url: string, status: RecipeRunStatusName): Promise<number> {
  /** Of several, as a server gives that does not heed the filter, or has one name twice, the first may be any. */
  const find = async (): Promise<number | undefined> => {
    const ids = new Set((await client.call(findStatus(status))).map(({ recipeRunStatusId }) => recipeRunStatusId));
    const [id] = ids;
    if (ids.size < 2) return id;
    const expected = `the one status of the name ${status}, which filterParams asked for`;
    const found = `${ids.size} of them, of the ids ${[...ids].slice(0, 20).join(", ")}${ids.size > 20 ? " and so on" : ""}`;
    throw metadataSchemaUnfit(url, "recipeRunStatuses", [{ path: "recipeRunStatuses", expected, found }]);
  };
  const found = await find();
  if (found !== undefined) return found;
  const { isComplete, description } = recipeRunStatuses[status];
  try {
    return (await client.call(createStatus(status, isComplete, description))).recipeRunStatusId;
  } catch (error) {
    // Another may have created it meanwhile, or this one, whose answer was lost.
    const made = isFirstlightError(error, "METADATA_STORE_REFUSED") ? await find() : undefined;
    if (made === undefined) throw error;
    return made;
  }
}

function requirePossible(recipeRunId: number): void {
  if (!Number.isInteger(recipeRunId) || Math.abs(recipeRunId) > greatestInt) throw recipeRunNotFound(recipeRunId);
}

function toRecipeRun(
  options: GraphqlMetadataStoreOptions,
  recipeRunId: number,
  response: RecipeRunResponse,
): RecipeRun {
  const { recipeInstance, recipeInstanceId, recipeRunProvenances, configuration } = response;
  const { recipeId, inputDatasetId } = recipeInstance;
  return {
    recipeRunId,
    recipeInstanceId,
    recipeId,
    inputDatasetId,
    configuration: parseConfiguration(options, configuration),
    provenances: recipeRunProvenances,
  };
}

function parseConfiguration(
  { url, authToken }: GraphqlMetadataStoreOptions,
  text: string | null,
): Readonly<Record<string, unknown>> {
  if (text === null || text.trim() === "") return {};
  const unfit = (found: string): FirstlightError =>
    metadataSchemaUnfit(url, "recipeRuns", [
      {
        path: "recipeRuns[0].configuration",
        expected: "the JSON text of an object",
        found: withoutSecret(found, authToken),
      },
    ]);
  let value: unknown;
  try {
    value = plainJson(parsePythonJson(text));
  } catch (error) {
    throw unfit(`${shown(text, authToken)}: ${messageOf(error)}`);
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw unfit(shown(text, authToken));
  return value as Readonly<Record<string, unknown>>;
}

function toInputDataset(recipeRunId: number, { recipeInstance }: InputDatasetResponse): InputDataset {
  const { inputDatasetId, isActive, inputDatasetInputDatasetParts } = recipeInstance.inputDataset;
  const parts = inputDatasetInputDatasetParts.flatMap(({ inputDatasetPart: part }): InputDatasetPart[] => {
    const type = part.inputDatasetPartType.inputDatasetPartTypeName;
    // Kinds of parts that may come are for tasks that know them.
    if (!partTypes.includes(type)) return [];
    return [
      {
        inputDatasetPartId: part.inputDatasetPartId,
        type: type as InputDatasetPartType,
        document: part.inputDatasetPartDocument,
      },
    ];
  });
  const types = parts.map(({ type }) => type);
  if (new Set(types).size !== types.length) {
    throw new FirstlightError(
      "INPUT_DATASET_INVALID",
      `The input dataset ${inputDatasetId} of recipe run ${recipeRunId} has two parts of one type (${types.join(", ")}); it may have one of each. Mend it in the metadata store.`,
      { disposition: "invalid", fields: { recipeRunId, inputDatasetId, types } },
    );
  }
  return { inputDatasetId, isActive, parts };
}
