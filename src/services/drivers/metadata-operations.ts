// The operations of the metadata store, with the names of the Python stack (task-library, metadata store).
import { z } from "zod";
import type { ProvenanceRecord } from "../metadata-store.ts";
import type { RecipeRunStatusName } from "../recipe-run-status.ts";
import type { GraphqlOperation } from "./graphql/graphql-operation.ts";

const id = z.int();

const statusResponse = z.object({ recipeRunStatusId: id });

const recipeRunResponse = z.object({
  recipeInstance: z.object({ recipeId: id, inputDatasetId: id }),
  recipeInstanceId: id,
  recipeRunProvenances: z.array(z.object({ recipeRunProvenanceId: id, isTaskManual: z.boolean() })),
  /** JSON text of an object. */
  configuration: z.string().nullable(),
});

const inputDatasetResponse = z.object({
  recipeInstance: z.object({
    inputDataset: z.object({
      inputDatasetId: id,
      isActive: z.boolean(),
      inputDatasetInputDatasetParts: z.array(
        z.object({
          inputDatasetPart: z.object({
            inputDatasetPartId: id,
            /** JSON text of a list. */
            inputDatasetPartDocument: z.string(),
            inputDatasetPartType: z.object({ inputDatasetPartTypeName: z.string() }),
          }),
        }),
      ),
    }),
  }),
});

export type RecipeRunResponse = z.infer<typeof recipeRunResponse>;
export type InputDatasetResponse = z.infer<typeof inputDatasetResponse>;

export function findStatus(recipeRunStatusName: RecipeRunStatusName) {
  return query("recipeRunStatuses", { recipeRunStatusName }, z.array(statusResponse));
}

export function findRecipeRun(recipeRunId: number) {
  return query("recipeRuns", { recipeRunId }, z.array(recipeRunResponse));
}

export function findInputDataset(recipeRunId: number) {
  return query("recipeRuns", { recipeRunId }, z.array(inputDatasetResponse));
}

export function createStatus(recipeRunStatusName: RecipeRunStatusName, isComplete: boolean, description: string) {
  const params = { recipeRunStatusName, isComplete, recipeRunStatusDescription: description };
  return mutation("createRecipeRunStatus", params, statusResponse);
}

export function updateRecipeRun(recipeRunId: number, recipeRunStatusId: number) {
  return mutation("updateRecipeRun", { recipeRunId, recipeRunStatusId }, z.object({ recipeRunId: id }));
}

export function createReceiptAccount(datasetId: string, expectedObjectCount: number) {
  const response = z.object({ datasetCatalogReceiptAccountId: id });
  return mutation("createDatasetCatalogReceiptAccount", { datasetId, expectedObjectCount }, response);
}

/** @param libraryVersions JSON text */
export function createProvenance(record: Omit<ProvenanceRecord, "libraryVersions">, libraryVersions: string) {
  const { inputDatasetId, isTaskManual, recipeRunId, taskName, workflowVersion, codeVersion } = record;
  return mutation(
    "createRecipeRunProvenance",
    { inputDatasetId, isTaskManual, recipeRunId, taskName, libraryVersions, workflowVersion, codeVersion },
    z.object({ recipeRunProvenanceId: id, isTaskManual: z.boolean() }),
  );
}

function query<T>(base: string, params: GraphqlOperation["params"], response: z.ZodType<T>): GraphqlOperation<T> {
  return { kind: "query", base, params, response };
}

function mutation<T>(base: string, params: GraphqlOperation["params"], response: z.ZodType<T>): GraphqlOperation<T> {
  return { kind: "mutation", base, params, response };
}
