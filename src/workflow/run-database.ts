import { mkdirSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";

const schemaVersion = 1;
const busyTimeoutMs = 10_000;

const schema = `
CREATE TABLE runs (
  recipe_run_id INTEGER PRIMARY KEY,
  workflow TEXT NOT NULL, version TEXT NOT NULL, input_key TEXT NOT NULL, output_key TEXT NOT NULL,
  status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_key ON runs (workflow, version, input_key, output_key);
CREATE TABLE nodes (
  position INTEGER PRIMARY KEY,
  recipe_run_id INTEGER NOT NULL REFERENCES runs, task TEXT NOT NULL,
  status TEXT NOT NULL, fingerprint TEXT NOT NULL, blocked_by TEXT NOT NULL, updated_at TEXT NOT NULL,
  UNIQUE (recipe_run_id, task)
) STRICT;
CREATE TABLE attempts (
  recipe_run_id INTEGER NOT NULL REFERENCES runs, token INTEGER NOT NULL,
  task TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL, states TEXT NOT NULL,
  process TEXT, error TEXT, report TEXT, output TEXT NOT NULL,
  PRIMARY KEY (recipe_run_id, token), UNIQUE (recipe_run_id, task, attempt)
) STRICT;
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY, recipe_run_id INTEGER NOT NULL REFERENCES runs, event TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (recipe_run_id);
CREATE TABLE leases (
  recipe_run_id INTEGER PRIMARY KEY REFERENCES runs,
  epoch INTEGER NOT NULL, owner TEXT, since TEXT, expires_ms INTEGER NOT NULL
) STRICT;`;

/** statfs(2) numbers of file systems on which processes of two machines do not share memory, as WAL needs. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
  [0x00c36400, "CephFS"],
  [0x5346414f, "AFS"],
  [0x19830326, "BeeGFS"],
  [0x01021997, "9P"],
]);

/**
 * Opens the record of runs, and makes it where there is none. Throws `RUN_STORE_NEWER` for one that a later version of this
 * library wrote, `RUN_STORE_NETWORK_FILE_SYSTEM`, and `RUN_STORE_UNUSABLE` for anything else that is wrong with the place.
 */
export async function openRunDatabase(path: string): Promise<DatabaseSync> {
  try {
    mkdirSync(dirname(path), { recursive: true });
    refuseNetworkFileSystem(path, statfsSync(dirname(path)).type);
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      await switchToWal(database);
      database.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
      migrate(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    if (isFirstlightError(error)) throw error;
    throw new FirstlightError(
      "RUN_STORE_UNUSABLE",
      `The record of runs ${path} cannot be opened: ${messageOf(error)}. Check that the folder is writable and the disk not full, or name another folder in SCRATCH_BASE_PATH.`,
      { disposition: "invalid", fields: { path }, cause: error },
    );
  }
}

/** `type` as statfs(2) numbers it; other systems than Linux number theirs in their own way. */
export function refuseNetworkFileSystem(path: string, type: number): void {
  const name = process.platform === "linux" ? networkFileSystems.get(type >>> 0) : undefined;
  if (name === undefined) return;
  throw new FirstlightError(
    "RUN_STORE_NETWORK_FILE_SYSTEM",
    `The record of runs ${path} lies on ${name}, where SQLite's write-ahead log is not safe. Let SCRATCH_BASE_PATH name a folder on a local disk; for runs shared by machines use Redis for the inventory and PostgreSQL for the record.`,
    { disposition: "invalid", fields: { path, fileSystem: name } },
  );
}

/** One transaction that takes the write lock at once, so that it cannot fail half way for a lock. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk ends the transaction by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

async function switchToWal(database: DatabaseSync): Promise<void> {
  // SQLite does not wait for its busy timeout where two processes switch a new file at the same time.
  for (let tries = 1; ; tries += 1) {
    try {
      if (database.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode === "wal") return;
      throw new Error("SQLite refuses the write-ahead log here");
    } catch (error) {
      if (tries >= 100 || !messageOf(error).includes("locked")) throw error;
      await sleep(busyTimeoutMs / 100);
    }
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const versionOf = (): number => Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (versionOf() === schemaVersion) return;
  inTransaction(database, () => {
    const found = versionOf();
    if (found > schemaVersion) {
      throw new FirstlightError(
        "RUN_STORE_NEWER",
        `The record of runs ${path} has schema version ${found}, written by a later firstlight; this one knows ${schemaVersion}. Update firstlight, or name another folder in SCRATCH_BASE_PATH.`,
        { disposition: "invalid", fields: { path, found, known: schemaVersion } },
      );
    }
    if (found < 1) database.exec(`${schema} PRAGMA user_version = ${schemaVersion};`);
  });
}
