import { FirstlightError } from "../../core/errors.ts";
import type {
  InputDatasetPartType,
  ProvenanceRecord,
  RecipeRunRegistration,
  RecipeRunStatus,
} from "../metadata-store.ts";
import { type RecipeRunStatusName, recipeRunStatuses } from "../recipe-run-status.ts";

/** GraphQL's own integers end here, so that no server of it can know a greater number. */
export const greatestInt = 2 ** 31 - 1;

/**
 * What each driver refuses before it asks a server or a file, which would say less of it.
 *
 * @throws FirstlightError METADATA_ARGUMENT_INVALID
 */
export function requireReceiptAccount(datasetId: string, expectedObjectCount: number): void {
  if (typeof datasetId !== "string" || datasetId === "") {
    throw invalid("A receipt account", datasetId, "needs the id of a dataset");
  }
  if (Number.isInteger(expectedObjectCount) && expectedObjectCount >= 0 && expectedObjectCount <= greatestInt) return;
  const what = `The count of objects expected of the dataset ${datasetId}`;
  throw invalid(what, expectedObjectCount, `is a whole number from 0 to ${greatestInt}`);
}

/**
 * A server takes a question for no name in particular as one for all, and the first answer would become the run's status.
 *
 * @throws FirstlightError METADATA_ARGUMENT_INVALID
 */
export function requireStatusName(status: RecipeRunStatusName): void {
  if (typeof status === "string" && Object.hasOwn(recipeRunStatuses, status)) return;
  throw invalid("The status of a recipe run", status, `is one of ${Object.keys(recipeRunStatuses).join(", ")}`);
}

/** @throws FirstlightError METADATA_ARGUMENT_INVALID */
export function requireProvenance(record: ProvenanceRecord): void {
  const what = "A record of provenance";
  if (!isObject(record)) throw invalid(what, record, "is an object with recipeRunId, taskName and libraryVersions");
  const { inputDatasetId, isTaskManual, taskName, libraryVersions, workflowVersion, codeVersion } = record;
  if (!Number.isSafeInteger(inputDatasetId)) throw invalid("inputDatasetId of a record", inputDatasetId, wholeNumber);
  if (typeof isTaskManual !== "boolean") throw invalid("isTaskManual of a record", isTaskManual, "is true or false");
  requireTexts("of a record", { taskName, workflowVersion, ...(codeVersion === undefined ? {} : { codeVersion }) });
  if (isObject(libraryVersions) && !Array.isArray(libraryVersions)) return;
  throw invalid("libraryVersions of a record", libraryVersions, "is an object of names and versions");
}

/** @throws FirstlightError METADATA_ARGUMENT_INVALID */
export function requireRegistration(run: RecipeRunRegistration): void {
  const what = "A registration";
  if (!isObject(run) || !Array.isArray(run.parts)) {
    throw invalid(what, run, "is an object with recipeRunId, and with the parts of the input dataset as a list");
  }
  const { recipeRunId, parts, configuration } = run;
  if (!Number.isSafeInteger(recipeRunId)) throw invalid("recipeRunId of a registration", recipeRunId, wholeNumber);
  for (const part of parts as readonly unknown[]) {
    if (!isObject(part)) throw invalid("A part of an input dataset", part, "is an object with type and document");
    const { type, document }: Partial<Record<"type" | "document", unknown>> = part;
    if (typeof type !== "string" || !partTypes.includes(type)) {
      throw invalid("The type of a part of an input dataset", type, `is one of ${partTypes.join(", ")}`);
    }
    requireTexts(`of the part ${type}`, { document });
  }
  const given: unknown = configuration;
  if (given === undefined || given === null || (isObject(given) && !Array.isArray(given))) return;
  throw invalid("configuration of a registration", given, "is an object of names and values, or left out");
}

/** @throws FirstlightError METADATA_ARGUMENT_INVALID */
export function requireNewStatus(status: RecipeRunStatus): void {
  const what = "A status of recipe runs";
  if (!isObject(status)) throw invalid(what, status, "is an object with name, isComplete and description");
  const { name, description } = status;
  requireTexts("of a status", { name, description });
}

/** @throws FirstlightError METADATA_ARGUMENT_INVALID */
export function requireDatasetId(datasetId: string): void {
  requireTexts("of a receipt account", { datasetId });
}

const wholeNumber = "is a whole number";

const partTypes: readonly string[] = [
  "observe_frames",
  "calibration_frames",
  "parameters",
] satisfies readonly InputDatasetPartType[];

function requireTexts(of: string, texts: Readonly<Record<string, unknown>>): void {
  for (const [name, text] of Object.entries(texts)) {
    if (typeof text !== "string") throw invalid(`${name} ${of}`, text, "is a text");
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function invalid(what: string, found: unknown, problem: string): FirstlightError {
  return new FirstlightError("METADATA_ARGUMENT_INVALID", `${what} ${problem}, and not ${shownOf(found)}.`, {
    disposition: "invalid",
    fields: { what },
  });
}

/** What is in an object may be much, a secret, or in a circle. */
function shownOf(found: unknown): string {
  if (typeof found === "string")
    return JSON.stringify(found.length > 80 ? `${found.slice(0, 60).toWellFormed()}…` : found);
  if (Array.isArray(found)) return "a list";
  return isObject(found) ? `an object with ${Object.keys(found).slice(0, 10).join(", ") || "nothing"}` : String(found);
}
