import type { RecipeRunStatusName } from "./recipe-run-status.ts";

export type { RecipeRunStatusName } from "./recipe-run-status.ts";

export type InputDatasetPartType = "observe_frames" | "calibration_frames" | "parameters";

/** One part of an input dataset: its document is JSON text holding a list (task-library, input dataset documents). */
export interface InputDatasetPart {
  readonly inputDatasetPartId: number;
  readonly type: InputDatasetPartType;
  readonly document: string;
}

export interface InputDataset {
  readonly inputDatasetId: number;
  readonly isActive: boolean;
  readonly parts: readonly InputDatasetPart[];
}

export interface RecipeRun {
  readonly recipeRunId: number;
  readonly recipeInstanceId: number;
  readonly recipeId: number;
  readonly inputDatasetId: number;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly provenances: readonly { readonly recipeRunProvenanceId: number; readonly isTaskManual: boolean }[];
}

export interface ProvenanceRecord {
  readonly recipeRunId: number;
  readonly inputDatasetId: number;
  readonly isTaskManual: boolean;
  readonly taskName: string;
  /** Name → version of every library that took part. */
  readonly libraryVersions: Readonly<Record<string, string>>;
  readonly workflowVersion: string;
  readonly codeVersion?: string;
}

/** What the facility knows of recipe runs and their inputs. Throws `RECIPE_RUN_NOT_FOUND` for a run that it does not know. */
export interface MetadataStore extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  recipeRun(recipeRunId: number): Promise<RecipeRun>;
  inputDataset(recipeRunId: number): Promise<InputDataset>;
  /** Finds or creates the status by name, then sets it. */
  setStatus(recipeRunId: number, status: RecipeRunStatusName): Promise<void>;
  recordProvenance(record: ProvenanceRecord): Promise<void>;
  /** How many objects the catalog must have received before a dataset counts as complete. Asked again, the newer number holds. */
  createReceiptAccount(datasetId: string, expectedObjectCount: number): Promise<void>;

  /**
   * Only a store of one's own: registers an input dataset and a recipe run over it. Harmless when repeated with the same
   * content, else `RECIPE_RUN_CONFLICT` unless it is to replace.
   */
  register?(run: RecipeRunRegistration): Promise<void>;
  /** Only a store of one's own: what has been recorded of a recipe run. */
  record?(recipeRunId: number): Promise<RecipeRunRecord>;
  /** Only a store of one's own: how many objects are expected of a dataset; undefined where nobody has said. */
  expectedObjectCount?(datasetId: string): Promise<number | undefined>;
  /** Only a store of one's own: the ids of all recipe runs, ascending. */
  runs?(): Promise<readonly number[]>;
  /** Only a store of one's own. */
  readonly statuses?: RecipeRunStatuses;
}

/** A store with all that only one's own can tell. */
export type OwnMetadataStore = MetadataStore &
  Required<Pick<MetadataStore, "register" | "record" | "expectedObjectCount" | "runs" | "statuses">>;

export interface RecipeRunStatus {
  readonly name: string;
  readonly isComplete: boolean;
  readonly description: string;
}

/** The statuses that recipe runs may have: those of the library once they were set, and whatever else somebody has created. */
export interface RecipeRunStatuses {
  list(): Promise<readonly (RecipeRunStatus & { readonly id: number })[]>;
  /** Resolves to the id, also of one that is there; it stays as it is. */
  create(status: RecipeRunStatus): Promise<number>;
  /** Throws `RECIPE_RUN_NOT_FOUND`, `RECIPE_RUN_STATUS_UNKNOWN`. */
  assign(recipeRunId: number, statusId: number): Promise<void>;
}

export interface RecipeRunRecord {
  /** A `RecipeRunStatusName`, unless somebody else has set another. Undefined before any was set. */
  readonly status: string | undefined;
  /** In the order in which they were recorded. */
  readonly provenances: readonly ProvenanceRecord[];
}

export interface RecipeRunRegistration {
  readonly recipeRunId: number;
  readonly parts: readonly { readonly type: InputDatasetPartType; readonly document: string }[];
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Let this take the place of what the run was registered with. Its status and provenance stay. */
  readonly replace?: boolean;
}
