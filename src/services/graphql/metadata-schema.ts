/**
 * What a metadata store of one's own answers over GraphQL: the operations of the Python stack with their names, and beyond them
 * what only such a store shows (a run's status, the whole of its provenance, the receipt accounts, all runs without a filter).
 */
export const metadataSchema = `
type Query {
  "All recipe runs, or the one with this id; none where there is none."
  recipeRuns(filterParams: RecipeRunFilter): [RecipeRun!]!
  recipeRunStatuses(filterParams: RecipeRunStatusFilter): [RecipeRunStatus!]!
  "How many objects the catalog shall have received of a dataset; none where nobody has said."
  datasetCatalogReceiptAccounts(filterParams: DatasetCatalogReceiptAccountFilter!): [DatasetCatalogReceiptAccount!]!
}

type Mutation {
  "The status of this name, created unless it is there."
  createRecipeRunStatus(createParams: RecipeRunStatusCreation!): RecipeRunStatus!
  "Gives a recipe run another status."
  updateRecipeRun(updateParams: RecipeRunUpdate!): RecipeRun!
  createRecipeRunProvenance(createParams: RecipeRunProvenanceCreation!): RecipeRunProvenance!
  "Asked again, the newer number holds."
  createDatasetCatalogReceiptAccount(createParams: DatasetCatalogReceiptAccountCreation!): DatasetCatalogReceiptAccount!
}

type RecipeRun {
  recipeRunId: Int!
  recipeInstanceId: Int!
  recipeInstance: RecipeInstance!
  "JSON text of an object."
  configuration: String
  "Null before any was set."
  recipeRunStatus: RecipeRunStatus
  "In the order in which they were recorded."
  recipeRunProvenances: [RecipeRunProvenance!]!
}

type RecipeInstance {
  recipeInstanceId: Int!
  recipeId: Int!
  inputDatasetId: Int!
  inputDataset: InputDataset!
}

type InputDataset {
  inputDatasetId: Int!
  isActive: Boolean!
  inputDatasetInputDatasetParts: [InputDatasetInputDatasetPart!]!
}

type InputDatasetInputDatasetPart {
  inputDatasetPart: InputDatasetPart!
}

type InputDatasetPart {
  inputDatasetPartId: Int!
  "JSON text of a list."
  inputDatasetPartDocument: String!
  inputDatasetPartType: InputDatasetPartType!
}

type InputDatasetPartType {
  "observe_frames, calibration_frames or parameters."
  inputDatasetPartTypeName: String!
}

type RecipeRunStatus {
  recipeRunStatusId: Int!
  recipeRunStatusName: String!
  isComplete: Boolean!
  recipeRunStatusDescription: String!
}

type RecipeRunProvenance {
  recipeRunProvenanceId: Int!
  recipeRunId: Int!
  inputDatasetId: Int!
  isTaskManual: Boolean!
  taskName: String!
  "JSON text of an object, name to version."
  libraryVersions: String!
  workflowVersion: String!
  codeVersion: String
}

type DatasetCatalogReceiptAccount {
  datasetCatalogReceiptAccountId: Int!
  datasetId: String!
  expectedObjectCount: Int!
}

input RecipeRunFilter {
  recipeRunId: Int
}

input RecipeRunStatusFilter {
  recipeRunStatusId: Int
  recipeRunStatusName: String
}

input DatasetCatalogReceiptAccountFilter {
  datasetId: String!
}

input RecipeRunStatusCreation {
  recipeRunStatusName: String!
  isComplete: Boolean!
  recipeRunStatusDescription: String!
}

input RecipeRunUpdate {
  recipeRunId: Int!
  recipeRunStatusId: Int!
}

input RecipeRunProvenanceCreation {
  recipeRunId: Int!
  inputDatasetId: Int!
  isTaskManual: Boolean!
  taskName: String!
  "JSON text of an object, name to version."
  libraryVersions: String!
  workflowVersion: String!
  codeVersion: String
}

input DatasetCatalogReceiptAccountCreation {
  datasetId: String!
  expectedObjectCount: Int!
}
`;
