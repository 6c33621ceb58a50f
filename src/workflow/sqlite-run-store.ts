import { join } from "node:path";
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { type Clock, systemClock } from "../core/clock.ts";
import { FirstlightError } from "../core/errors.ts";
import { identifyProcess, isProcessAlive } from "./process-identity.ts";
import { inTransaction, openRunDatabase } from "./run-database.ts";
import type { RunEvent, RunStatus } from "./run-event.ts";
import type {
  AttemptChange,
  AttemptRecord,
  AttemptState,
  Fingerprint,
  NodeRecord,
  NodeStatus,
  ProcessIdentity,
  RunChoice,
  RunKey,
  RunLease,
  RunRecord,
  RunStore,
} from "./run-store.ts";

export interface SqliteRunStoreOptions {
  /** Stamps the records. */
  readonly clock?: Clock;
  /** How long a runner that says nothing keeps its lease. Default 30. */
  readonly leaseSeconds?: number;
}

interface LeaseOwner extends ProcessIdentity {
  readonly epoch: number;
}

const openStates: readonly AttemptState[] = ["starting", "running"];

export function runStorePath(scratchBasePath: string): string {
  return join(scratchBasePath, ".firstlight", "runs.sqlite");
}

/** The record of all runs under one scratch base path, in one file that outlives their scratch. */
export async function openSqliteRunStore(path: string, options: SqliteRunStoreOptions = {}): Promise<RunStore> {
  const database = await openRunDatabase(path);
  const clock = options.clock ?? systemClock;
  const leaseMs = (options.leaseSeconds ?? 30) * 1000;
  const now = (): string => clock.now().toISOString();
  const all: Select = (sql, ...values) => database.prepare(sql).all(...values);
  return {
    name: "sqlite",
    async openRun(key, choice = {}) {
      return inTransaction(database, () => {
        const found = chooseRun(all, key, choice);
        if (found !== undefined) return { run: found, resumed: true };
        const at = now();
        const recipeRunId =
          choice.recipeRunId ?? Number(all("SELECT coalesce(max(recipe_run_id), 0) + 1 AS id FROM runs")[0]?.id);
        database
          .prepare("INSERT INTO runs VALUES (?, ?, ?, ?, ?, 'running', ?, ?)")
          .run(recipeRunId, ...keyValues(key), at, at);
        return { run: { ...key, recipeRunId, status: "running", createdAt: at, updatedAt: at }, resumed: false };
      });
    },
    async findRun(key, choice = {}) {
      return chooseRun(all, key, choice);
    },
    async run(recipeRunId) {
      return all("SELECT * FROM runs WHERE recipe_run_id = ?", recipeRunId).map(runOf)[0];
    },
    async runs() {
      return all("SELECT * FROM runs ORDER BY recipe_run_id DESC").map(runOf);
    },
    async nodes(recipeRunId) {
      return all("SELECT * FROM nodes WHERE recipe_run_id = ? ORDER BY position", recipeRunId).map(nodeOf);
    },
    async attempts(recipeRunId) {
      return all("SELECT * FROM attempts WHERE recipe_run_id = ? ORDER BY token", recipeRunId).map(attemptOf);
    },
    async events(recipeRunId) {
      return all("SELECT event FROM events WHERE recipe_run_id = ? ORDER BY sequence", recipeRunId).map(
        ({ event }) => JSON.parse(String(event)) as RunEvent,
      );
    },
    async lease(recipeRunId) {
      const { owner, ghosts } = inTransaction(database, () => {
        const taken = takeLease(database, recipeRunId, leaseMs);
        return { owner: taken, ghosts: closeLostAttempts(database, recipeRunId, now()) };
      });
      return leaseOf({ database, recipeRunId, owner, ghosts, leaseMs, now });
    },
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close();
    },
  };
}

function chooseRun(all: Select, key: RunKey, { fresh = false, recipeRunId }: RunChoice): RunRecord | undefined {
  if (recipeRunId === undefined) {
    if (fresh) return undefined;
    const [newest] = all(
      `SELECT * FROM runs WHERE workflow = ? AND version = ? AND input_key = ? AND output_key = ?
       ORDER BY recipe_run_id DESC LIMIT 1`,
      ...keyValues(key),
    ).map(runOf);
    return newest?.status === "done" ? undefined : newest;
  }
  const [named] = all("SELECT * FROM runs WHERE recipe_run_id = ?", recipeRunId).map(runOf);
  if (named === undefined) return undefined;
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
function takeLease(database: DatabaseSync, recipeRunId: number, leaseMs: number): LeaseOwner {
  if (database.prepare("SELECT 1 FROM runs WHERE recipe_run_id = ?").get(recipeRunId) === undefined) {
    throw new FirstlightError("RUN_NOT_FOUND", `The record holds no recipe run ${recipeRunId}.`, {
      disposition: "invalid",
      fields: { recipeRunId },
    });
  }
  const row = database.prepare("SELECT * FROM leases WHERE recipe_run_id = ?").get(recipeRunId);
  const holder = holderOf(row);
  if (holder !== undefined && Number(row?.expires_ms) > Date.now() && isProcessAlive(holder) !== false) {
    throw new FirstlightError(
      "RUN_LEASED",
      `Recipe run ${recipeRunId} is being run by process ${holder.pid} on ${holder.host}, since ${String(row?.since)}. Wait for it, stop it, or begin another run with --fresh.`,
      { fields: { recipeRunId, ...holder, since: String(row?.since) } },
    );
  }
  const owner = { ...identifyProcess(process.pid), epoch: Number(row?.epoch ?? 0) + 1 };
  database
    .prepare("INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?, ?)")
    .run(recipeRunId, owner.epoch, JSON.stringify(owner), new Date().toISOString(), Date.now() + leaseMs);
  return owner;
}

function closeLostAttempts(database: DatabaseSync, recipeRunId: number, at: string): readonly ProcessIdentity[] {
  const lost = database
    .prepare("SELECT * FROM attempts WHERE recipe_run_id = ? AND state IN (SELECT value FROM json_each(?))")
    .all(recipeRunId, JSON.stringify(openStates));
  for (const row of lost) {
    const { task, attempt } = attemptOf(row);
    const message = `The runner of attempt ${attempt} of ${task} ended before the attempt did.`;
    const error = { code: "ATTEMPT_LOST", message, disposition: "retry" } as const;
    changeAttempt(database, recipeRunId, { task, attempt, state: "lost", error }, at);
  }
  database
    .prepare("UPDATE nodes SET status = 'interrupted', updated_at = ? WHERE recipe_run_id = ? AND status = 'running'")
    .run(at, recipeRunId);
  return lost.flatMap(({ process }) => (process === null ? [] : [JSON.parse(String(process)) as ProcessIdentity]));
}

interface Held {
  readonly database: DatabaseSync;
  readonly recipeRunId: number;
  readonly owner: LeaseOwner;
  readonly ghosts: readonly ProcessIdentity[];
  readonly leaseMs: number;
  readonly now: () => string;
}

function leaseOf({ database, recipeRunId, owner, ghosts, leaseMs, now }: Held): RunLease {
  const fenced = <Result>(work: () => Result): Result =>
    inTransaction(database, () => {
      const row = database.prepare("SELECT epoch, owner FROM leases WHERE recipe_run_id = ?").get(recipeRunId);
      if (row?.epoch === owner.epoch && row.owner !== null) return work();
      const taker = holderOf(row);
      const why = taker === undefined ? "it was given back" : `process ${taker.pid} on ${taker.host} took it over`;
      throw new FirstlightError(
        "RUN_LEASE_LOST",
        `This runner no longer holds recipe run ${recipeRunId}: ${why}. Nothing was written.`,
        { fields: { recipeRunId, epoch: owner.epoch } },
      );
    });
  const setNode = (node: Omit<NodeRecord, "updatedAt">): void => {
    database
      .prepare(
        `INSERT INTO nodes (recipe_run_id, task, status, fingerprint, blocked_by, updated_at) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET status = excluded.status, fingerprint = excluded.fingerprint,
           blocked_by = excluded.blocked_by, updated_at = excluded.updated_at`,
      )
      .run(
        recipeRunId,
        node.task,
        node.status,
        JSON.stringify(node.fingerprint),
        JSON.stringify(node.blockedBy),
        now(),
      );
  };
  return {
    recipeRunId,
    epoch: owner.epoch,
    ghosts,
    renewEveryMs: leaseMs / 3,
    async renew() {
      fenced(() =>
        database
          .prepare("UPDATE leases SET expires_ms = ? WHERE recipe_run_id = ?")
          .run(Date.now() + leaseMs, recipeRunId),
      );
    },
    async startAttempt({ task, fingerprint }) {
      return fenced(() => {
        const states = [{ state: "starting", at: now() }];
        setNode({ task, fingerprint, status: "running", blockedBy: [] });
        const row = database
          .prepare(
            `INSERT INTO attempts (recipe_run_id, token, task, attempt, state, states, output)
             SELECT ?1, coalesce(max(token), 0) + 1, ?2, coalesce(max(attempt) FILTER (WHERE task = ?2), 0) + 1, 'starting', ?3, '[]'
             FROM attempts WHERE recipe_run_id = ?1 RETURNING *`,
          )
          .get(recipeRunId, task, JSON.stringify(states));
        return attemptOf(row ?? {});
      });
    },
    async write({ status, nodes = [], attempt, events = [] }) {
      fenced(() => {
        const at = now();
        if (status !== undefined) {
          database
            .prepare("UPDATE runs SET status = ?, updated_at = ? WHERE recipe_run_id = ?")
            .run(status, at, recipeRunId);
        }
        for (const node of nodes) setNode(node);
        if (attempt !== undefined) changeAttempt(database, recipeRunId, attempt, at);
        for (const event of events) {
          database
            .prepare("INSERT INTO events (recipe_run_id, event) VALUES (?, ?)")
            .run(recipeRunId, JSON.stringify(event));
        }
      });
    },
    async [Symbol.asyncDispose]() {
      if (!database.isOpen) return;
      // Given back only if it is still ours; the epoch stays, so that it keeps growing.
      database
        .prepare("UPDATE leases SET owner = NULL WHERE recipe_run_id = ? AND epoch = ?")
        .run(recipeRunId, owner.epoch);
    },
  };
}

function changeAttempt(database: DatabaseSync, recipeRunId: number, change: AttemptChange, at: string): void {
  const text = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
  database
    .prepare(
      `UPDATE attempts SET state = ?, states = json_insert(states, '$[#]', json(?)), process = coalesce(?, process),
         error = coalesce(?, error), report = coalesce(?, report), output = coalesce(?, output)
       WHERE recipe_run_id = ? AND task = ? AND attempt = ?`,
    )
    .run(
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

type Select = (sql: string, ...values: readonly SQLInputValue[]) => readonly Row[];
type Row = Readonly<Record<string, unknown>>;

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
  token: Number(row.token),
  pid: (jsonOf(row.process) as ProcessIdentity | undefined)?.pid,
  state: row.state as AttemptState,
  states: jsonOf(row.states) as AttemptRecord["states"],
  error: jsonOf(row.error) as AttemptRecord["error"],
  report: jsonOf(row.report) as AttemptRecord["report"],
  output: jsonOf(row.output) as readonly string[],
});
