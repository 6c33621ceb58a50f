import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { FirstlightError, isFirstlightError, messageOf } from "../../core/errors.ts";

export interface SqliteFileOptions {
  readonly path: string;
  /** What the file is, for error messages: `message bus`. */
  readonly title: string;
  readonly schemaVersion: number;
  /** Makes the tables of an empty file. */
  readonly schema: string;
}

/** A SQLite file that several processes of this machine share, and that has lost nothing once a call has returned. */
export interface SqliteFile {
  /** Runs `work` in one IMMEDIATE transaction: whole or not at all, and durable unless `mayBeLost` with the power. */
  transaction<T>(work: (database: DatabaseSync) => T, options?: { readonly mayBeLost?: boolean }): Promise<T>;
  /** Waits for what has been opened, and closes it. */
  close(): Promise<void>;
}

const busyTimeoutMs = 10_000;

/** The file is opened, and made where there is none, at the first transaction. */
export function sqliteFile(options: SqliteFileOptions): SqliteFile {
  let opening: Promise<DatabaseSync> | undefined;
  let closed = false;
  return {
    async transaction(work, { mayBeLost = false } = {}) {
      if (closed) throw new FirstlightError("SERVICE_CLOSED", `The ${options.title} ${options.path} is closed.`);
      opening ??= open(options);
      try {
        const database = await opening;
        // With a write-ahead log NORMAL leaves out the sync at each commit, and nothing else.
        database.exec(`PRAGMA synchronous = ${mayBeLost ? "NORMAL" : "FULL"}`);
        return inTransaction(database, () => work(database));
      } catch (error) {
        throw isFirstlightError(error) ? error : unusable(options, error);
      }
    },
    async close() {
      closed = true;
      const database = await opening?.catch(() => undefined);
      opening = undefined;
      if (database?.isOpen === true) database.close();
    },
  };
}

async function open(options: SqliteFileOptions): Promise<DatabaseSync> {
  mkdirSync(dirname(options.path), { recursive: true });
  const database = new DatabaseSync(options.path, { timeout: busyTimeoutMs });
  try {
    await useWriteAheadLog(database);
    database.exec("PRAGMA foreign_keys = ON");
    inTransaction(database, () => prepare(database, options));
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

async function useWriteAheadLog(database: DatabaseSync): Promise<void> {
  // The busy timeout does not cover two processes that switch the same new file.
  for (const deadline = Date.now() + busyTimeoutMs; ; await sleep(50)) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (Date.now() > deadline || !isBusy(error)) throw error;
    }
  }
}

function prepare(database: DatabaseSync, { path, title, schema, schemaVersion }: SqliteFileOptions): void {
  const found = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (found === 0) database.exec(`${schema}; PRAGMA user_version = ${schemaVersion}`);
  if (found <= schemaVersion) return;
  throw new FirstlightError(
    "SERVICE_FILE_NEWER",
    `The ${title} ${path} has schema version ${found}, written by a later firstlight; this one knows ${schemaVersion}. Update firstlight, or name another SCRATCH_BASE_PATH.`,
    { disposition: "invalid", fields: { path, found, known: schemaVersion } },
  );
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk has rolled it back already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return /locked|busy/i.test(messageOf(error));
}

function unusable({ path, title }: SqliteFileOptions, cause: unknown): FirstlightError {
  const advice = isBusy(cause)
    ? `Another process held it for more than ${busyTimeoutMs / 1000} s.`
    : "Check that its folder can be written and the disk is not full.";
  return new FirstlightError(
    "SERVICE_FILE_UNUSABLE",
    `The ${title} ${path} cannot be used: ${messageOf(cause)}. ${advice}`,
    { disposition: isBusy(cause) ? "retry" : "fatal", fields: { path }, cause },
  );
}
