import { type Clock, systemClock } from "../../core/clock.ts";
import { FirstlightError } from "../../core/errors.ts";
import { formatPythonJson } from "../../core/python-json.ts";
import { requireObject, requireText } from "../../core/require-option.ts";
import { type Database, type Row, sqliteFile } from "../../core/sqlite-file.ts";
import { checkDocument } from "../input-dataset.ts";
import type {
  InputDataset,
  InputDatasetPartType,
  OwnMetadataStore,
  ProvenanceRecord,
  RecipeRun,
  RecipeRunRecord,
  RecipeRunRegistration,
  RecipeRunStatus,
} from "../metadata-store.ts";
import { recipeRunStatuses } from "../recipe-run-status.ts";
import {
  requireDatasetId,
  requireNewStatus,
  requireProvenance,
  requireReceiptAccount,
  requireRegistration,
  requireStatusName,
} from "./metadata-arguments.ts";
import { recipeRunNotFound } from "./metadata-errors.ts";

export interface SqliteMetadataStoreOptions {
  readonly path: string;
  readonly clock?: Clock;
}

const schema = `
CREATE TABLE recipe_run_status (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, is_complete INTEGER NOT NULL, description TEXT NOT NULL) STRICT;
CREATE TABLE input_dataset (id INTEGER PRIMARY KEY, is_active INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE TABLE input_dataset_part (
  id INTEGER PRIMARY KEY, input_dataset_id INTEGER NOT NULL REFERENCES input_dataset, type TEXT NOT NULL, document TEXT NOT NULL,
  UNIQUE (input_dataset_id, type)) STRICT;
CREATE TABLE recipe_run (
  id INTEGER PRIMARY KEY, recipe_instance_id INTEGER NOT NULL, recipe_id INTEGER NOT NULL,
  input_dataset_id INTEGER NOT NULL REFERENCES input_dataset, configuration TEXT NOT NULL, status_id INTEGER REFERENCES recipe_run_status) STRICT;
CREATE TABLE recipe_run_provenance (
  id INTEGER PRIMARY KEY, recipe_run_id INTEGER NOT NULL REFERENCES recipe_run, input_dataset_id INTEGER NOT NULL,
  is_task_manual INTEGER NOT NULL, task_name TEXT NOT NULL, library_versions TEXT NOT NULL, workflow_version TEXT NOT NULL,
  code_version TEXT, recorded_at TEXT NOT NULL) STRICT;
CREATE TABLE catalog_receipt_account (dataset_id TEXT PRIMARY KEY, expected_object_count INTEGER NOT NULL) STRICT, WITHOUT ROWID`;

/** The facility's records in one SQLite file, with registration: the metadata store of a laptop. */
export function sqliteMetadataStore(options: SqliteMetadataStoreOptions): OwnMetadataStore {
  requireObject("options of sqliteMetadataStore", options);
  const { path, clock = systemClock } = options;
  requireText("path", path);
  const file = sqliteFile({ path, title: "metadata store", schemaVersion: 1, schema });
  return {
    name: "sqlite",
    recipeRun: (id) => file.read((database) => readRecipeRun(database, id)),
    inputDataset: (id) => file.read((database) => readInputDataset(database, requireRun(database, id))),
    setStatus: async (id, status) => {
      requireStatusName(status);
      await file.write((database) => {
        requireRun(database, id);
        assignStatus(database, id, findOrCreateStatus(database, { name: status, ...recipeRunStatuses[status] }));
      });
    },
    recordProvenance: async (record) => {
      requireProvenance(record);
      await file.write((database) => insertProvenance(database, record, clock.now()));
    },
    createReceiptAccount: async (datasetId, expectedObjectCount) => {
      requireReceiptAccount(datasetId, expectedObjectCount);
      await file.write((database) => {
        database.run("INSERT OR REPLACE INTO catalog_receipt_account VALUES (?, ?)", datasetId, expectedObjectCount);
      });
    },
    register: async (run) => {
      requireRegistration(run);
      for (const { type, document } of run.parts) checkDocument(document, type);
      await file.write((database) => register(database, run));
    },
    record: (id) => file.read((database) => readRecord(database, requireRun(database, id))),
    expectedObjectCount: async (datasetId) => {
      requireDatasetId(datasetId);
      return file.read((database) => {
        const found = database.one(
          "SELECT expected_object_count AS it FROM catalog_receipt_account WHERE dataset_id = ?",
          datasetId,
        )?.it;
        return found === undefined ? undefined : Number(found);
      });
    },
    runs: () =>
      file.read((database) => database.all("SELECT id FROM recipe_run ORDER BY id").map(({ id }) => Number(id))),
    statuses: {
      list: () =>
        file.read((database) =>
          database.all("SELECT * FROM recipe_run_status ORDER BY id").map((row) => ({
            id: Number(row.id),
            name: String(row.name),
            isComplete: row.is_complete === 1,
            description: String(row.description),
          })),
        ),
      create: async (status) => {
        requireNewStatus(status);
        return file.write((database) => findOrCreateStatus(database, status));
      },
      assign: (id, statusId) =>
        file.write((database) => {
          requireRun(database, id);
          requireStatus(database, statusId);
          assignStatus(database, id, statusId);
        }),
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function requireRun(database: Database, recipeRunId: number): Row {
  // SQLite takes '7' for 7, which no other store does.
  const isId = Number.isInteger(recipeRunId);
  const found = isId ? database.one("SELECT * FROM recipe_run WHERE id = ?", recipeRunId) : undefined;
  if (found !== undefined) return found;
  throw recipeRunNotFound(recipeRunId);
}

function readRecipeRun(database: Database, recipeRunId: number): RecipeRun {
  const run = requireRun(database, recipeRunId);
  return {
    recipeRunId,
    recipeInstanceId: Number(run.recipe_instance_id),
    recipeId: Number(run.recipe_id),
    inputDatasetId: Number(run.input_dataset_id),
    configuration: JSON.parse(String(run.configuration)) as Record<string, unknown>,
    provenances: provenanceRows(database, recipeRunId).map((row) => ({
      recipeRunProvenanceId: Number(row.id),
      isTaskManual: row.is_task_manual === 1,
    })),
  };
}

function readInputDataset(database: Database, run: Row): InputDataset {
  const inputDatasetId = Number(run.input_dataset_id);
  return {
    inputDatasetId,
    isActive: database.one("SELECT is_active FROM input_dataset WHERE id = ?", inputDatasetId)?.is_active === 1,
    parts: database
      .all("SELECT * FROM input_dataset_part WHERE input_dataset_id = ? ORDER BY id", inputDatasetId)
      .map((row) => ({
        inputDatasetPartId: Number(row.id),
        type: String(row.type) as InputDatasetPartType,
        document: String(row.document),
      })),
  };
}

function readRecord(database: Database, run: Row): RecipeRunRecord {
  const status = database.one("SELECT name FROM recipe_run_status WHERE id = ?", Number(run.status_id ?? -1));
  return {
    status: status === undefined ? undefined : String(status.name),
    provenances: provenanceRows(database, Number(run.id)).map((row) => ({
      recipeRunId: Number(row.recipe_run_id),
      inputDatasetId: Number(row.input_dataset_id),
      isTaskManual: row.is_task_manual === 1,
      taskName: String(row.task_name),
      libraryVersions: JSON.parse(String(row.library_versions)) as Record<string, string>,
      workflowVersion: String(row.workflow_version),
      ...(row.code_version === null ? {} : { codeVersion: String(row.code_version) }),
    })),
  };
}

function provenanceRows(database: Database, recipeRunId: number): readonly Row[] {
  return database.all("SELECT * FROM recipe_run_provenance WHERE recipe_run_id = ? ORDER BY id", recipeRunId);
}

function insertProvenance(database: Database, record: ProvenanceRecord, at: Date): void {
  requireRun(database, record.recipeRunId);
  database.run(
    "INSERT INTO recipe_run_provenance (recipe_run_id, input_dataset_id, is_task_manual, task_name, library_versions, workflow_version, code_version, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    record.recipeRunId,
    record.inputDatasetId,
    record.isTaskManual ? 1 : 0,
    record.taskName,
    formatPythonJson(record.libraryVersions),
    record.workflowVersion,
    record.codeVersion ?? null,
    at.toISOString(),
  );
}

function assignStatus(database: Database, recipeRunId: number, statusId: number): void {
  database.run("UPDATE recipe_run SET status_id = ? WHERE id = ?", statusId, recipeRunId);
}

function requireStatus(database: Database, statusId: number): void {
  const isId = Number.isInteger(statusId);
  if (isId && database.one("SELECT id FROM recipe_run_status WHERE id = ?", statusId) !== undefined) return;
  throw new FirstlightError(
    "RECIPE_RUN_STATUS_UNKNOWN",
    `The metadata store has no status ${statusId}. Create it first, or take the id of one that is there.`,
    { disposition: "invalid", fields: { statusId } },
  );
}

function findOrCreateStatus(database: Database, { name, isComplete, description }: RecipeRunStatus): number {
  database.run(
    "INSERT OR IGNORE INTO recipe_run_status (name, is_complete, description) VALUES (?, ?, ?)",
    name,
    isComplete ? 1 : 0,
    description,
  );
  return Number(database.one("SELECT id FROM recipe_run_status WHERE name = ?", name)?.id);
}

function register(database: Database, run: RecipeRunRegistration): void {
  const { recipeRunId } = run;
  const configuration = formatPythonJson(run.configuration ?? {});
  const types = run.parts.map(({ type }) => type);
  if (new Set(types).size !== types.length) {
    throw new FirstlightError(
      "INPUT_DATASET_INVALID",
      `The input dataset of recipe run ${recipeRunId} has two parts of one type (${types.join(", ")}); it may have one of each.`,
      { disposition: "invalid", fields: { recipeRunId, types } },
    );
  }
  const known = database.one("SELECT * FROM recipe_run WHERE id = ?", recipeRunId);
  const parts = known === undefined ? [] : readInputDataset(database, known).parts;
  const sameInput =
    known !== undefined &&
    parts.length === run.parts.length &&
    run.parts.every(({ type, document }) => parts.some((part) => part.type === type && part.document === document));
  if (known !== undefined && run.replace !== true) {
    if (sameInput && known.configuration === configuration) return;
    throw new FirstlightError(
      "RECIPE_RUN_CONFLICT",
      `Recipe run ${recipeRunId} is registered with another input dataset or configuration. Take another id, or register it with replace.`,
      { disposition: "invalid", fields: { recipeRunId } },
    );
  }
  // The ids of an input that stays go into names of products, and must stay as well.
  const inputDatasetId = sameInput ? Number(known.input_dataset_id) : insertInputDataset(database, run);
  // A laptop knows no recipes: each run is the one instance of its own.
  database.run(
    `INSERT INTO recipe_run (id, recipe_instance_id, recipe_id, input_dataset_id, configuration) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET input_dataset_id = excluded.input_dataset_id, configuration = excluded.configuration`,
    recipeRunId,
    recipeRunId,
    recipeRunId,
    inputDatasetId,
    configuration,
  );
}

function insertInputDataset(database: Database, { parts }: RecipeRunRegistration): number {
  const inputDatasetId = Number(database.one("INSERT INTO input_dataset DEFAULT VALUES RETURNING id")?.id);
  for (const { type, document } of parts) {
    database.run(
      "INSERT INTO input_dataset_part (input_dataset_id, type, document) VALUES (?, ?, ?)",
      inputDatasetId,
      type,
      document,
    );
  }
  return inputDatasetId;
}
