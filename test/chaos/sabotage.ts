/**
 * Preloaded into the runner and into every attempt's process: it watches what they do to the file system, to SQLite, to Redis and to
 * their children from below, and kills the process, or its Redis, where it was told to. The library knows nothing of it.
 */
import childProcess, { type ForkOptions } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { basename } from "node:path";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { livingProcess } from "./living-process.ts";
import { isSameKill, type Kill, type Note, type Orders, type Phase, type Side } from "./phases.ts";
import {
  endsRedisRollback,
  endsRollback,
  type FileCall,
  fileCallPhase,
  redisCallPhase,
  type Statement,
  transactionPhase,
} from "./recognise-phase.ts";
import { watchRedis } from "./watch-redis.ts";

const orders = JSON.parse(process.env.CHAOS ?? "") as Orders;
const argument = (name: string): string | undefined =>
  process.argv.find((one) => one.startsWith(`--${name}=`))?.slice(name.length + 3);
const name = argument("task") ?? "runner";
const attempt = Number(argument("attempt") ?? 1);
const run = argument("recipe-run") ?? "";
const self = { pid: process.pid, started: livingProcess(process.pid) ?? "" };
const counts: Record<string, number> = {};
/** Until it has undone what was before it, an attempt does nothing else. */
let isRollingBack = attempt > 1;

const note = (line: Note): void => appendFileSync(orders.log, `${JSON.stringify(line)}\n`);
const notes = (): readonly Note[] =>
  existsSync(orders.log)
    ? readFileSync(orders.log, "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Note)
    : [];
const earlier = notes().filter((line) => line.type === "hit");
const kills = orders.kills.filter((kill) => kill.process === name && !earlier.some((hit) => isSameKill(hit, kill)));

function point(phase: Phase, side: Side): void {
  if (side === "before") counts[phase] = (counts[phase] ?? 0) + 1;
  const nth = counts[phase];
  const kill = kills.find((one) => one.phase === phase && one.side === side && one.nth === nth);
  if (kill !== undefined && !losesReply(kill)) strike(kill);
}

/** The server has done it, and nobody hears of it. */
const losesReply = ({ victim, side }: Kill): boolean => victim === "redis" && side === "after";

function strike(kill: Kill): void {
  note({ type: "hit", ...kill });
  const victim = kill.victim === "redis" ? Number(readFileSync(orders.redisPidFile ?? "", "utf8")) : process.pid;
  process.kill(victim, kill.signal ?? "SIGKILL");
}

/** An attempt begins to work when it raises its fence: who of the same task lives then, and has begun before, is a ghost. */
function begin(): void {
  const before = notes();
  note({ type: "begin", name, run, attempt, ...self });
  const ghosts = before
    .filter((line) => line.type === "begin")
    .filter((line) => line.name === name && line.run === run && livingProcess(line.pid) === line.started)
    // Where the reply was lost, it raises its fence twice.
    .filter((line) => line.pid !== self.pid);
  if (ghosts.length > 0) note({ type: "beside", name, attempt, ghosts });
}

// SQLite: a transaction is one step, whose phase is known by what it wrote.
const transactions = new WeakMap<DatabaseSync, Statement[]>();
const origins = new WeakMap<StatementSync, { readonly database: DatabaseSync; readonly sql: string }>();
const { exec, prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.exec = function (sql) {
  if (sql.startsWith("BEGIN")) transactions.set(this, []);
  if (sql === "ROLLBACK") note({ type: "refused", name, attempt, what: basename(this.location() ?? "") });
  if (sql !== "COMMIT") return exec.call(this, sql);
  const statements = transactions.get(this) ?? [];
  const phase = transactionPhase(this.location() ?? "", statements, isRollingBack);
  if (phase === "fence") begin();
  if (phase !== undefined) point(phase, "before");
  exec.call(this, sql);
  if (phase !== undefined) point(phase, "after");
  if (endsRollback(statements)) isRollingBack = false;
};

DatabaseSync.prototype.prepare = function (sql, ...options) {
  const statement = prepare.call(this, sql, ...options);
  origins.set(statement, { database: this, sql });
  return statement;
};

for (const method of ["run", "get", "all"] as const) {
  const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown;
  Reflect.set(StatementSync.prototype, method, function (this: StatementSync, ...values: unknown[]) {
    const origin = origins.get(this);
    if (origin !== undefined) transactions.get(origin.database)?.push({ sql: origin.sql, values });
    return original.apply(this, values);
  });
}

// Redis: a script is one step.
if (orders.redisPidFile !== undefined) {
  let losing: Kill | undefined;
  await watchRedis({
    before(call) {
      const phase = redisCallPhase(call, isRollingBack);
      if (phase === undefined) return false;
      if (phase === "fence") begin();
      point(phase, "before");
      losing = kills.find((one) => losesReply(one) && one.phase === phase && one.nth === counts[phase]);
      return losing !== undefined;
    },
    after(call) {
      const phase = redisCallPhase(call, isRollingBack);
      if (phase !== undefined) point(phase, "after");
      if (endsRedisRollback(call)) isRollingBack = false;
    },
    refused: ({ script }) => note({ type: "refused", name, attempt, what: script }),
    lost() {
      if (losing !== undefined) strike(losing);
      losing = undefined;
    },
  });
}

// Files: by what is done, and where.
async function watched<Result>(call: FileCall, work: () => Promise<Result>): Promise<Result> {
  const phase = fileCallPhase(call, { ...orders, isRollingBack, task: name });
  if (phase === undefined) return await work();
  point(phase, "before");
  try {
    return await work();
  } catch (error) {
    note({ type: "refused", name, attempt, what: phase });
    throw error;
  } finally {
    point(phase, "after");
  }
}

const paths = new WeakMap<FileHandle, { readonly path: string; readonly isWritten: boolean }>();
const open = fs.open;
fs.open = async (path, flags, mode) => {
  const isWritten = flags === "wx" || flags === "w";
  const opening = () => open(path, flags, mode);
  const handle = await (isWritten ? watched({ kind: "open", path: String(path) }, opening) : opening());
  paths.set(handle, { path: String(path), isWritten });
  return handle;
};
{
  const handle = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  for (const method of ["write", "sync"] as const) {
    const original = prototype[method] as (...values: unknown[]) => Promise<unknown>;
    Reflect.set(prototype, method, function (this: FileHandle, ...values: unknown[]) {
      const path = paths.get(this)?.path ?? "";
      return watched({ kind: method, path }, () => original.apply(this, values));
    });
  }
}
for (const kind of ["link", "rename", "copyFile"] as const) {
  const original = fs[kind] as (from: string, to: string, mode?: number) => Promise<void>;
  Reflect.set(fs, kind, (from: string, to: string, mode?: number) =>
    watched({ kind, path: from, to }, () => original(from, to, mode)),
  );
}
for (const kind of ["rm", "unlink", "rmdir", "mkdir"] as const) {
  const original = fs[kind] as (path: string, options?: unknown) => Promise<unknown>;
  Reflect.set(fs, kind, (path: string, options?: unknown) => watched({ kind, path }, () => original(path, options)));
}

// Children, and what they tell.
const { fork } = childProcess;
childProcess.fork = ((...values: [string, readonly string[], ForkOptions]) => {
  point("fork", "before");
  const child = fork(...values);
  point("fork", "after");
  return child;
}) as typeof fork;
if (process.send !== undefined) {
  const send = process.send.bind(process) as (...values: unknown[]) => boolean;
  process.send = (...values: unknown[]) => {
    const isEnd = (values[0] as { readonly type?: string }).type === "done";
    if (isEnd) point("report", "before");
    const sent = send(...values);
    if (isEnd) point("report", "after");
    return sent;
  };
}

// A lease is renewed every 10 s, which is longer than these runs take.
const interval = globalThis.setInterval as (work: () => void, ms: number, ...values: unknown[]) => NodeJS.Timeout;
globalThis.setInterval = ((work: () => void, ms: number, ...values: unknown[]) =>
  interval(work, ms === 10_000 ? 100 : ms, ...values)) as typeof setInterval;

if (orders.host !== undefined) {
  const { host } = orders;
  os.hostname = () => host;
}
syncBuiltinESMExports();

note({ type: "process", name, attempt, ...self });
process.on("exit", () => note({ type: "count", name, attempt, counts }));
