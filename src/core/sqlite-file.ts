import { existsSync, readFileSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, FirstlightError, isFirstlightError, messageOf } from "./errors.ts";
import { diskProblem, makeFolders } from "./file.ts";
import { networkFileSystem } from "./network-file-system.ts";

export interface SqliteFileOptions {
  readonly path: string;
  /** What the file is, for error messages: `message bus`. */
  readonly title: string;
  /** From 1. A file of a later version is refused. */
  readonly schemaVersion: number;
  /** Makes the tables of a new file. */
  readonly schema: string;
  /** What there is to do, besides, where the path lies on a network file system: `set BUS_DRIVER=amqp`. */
  readonly onNetwork?: string;
}

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What work on the file is done with. A statement is compiled at its first use and kept. */
export interface Database {
  /** The first row. */
  one(sql: string, ...values: readonly SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[];
  /** The number of rows that changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number;
}

/**
 * A SQLite file that several processes of this machine share. Opened, and made where there is none, at its first use.
 * Throws `DATABASE_FULL`, `DATABASE_UNUSABLE`, `DATABASE_NEWER` and `DATABASE_NETWORK_FILE_SYSTEM`, and `SERVICE_CLOSED` after its disposal.
 */
export interface SqliteFile extends AsyncDisposable {
  /** For those who want to know at once whether it can be used. */
  open(): Promise<void>;
  /** All that `work` sees is of one moment. */
  read<Result>(work: (database: Database) => Result): Promise<Result>;
  /** Whole or not at all; once it has resolved nothing is lost, unless it `mayBeLost` with the machine's power. */
  write<Result>(work: (database: Database) => Result, options?: { readonly mayBeLost?: boolean }): Promise<Result>;
}

interface OpenFile {
  readonly connection: DatabaseSync;
  readonly database: Database;
}

const busyTimeoutMs = 10_000;
const walIntervalMs = 50;

export function sqliteFile(options: SqliteFileOptions): SqliteFile {
  let opening: Promise<OpenFile> | undefined;
  let closed = false;
  const use = async <Result>(work: (file: OpenFile) => Result): Promise<Result> => {
    if (closed) throw new FirstlightError("SERVICE_CLOSED", `The ${options.title} ${options.path} is closed.`);
    // What was in the way may be gone at the next use.
    opening ??= openFile(options).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    try {
      return work(await opening);
    } catch (error) {
      throw codeOf(error) === "ERR_SQLITE_ERROR" ? unusable(options, error) : error;
    }
  };
  return {
    open: () => use(() => undefined),
    read: (work) => use(({ connection, database }) => inTransaction(connection, "DEFERRED", () => work(database))),
    write: (work, { mayBeLost = false } = {}) =>
      use(({ connection, database }) => {
        // With a write-ahead log NORMAL leaves out the sync at each commit, and nothing else.
        connection.exec(`PRAGMA synchronous = ${mayBeLost ? "NORMAL" : "FULL"}`);
        return inTransaction(connection, "IMMEDIATE", () => work(database));
      }),
    async [Symbol.asyncDispose]() {
      closed = true;
      // A file that could not be opened needs no closing, and its error has been told.
      const file = await opening?.catch(() => undefined);
      if (file?.connection.isOpen === true) file.connection.close();
    },
  };
}

/** @param type @param mounts as `networkFileSystem` takes them */
export function refuseNetworkFileSystem(
  { path, title, onNetwork }: Pick<SqliteFileOptions, "path" | "title" | "onNetwork">,
  type: number,
  mounts: string,
): void {
  const name = networkFileSystem(resolve(dirname(path)), type, mounts);
  if (name === undefined) return;
  throw new FirstlightError(
    "DATABASE_NETWORK_FILE_SYSTEM",
    `The ${title} ${path} lies on ${name}, where SQLite's write-ahead log is not safe. Let SCRATCH_BASE_PATH name a folder on a local disk${onNetwork === undefined ? "" : `, or ${onNetwork}`}.`,
    { disposition: "invalid", fields: { path, fileSystem: name } },
  );
}

async function openFile(options: SqliteFileOptions): Promise<OpenFile> {
  const { path } = options;
  try {
    await makeFolders(dirname(path));
    if (process.platform === "linux") {
      const mounts = existsSync("/proc/self/mountinfo") ? readFileSync("/proc/self/mountinfo", "utf8") : "";
      refuseNetworkFileSystem(options, statfsSync(dirname(path)).type, mounts);
    }
    const connection = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      // Of a new file. A transaction that touches many pages writes each with two calls: half as many, of twice the size, take less.
      connection.exec("PRAGMA page_size = 8192");
      await useWriteAheadLog(connection);
      // The upper pages of large indexes stay; what a long run writes the system's cache holds as well.
      connection.exec("PRAGMA cache_size = -4096");
      // What a savepoint remembers need not go through a file.
      connection.exec("PRAGMA temp_store = MEMORY");
      makeTables(connection, options);
      return { connection, database: databaseOf(connection) };
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw isFirstlightError(error) ? error : unusable(options, error);
  }
}

async function useWriteAheadLog(connection: DatabaseSync): Promise<void> {
  // Two processes that switch a new file at the same time get an error at once: the busy timeout does not cover it.
  for (let tries = 1; ; tries += 1) {
    try {
      if (connection.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode === "wal") return;
      throw new Error("SQLite has no write-ahead log here");
    } catch (error) {
      if (tries * walIntervalMs >= busyTimeoutMs || !isBusy(error)) throw error;
      await sleep(walIntervalMs);
    }
  }
}

function makeTables(connection: DatabaseSync, { path, title, schema, schemaVersion }: SqliteFileOptions): void {
  const areMade = (): boolean => {
    const found = Number(connection.prepare("PRAGMA user_version").get()?.user_version);
    if (found <= schemaVersion) return found === schemaVersion;
    throw new FirstlightError(
      "DATABASE_NEWER",
      `The ${title} ${path} has schema version ${found}, written by a later firstlight; this one knows ${schemaVersion}. Update firstlight, or name another folder in SCRATCH_BASE_PATH.`,
      { disposition: "invalid", fields: { path, found, known: schemaVersion } },
    );
  };
  if (areMade()) return;
  inTransaction(connection, "IMMEDIATE", () => {
    // Another process may have made them meanwhile.
    if (!areMade()) connection.exec(`${schema}; PRAGMA user_version = ${schemaVersion}`);
  });
}

function databaseOf(connection: DatabaseSync): Database {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const statement = statements.get(sql) ?? connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    one: (sql, ...values) => prepared(sql).get(...values),
    all: (sql, ...values) => prepared(sql).all(...values),
    run: (sql, ...values) => Number(prepared(sql).run(...values).changes),
  };
}

/** IMMEDIATE takes the write lock at once, so that the transaction cannot fail half way for a lock. */
function inTransaction<Result>(connection: DatabaseSync, lock: "DEFERRED" | "IMMEDIATE", work: () => Result): Result {
  connection.exec(`BEGIN ${lock}`);
  try {
    const result = work();
    connection.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (connection.isTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  return /locked|busy/i.test(messageOf(error));
}

/** SQLITE_FULL; SQLITE_IOERR_SHMSIZE is what a full disk is for its index of the log. */
function isFull(error: unknown): boolean {
  const number = error instanceof Error && "errcode" in error ? error.errcode : undefined;
  return number === 13 || number === 4874 || diskProblem(error) === "full";
}

/** What is said of a full disk, a folder that cannot be written, a lock that nobody gives back. */
function unusable({ path, title }: SqliteFileOptions, cause: unknown): FirstlightError {
  if (isFull(cause)) {
    return new FirstlightError(
      "DATABASE_FULL",
      `There is no room left for the ${title} ${path}: ${messageOf(cause)}. Free space on that disk, or let SCRATCH_BASE_PATH name a larger one; nothing half-written stays.`,
      { disposition: "retry", fields: { path }, cause },
    );
  }
  const busy = isBusy(cause);
  const advice = busy
    ? `Another process held it for more than ${busyTimeoutMs / 1000} s.`
    : "Check that its folder is writable, or name another folder in SCRATCH_BASE_PATH.";
  return new FirstlightError(
    "DATABASE_UNUSABLE",
    `The ${title} ${path} cannot be used: ${messageOf(cause)}. ${advice}`,
    {
      disposition: busy ? "retry" : "fatal",
      fields: { path },
      cause,
    },
  );
}
