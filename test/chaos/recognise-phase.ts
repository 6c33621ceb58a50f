import { join, sep } from "node:path";
import type { Phase } from "./phases.ts";

export interface Statement {
  readonly sql: string;
  readonly values: readonly unknown[];
}

/** A script of the inventory on its way to Redis. */
export interface RedisCall {
  readonly script: string;
  /** Behind those of fence, log and replies. */
  readonly keys: readonly string[];
  /** Behind the fence's token, the log's flag and the call's number. */
  readonly args: readonly string[];
}

export interface FileCall {
  readonly kind: "open" | "write" | "sync" | "link" | "rename" | "copyFile" | "rm" | "unlink" | "rmdir" | "mkdir";
  readonly path: string;
  /** Of a link, a renaming or a copy. */
  readonly to?: string;
}

export interface Whereabouts {
  readonly output: string;
  readonly scratch: string;
  readonly task: string;
  readonly isRollingBack: boolean;
}

/** The phase of a transaction by what it wrote; undefined for one that only read. */
export function transactionPhase(
  path: string,
  statements: readonly Statement[],
  isRollingBack: boolean,
): Phase | undefined {
  const writes = statements.filter(({ sql }) => /^\s*(INSERT|UPDATE|DELETE|PRAGMA user_version =)/.test(sql));
  if (writes.length === 0) return undefined;
  if (path.endsWith("runs.sqlite")) return runStorePhase(writes);
  if (path.endsWith("metadata.sqlite")) return "metadata";
  if (path.endsWith("bus.sqlite")) return "publish";
  return inventoryPhase(statements, writes, isRollingBack);
}

function runStorePhase(writes: readonly Statement[]): Phase {
  const lease = writes.find(({ sql }) => sql.includes(" leases "));
  if (lease === undefined) return "record";
  return lease.sql.includes("expires_ms = ") ? "lease renewal" : "lease";
}

function inventoryPhase(
  statements: readonly Statement[],
  writes: readonly Statement[],
  isRollingBack: boolean,
): Phase | undefined {
  const counters = writes.filter(({ sql, values }) => sql.startsWith("INSERT INTO counters") && values[1] !== 0);
  const fences = counters.filter(({ values }) => /:firstlight_fence:/.test(String(values[0])));
  if (fences.length > 0) return "fence";
  const isSync = writes.some(({ sql }) => sql.startsWith("PRAGMA"));
  if (isSync) return "report";
  const onlyReadsCounter = counters.length === 0 && writes.every(({ sql }) => sql.startsWith("INSERT INTO counters"));
  if (onlyReadsCounter) return undefined;
  if (isRollingBack) return "rollback, inventory";
  if (droppedKeys(writes).length > 0) return "purge";
  if (counters.length > 0) return "counter";
  const texts = statements.flatMap(({ values }) => values.filter((value) => typeof value === "string"));
  if (texts.some((text) => /^\d+:path:[^\n]*$/.test(text))) return "tag";
  if (texts.some((text) => /^\d+:constant:[^\n]*$/.test(text))) return "constant";
  return "audit";
}

/** Whether a transaction drops the record of what a rollback had to undo, which goes last. */
export function endsRollback(statements: readonly Statement[]): boolean {
  return droppedKeys(statements).some((key) => key.includes(":firstlight_kept:"));
}

/** What the inventory's driver drops it drops first as a counter. */
function droppedKeys(statements: readonly Statement[]): readonly string[] {
  return statements
    .filter(({ sql }) => sql.startsWith("DELETE FROM counters WHERE key"))
    .map(({ values }) => String(values[0]));
}

/** The same as of a transaction; undefined for what changes nothing. */
export function redisCallPhase({ script, keys, args }: RedisCall, isRollingBack: boolean): Phase | undefined {
  const [key = ""] = keys;
  if (keys.length === 0 || (script === "increment" && args[0] === "0")) return undefined;
  if (script === "increment" && key.includes(":firstlight_fence:")) return "fence";
  if (isRollingBack) return "rollback, inventory";
  if (script === "drop") return "purge";
  if (script === "increment") return "counter";
  if (keys.some((one) => /^\d+:path:/.test(one))) return "tag";
  return /^\d+:constant:/.test(key) ? "constant" : "audit";
}

/** As `endsRollback`. */
export function endsRedisRollback({ script, keys }: RedisCall): boolean {
  return script === "drop" && keys.some((key) => key.includes(":firstlight_kept:"));
}

/** The phase of a call of the file system; undefined outside the run's folder and the output. */
export function fileCallPhase(
  call: FileCall,
  { output, scratch, task, isRollingBack }: Whereabouts,
): Phase | undefined {
  const { kind, path, to = path } = call;
  const isIn = (folder: string): boolean => to === folder || to.startsWith(folder + sep);
  if (isIn(output)) return "transfer out";
  const inRun = to.startsWith(scratch + sep) && /^\d+(\/|$)/.test(to.slice(scratch.length + 1));
  if (!inRun) return undefined;
  if (task === "runner") return "folders";
  if (task === "Teardown" && (kind === "rm" || kind === "rename")) return "purge";
  const isOfAttempt = to.includes(`${sep}.firstlight${sep}`);
  const isFolder = kind === "mkdir" || kind === "rmdir";
  if (isRollingBack && !isFolder) return "rollback, files";
  if (isFolder) return "folders";
  if (isOfAttempt && to.includes(`${sep}kept${sep}`)) return "keep";
  if (kind === "copyFile") return "transfer in";
  if (isOfAttempt) return "temp write";
  const isStaged = path.includes(join(".firstlight", task));
  // A file that a transfer brought has another name in the attempt's folder than one that is written.
  const isTransfer = to !== path && path.endsWith(".firstlight-tmp") !== isStaged;
  if (isTransfer || (task === "TransferL0Data" && kind === "sync" && !path.includes("input_dataset")))
    return "transfer in";
  return "rename";
}
