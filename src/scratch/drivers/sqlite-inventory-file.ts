import { existsSync, mkdirSync, readFileSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { FirstlightError, isFirstlightError, messageOf } from "../../core/errors.ts";

const schemaVersion = 1;
const busyTimeoutMs = 10_000;

// The size stands beside the key, so that a query can begin with the smallest set and a count reads one row.
const schema = `
CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
CREATE TABLE keys (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE members (id INTEGER PRIMARY KEY, member TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE entries (key_id INTEGER NOT NULL, member_id INTEGER NOT NULL, PRIMARY KEY (key_id, member_id)) STRICT, WITHOUT ROWID;
CREATE INDEX entries_by_member ON entries (member_id, key_id);
CREATE TABLE counters (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO schema_version VALUES (${schemaVersion});`;

/** statfs(2) numbers of file systems that several machines may mount: their write-ahead logs would not see each other. */
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
const fuse = 0x65735546;
const networkFuse =
  /^fuse\.(sshfs|s3fs|glusterfs|ceph|ceph-fuse|rclone|davfs|curlftpfs|moosefs|mfs|juicefs|gcsfuse|afp)/i;

/**
 * The network file system that a folder lies on, if it is one.
 *
 * @param type as statfs(2) numbers it on Linux
 * @param mounts the text of /proc/self/mountinfo, which alone tells one FUSE file system from another
 */
export function networkFileSystem(folder: string, type: number, mounts: string): string | undefined {
  if (type >>> 0 !== fuse) return networkFileSystems.get(type >>> 0);
  let best = { point: "", name: "" };
  for (const line of mounts.split("\n")) {
    const [mount = "", source = ""] = line.split(" - ");
    const point = (mount.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const isAbove = point === "/" || folder === point || folder.startsWith(`${point}/`);
    if (isAbove && point.length >= best.point.length) best = { point, name: source.split(" ")[0] ?? "" };
  }
  return networkFuse.test(best.name) ? best.name : undefined;
}

/** Opens the file of one run's inventory, and makes it where there is none. */
export async function openInventoryFile(path: string): Promise<DatabaseSync> {
  try {
    mkdirSync(dirname(path), { recursive: true });
    refuseNetworkFileSystem(path);
    const database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      await useWriteAheadLog(database);
      // The indexes of a large run's tags stay in memory while they grow; SQLite's own default is 2 MB.
      database.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536");
      prepare(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw isFirstlightError(error) ? error : inventoryUnusable(path, error);
  }
}

/** What SQLite says of a full disk, a folder that cannot be written, a lock that nobody gives back. */
export function inventoryUnusable(path: string, cause: unknown): FirstlightError {
  const problem = messageOf(cause);
  const isBusy = /locked|busy/i.test(problem);
  return new FirstlightError(
    "INVENTORY_UNUSABLE",
    `The inventory ${path} cannot be used: ${problem}. ${
      isBusy
        ? `Another process held it for more than ${busyTimeoutMs / 1000} s.`
        : "Check that its folder is writable and the disk not full, or name another folder in SCRATCH_BASE_PATH."
    }`,
    { disposition: isBusy ? "retry" : "fatal", fields: { path }, cause },
  );
}

function refuseNetworkFileSystem(path: string): void {
  if (process.platform !== "linux") return;
  const folder = resolve(dirname(path));
  const mounts = existsSync("/proc/self/mountinfo") ? readFileSync("/proc/self/mountinfo", "utf8") : "";
  const name = networkFileSystem(folder, statfsSync(folder).type, mounts);
  if (name === undefined) return;
  throw new FirstlightError(
    "INVENTORY_NETWORK_FILE_SYSTEM",
    `The inventory ${path} lies on ${name}, where SQLite's write-ahead log is not safe. Set INVENTORY_DRIVER=redis, or let SCRATCH_BASE_PATH name a folder on a local disk.`,
    { disposition: "invalid", fields: { path, fileSystem: name } },
  );
}

async function useWriteAheadLog(database: DatabaseSync): Promise<void> {
  // Two processes that switch a new file at the same time get an error at once: the busy timeout does not cover it.
  for (let tries = 1; ; tries += 1) {
    try {
      if (database.prepare("PRAGMA journal_mode = WAL").get()?.journal_mode === "wal") return;
      throw new Error("SQLite has no write-ahead log here");
    } catch (error) {
      if (tries >= 200 || !/locked|busy/i.test(messageOf(error))) throw error;
      await sleep(busyTimeoutMs / 200);
    }
  }
}

function prepare(database: DatabaseSync, path: string): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    const isNew = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").get() === undefined;
    if (isNew) database.exec(schema);
    const found = Number(database.prepare("SELECT version FROM schema_version").get()?.version);
    if (found > schemaVersion) {
      throw new FirstlightError(
        "INVENTORY_NEWER",
        `The inventory ${path} has schema version ${found}, written by a later firstlight; this one knows ${schemaVersion}. Update firstlight, or process the run anew in another SCRATCH_BASE_PATH.`,
        { disposition: "invalid", fields: { path, found, known: schemaVersion } },
      );
    }
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
