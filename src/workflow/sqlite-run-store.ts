import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import { FirstlightError, isFirstlightError } from "../core/errors.ts";
import { type Database, type Row, type SqliteFile, sqliteFile } from "../core/sqlite-file.ts";
import { attemptErrorOf } from "./attempt-error.ts";
import { identifyProcess, isProcessAlive } from "./process-identity.ts";
import type { RunEvent, RunStatus } from "./run-event.ts";
import type {
  AttemptChange,
  AttemptRecord,
  AttemptState,
  Fingerprint,
  NodeRecord,
  NodeStatus,
  OpenedRun,
  ProcessIdentity,
  RunChoice,
  RunKey,
  RunLease,
  Runner,
  RunRecord,
  RunStore,
} from "./run-store.ts";

export interface SqliteRunStoreOptions {
  /** Stamps the records. */
  readonly clock?: Clock;
  /** How long a runner of another machine that says nothing keeps its lease. Default 30. */
  readonly leaseSeconds?: number;
}

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
  position INTEGER PRIMARY KEY,
  recipe_run_id INTEGER NOT NULL REFERENCES runs, task TEXT NOT NULL, attempt INTEGER NOT NULL, state TEXT NOT NULL, states TEXT NOT NULL,
  process TEXT, error TEXT, report TEXT, output TEXT NOT NULL,
  UNIQUE (recipe_run_id, task, attempt)
) STRICT;
CREATE TABLE events (
  sequence INTEGER PRIMARY KEY, recipe_run_id INTEGER NOT NULL REFERENCES runs, event TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (recipe_run_id);
CREATE TABLE leases (
  recipe_run_id INTEGER PRIMARY KEY REFERENCES runs,
  epoch INTEGER NOT NULL, owner TEXT, since TEXT, expires_ms INTEGER NOT NULL
) STRICT;`;

interface LeaseOwner extends ProcessIdentity {
  readonly epoch: number;
}

const openStates: readonly AttemptState[] = ["starting", "running"];

export function runStorePath(scratchBasePath: string): string {
  return join(scratchBasePath, ".firstlight", "runs.sqlite");
}

/** The record of all runs under one scratch base path, in one file that outlives their scratch. Throws as `SqliteFile` does. */
export async function openSqliteRunStore(path: string, options: SqliteRunStoreOptions = {}): Promise<RunStore> {
  const file = sqliteFile({
    path,
    title: "record of runs",
    schemaVersion: 1,
    schema,
    onNetwork: "keep what several machines share in Redis and PostgreSQL",
  });
  await file.open();
  const clock = options.clock ?? systemClock;
  const leaseMs = (options.leaseSeconds ?? 30) * 1000;
  const now = (): string => clock.now().toISOString();
  const select = <Result>(ofRow: (row: Row) => Result, sql: string, ...values: readonly number[]): Promise<Result[]> =>
    file.read((database) => database.all(sql, ...values).map(ofRow));
  return {
    name: "sqlite",
    openRun: (key, choice = {}) =>
      file.write((database): OpenedRun => {
        const found = chooseRun(database, key, choice);
        if (found !== undefined) return { run: found, resumed: true };
        const at = now();
        const recipeRunId =
          choice.recipeRunId ??
          Math.max(
            choice.leastId ?? 1,
            Number(database.one("SELECT coalesce(max(recipe_run_id), 0) + 1 AS id FROM runs")?.id),
          );
        database.run(
          "INSERT INTO runs VALUES (?, ?, ?, ?, ?, 'running', ?, ?)",
          recipeRunId,
          ...keyValues(key),
          at,
          at,
        );
        return { run: { ...key, recipeRunId, status: "running", createdAt: at, updatedAt: at }, resumed: false };
      }),
    findRun: (key, choice = {}) => file.read((database) => chooseRun(database, key, choice)),
    run: async (recipeRunId) => (await select(runOf, "SELECT * FROM runs WHERE recipe_run_id = ?", recipeRunId))[0],
    runs: () => select(runOf, "SELECT * FROM runs ORDER BY recipe_run_id DESC"),
    nodes: (recipeRunId) =>
      select(nodeOf, "SELECT * FROM nodes WHERE recipe_run_id = ? ORDER BY position", recipeRunId),
    attempts: (recipeRunId) =>
      select(attemptOf, "SELECT * FROM attempts WHERE recipe_run_id = ? ORDER BY position", recipeRunId),
    events: (recipeRunId) =>
      select(
        eventOf,
        `SELECT event, report FROM events e LEFT JOIN attempts a
           ON a.recipe_run_id = e.recipe_run_id AND event ->> 'type' = 'task-finished'
           AND a.task = event ->> 'task' AND a.attempt = event ->> 'attempt'
         WHERE e.recipe_run_id = ? ORDER BY sequence`,
        recipeRunId,
      ),
    runner: async (recipeRunId) =>
      (await select(runnerOf, "SELECT * FROM leases WHERE recipe_run_id = ?", recipeRunId))[0],
    async lease(recipeRunId) {
      const { owner, ghosts } = await file.write((database) => {
        const taken = takeLease(database, recipeRunId, leaseMs);
        return { owner: taken, ghosts: closeLostAttempts(database, recipeRunId, now()) };
      });
      return leaseOf({ file, recipeRunId, owner, ghosts, leaseMs, now });
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

function chooseRun(database: Database, key: RunKey, { fresh = false, recipeRunId }: RunChoice): RunRecord | undefined {
  if (recipeRunId === undefined) {
    if (fresh) return undefined;
    const newest = database.one(
      `SELECT * FROM runs WHERE workflow = ? AND version = ? AND input_key = ? AND output_key = ?
       ORDER BY recipe_run_id DESC LIMIT 1`,
      ...keyValues(key),
    );
    return newest === undefined || newest.status === "done" ? undefined : runOf(newest);
  }
  const row = database.one("SELECT * FROM runs WHERE recipe_run_id = ?", recipeRunId);
  if (row === undefined) return undefined;
  const named = runOf(row);
  if (fresh) {
    throw new FirstlightError(
      "RUN_EXISTS",
      `Recipe run ${recipeRunId} exists already (${named.workflow}, ${named.status}), so it cannot be begun afresh. Name a free id, or none.`,
      { disposition: "invalid", fields: { recipeRunId } },
    );
  }
  const differing = (["workflow", "version", "inputKey", "outputKey"] as const).filter(
    (part) => named[part] !== key[part],
  );
  if (differing.length === 0) return named;
  const differences = differing.map((part) => `${wordOf[part]} ${named[part]}, not ${key[part]}`);
  throw new FirstlightError(
    "RUN_MISMATCH",
    `Recipe run ${recipeRunId} cannot be continued with this: its record says ${differences.join("; ")}. Name another id, or none to begin a new run.`,
    { disposition: "invalid", fields: { recipeRunId, recorded: named, asked: key } },
  );
}

// The lease is kept by the machine's own time whatever the clock: a fixed clock would let none expire.
function takeLease(database: Database, recipeRunId: number, leaseMs: number): LeaseOwner {
  if (database.one("SELECT 1 FROM runs WHERE recipe_run_id = ?", recipeRunId) === undefined) {
    throw new FirstlightError("RUN_NOT_FOUND", `The record holds no recipe run ${recipeRunId}.`, {
      disposition: "invalid",
      fields: { recipeRunId },
    });
  }
  const row = database.one("SELECT * FROM leases WHERE recipe_run_id = ?", recipeRunId);
  const runner = runnerOf(row);
  if (runner !== undefined) {
    throw new FirstlightError(
      "RUN_LEASED",
      `Recipe run ${recipeRunId} is being run by process ${runner.pid} on ${runner.host}, since ${runner.since}. Wait for it, stop it, or begin another run with --fresh.`,
      { fields: { recipeRunId, ...runner } },
    );
  }
  const owner = { ...identifyProcess(process.pid), epoch: Number(row?.epoch ?? 0) + 1 };
  database.run(
    "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)",
    recipeRunId,
    owner.epoch,
    JSON.stringify(owner),
    new Date().toISOString(),
    Date.now() + leaseMs,
  );
  return owner;
}

/** Who holds a lease. Of this machine's own runners it is known whether they live; one that is too busy to renew it still does. */
function runnerOf(row: Row | undefined): Runner | undefined {
  const holder = holderOf(row);
  if (holder === undefined || !(isProcessAlive(holder) ?? Number(row?.expires_ms) > Date.now())) return undefined;
  const { host, pid, started } = holder;
  return { host, pid, started, since: String(row?.since) };
}

function closeLostAttempts(database: Database, recipeRunId: number, at: string): readonly ProcessIdentity[] {
  const lost = database.all(
    "SELECT * FROM attempts WHERE recipe_run_id = ? AND state IN (SELECT value FROM json_each(?))",
    recipeRunId,
    JSON.stringify(openStates),
  );
  for (const row of lost) {
    const { task, attempt } = attemptOf(row);
    const message = `The runner of attempt ${attempt} of ${task} ended before the attempt did.`;
    const error = attemptErrorOf(new FirstlightError("ATTEMPT_LOST", message, { disposition: "retry" }));
    changeAttempt(database, recipeRunId, { task, attempt, state: "lost", error }, at);
  }
  database.run(
    "UPDATE nodes SET status = 'interrupted', updated_at = ? WHERE recipe_run_id = ? AND status = 'running'",
    at,
    recipeRunId,
  );
  return lost.flatMap(({ process }) => (process === null ? [] : [JSON.parse(String(process)) as ProcessIdentity]));
}

interface Held {
  readonly file: SqliteFile;
  readonly recipeRunId: number;
  readonly owner: LeaseOwner;
  readonly ghosts: readonly ProcessIdentity[];
  readonly leaseMs: number;
  readonly now: () => string;
}

function leaseOf({ file, recipeRunId, owner, ghosts, leaseMs, now }: Held): RunLease {
  const fenced = <Result>(work: (database: Database) => Result): Promise<Result> =>
    file.write((database) => {
      const row = database.one("SELECT epoch, owner FROM leases WHERE recipe_run_id = ?", recipeRunId);
      if (row?.epoch === owner.epoch && row.owner !== null) return work(database);
      const taker = holderOf(row);
      const why = taker === undefined ? "it was given back" : `process ${taker.pid} on ${taker.host} took it over`;
      throw new FirstlightError(
        "RUN_LEASE_LOST",
        `This runner no longer holds recipe run ${recipeRunId}: ${why}. Nothing was written.`,
        { fields: { recipeRunId, epoch: owner.epoch } },
      );
    });
  return {
    recipeRunId,
    epoch: owner.epoch,
    ghosts,
    renewEveryMs: leaseMs / 3,
    async renew() {
      await fenced((database) =>
        database.run("UPDATE leases SET expires_ms = ? WHERE recipe_run_id = ?", Date.now() + leaseMs, recipeRunId),
      );
    },
    startAttempt: ({ task, fingerprint }) =>
      fenced((database) => {
        const at = now();
        setNode(database, recipeRunId, { task, fingerprint, status: "running", blockedBy: [] }, at);
        const row = database.one(
          `INSERT INTO attempts (recipe_run_id, task, attempt, state, states, output)
           SELECT ?1, ?2, coalesce(max(attempt), 0) + 1, 'starting', ?3, '[]'
           FROM attempts WHERE recipe_run_id = ?1 AND task = ?2 RETURNING *`,
          recipeRunId,
          task,
          JSON.stringify([{ state: "starting", at }]),
        );
        return attemptOf(row ?? {});
      }),
    write: ({ status, nodes = [], removed = [], attempt, events = [] }) =>
      fenced((database) => {
        const at = now();
        if (status !== undefined) {
          database.run("UPDATE runs SET status = ?, updated_at = ? WHERE recipe_run_id = ?", status, at, recipeRunId);
        }
        for (const node of nodes) setNode(database, recipeRunId, node, at);
        for (const task of removed) {
          database.run("DELETE FROM nodes WHERE recipe_run_id = ? AND task = ?", recipeRunId, task);
        }
        if (attempt !== undefined) changeAttempt(database, recipeRunId, attempt, at);
        for (const event of events) {
          // A report names every file of its attempt: once is enough.
          const kept = "report" in event && event.report === attempt?.report ? { ...event, report: undefined } : event;
          database.run("INSERT INTO events (recipe_run_id, event) VALUES (?, ?)", recipeRunId, JSON.stringify(kept));
        }
      }),
    async [Symbol.asyncDispose]() {
      // Given back only if it is still ours; the epoch stays, so that it keeps growing.
      const giveBack = "UPDATE leases SET owner = NULL WHERE recipe_run_id = ? AND epoch = ?";
      await file
        .write((database) => database.run(giveBack, recipeRunId, owner.epoch))
        .catch((error: unknown) => {
          // Without its store it ends with this process.
          if (!isFirstlightError(error, "SERVICE_CLOSED")) throw error;
        });
    },
  };
}

function setNode(database: Database, recipeRunId: number, node: Omit<NodeRecord, "updatedAt">, at: string): void {
  database.run(
    `INSERT INTO nodes (recipe_run_id, task, status, fingerprint, blocked_by, updated_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET status = excluded.status, fingerprint = excluded.fingerprint,
       blocked_by = excluded.blocked_by, updated_at = excluded.updated_at`,
    recipeRunId,
    node.task,
    node.status,
    JSON.stringify(node.fingerprint),
    JSON.stringify(node.blockedBy),
    at,
  );
}

function changeAttempt(database: Database, recipeRunId: number, change: AttemptChange, at: string): void {
  const text = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  database.run(
    `UPDATE attempts SET state = ?, states = json_insert(states, '$[#]', json(?)), process = coalesce(?, process),
       error = coalesce(?, error), report = coalesce(?, report), output = coalesce(?, output)
     WHERE recipe_run_id = ? AND task = ? AND attempt = ?`,
    change.state,
    JSON.stringify({ state: change.state, at }),
    text(change.process),
    text(change.error),
    text(change.report),
    text(change.output),
    recipeRunId,
    change.task,
    change.attempt,
  );
}

const holderOf = (row: Row | undefined): ProcessIdentity | undefined =>
  jsonOf(row?.owner) as ProcessIdentity | undefined;

const jsonOf = (value: unknown): unknown => (typeof value === "string" ? JSON.parse(value) : undefined);

const wordOf = { workflow: "workflow", version: "version", inputKey: "input", outputKey: "output" } as const;

const keyValues = (key: RunKey): readonly [string, string, string, string] => [
  key.workflow,
  key.version,
  key.inputKey,
  key.outputKey,
];

// The columns below are this file's own, read back as they were written: hence the assertions.
const runOf = (row: Row): RunRecord => ({
  recipeRunId: Number(row.recipe_run_id),
  workflow: String(row.workflow),
  version: String(row.version),
  inputKey: String(row.input_key),
  outputKey: String(row.output_key),
  status: row.status as RunStatus,
  createdAt: String(row.created_at),
  updatedAt: String(row.updated_at),
});

const nodeOf = (row: Row): NodeRecord => ({
  task: String(row.task),
  status: row.status as NodeStatus,
  fingerprint: jsonOf(row.fingerprint) as Fingerprint,
  blockedBy: jsonOf(row.blocked_by) as readonly string[],
  updatedAt: String(row.updated_at),
});

const attemptOf = (row: Row): AttemptRecord => ({
  task: String(row.task),
  attempt: Number(row.attempt),
  pid: (jsonOf(row.process) as ProcessIdentity | undefined)?.pid,
  state: row.state as AttemptState,
  states: jsonOf(row.states) as AttemptRecord["states"],
  error: jsonOf(row.error) as AttemptRecord["error"],
  report: jsonOf(row.report) as AttemptRecord["report"],
  output: jsonOf(row.output) as readonly string[],
});

const eventOf = (row: Row): RunEvent => ({
  ...(row.report === null ? {} : { report: jsonOf(row.report) }),
  ...(jsonOf(row.event) as RunEvent),
});
