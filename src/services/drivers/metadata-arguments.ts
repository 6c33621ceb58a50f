import { FirstlightError } from "../../core/errors.ts";
import type { ProvenanceRecord, RecipeRunRegistration } from "../metadata-store.ts";
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
  if (isObject(record)) return;
  throw invalid("A record of provenance", record, "is an object with recipeRunId, taskName and libraryVersions");
}

/** @throws FirstlightError METADATA_ARGUMENT_INVALID */
export function requireRegistration(run: RecipeRunRegistration): void {
  if (isObject(run) && Array.isArray(run.parts)) return;
  throw invalid(
    "A registration",
    run,
    "is an object with recipeRunId, and with the parts of the input dataset as a list",
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function invalid(what: string, found: unknown, problem: string): FirstlightError {
  return new FirstlightError(
    "METADATA_ARGUMENT_INVALID",
    `${what} ${problem}, and not ${JSON.stringify(found) ?? String(found)}.`,
    {
      disposition: "invalid",
      fields: { what },
    },
  );
}
