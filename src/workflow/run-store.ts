import type { AttemptReport } from "../tasks/attempt-report.ts";
import type { AttemptError, RunEvent, RunStatus } from "./run-event.ts";

/** What two runs have in common when one continues the other. */
export interface RunKey {
  readonly workflow: string;
  readonly version: string;
  /** Names the input: a folder, an input dataset. */
  readonly inputKey: string;
  readonly outputKey: string;
}

export interface RunRecord extends RunKey {
  readonly recipeRunId: number;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/**
 * `waiting`: to be done, by this runner or the next. `interrupted`: stopped, to be done again. `skipped`: left out by an error
 * with the disposition `skip`.
 */
export type NodeStatus = "waiting" | "running" | "done" | "skipped" | "failed" | "blocked" | "interrupted";

/** Every part that a task's result depends on, as digests or as they stand. */
export interface Fingerprint {
  readonly taskVersion: string;
  readonly code: string;
  readonly parameters: string;
  readonly input: string;
  readonly upstreams: readonly string[];
  /** Over all the parts, the names of task and workflow, and the digests of the upstreams. */
  readonly digest: string;
}

export interface NodeRecord {
  readonly task: string;
  readonly status: NodeStatus;
  readonly fingerprint: Fingerprint;
  /** The failed tasks, for a blocked node. */
  readonly blockedBy: readonly string[];
  readonly updatedAt: string;
}

export type AttemptState = "starting" | "running" | "done" | "skipped" | "failed" | "crashed" | "interrupted" | "lost";

export interface AttemptRecord {
  readonly task: string;
  /** 1 for the first; it counts on over resumed runs. */
  readonly attempt: number;
  readonly pid: number | undefined;
  readonly state: AttemptState;
  readonly states: readonly { readonly state: AttemptState; readonly at: string }[];
  readonly error: AttemptError | undefined;
  readonly report: AttemptReport | undefined;
  /** The last lines that it printed. */
  readonly output: readonly string[];
}

/** How an attempt changes: a new state with what belongs to it. */
export interface AttemptChange {
  readonly task: string;
  readonly attempt: number;
  readonly state: AttemptState;
  readonly process?: ProcessIdentity;
  readonly error?: AttemptError;
  readonly report?: AttemptReport;
  readonly output?: readonly string[];
}

/** What changes in the record of a run. */
export interface RunChanges {
  readonly status?: RunStatus;
  readonly nodes?: readonly Omit<NodeRecord, "updatedAt">[];
  /** Tasks whose nodes go out of the record; their attempts stay. */
  readonly removed?: readonly string[];
  readonly attempt?: AttemptChange;
  readonly events?: readonly RunEvent[];
}

/** A process, told apart from a later one that was given the same pid. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the system says it started, in the system's own words; empty where it does not say. */
  readonly started: string;
}

/** A process that runs a recipe run. */
export interface Runner extends ProcessIdentity {
  /** ISO 8601. */
  readonly since: string;
}

/**
 * The right to write the record of one recipe run: held by one runner at a time. Every write is refused with
 * `RUN_LEASE_LOST` once another runner took the run over. Disposal gives the lease back.
 */
export interface RunLease extends AsyncDisposable {
  readonly recipeRunId: number;
  /** Grows with every owner. */
  readonly epoch: number;
  /** Attempts that the owner before left open; they are recorded as lost. Their processes may be alive still. */
  readonly ghosts: readonly ProcessIdentity[];
  /** Long before the lease expires, and often enough that one failure does no harm. */
  readonly renewEveryMs: number;
  renew(): Promise<void>;
  /** Gives out the next attempt of a node, and records the node as running. */
  startAttempt(node: Pick<NodeRecord, "task" | "fingerprint">): Promise<AttemptRecord>;
  /** Writes all of it or nothing. */
  write(changes: RunChanges): Promise<void>;
}

/**
 * Which run is meant. By default the newest with its key, if it is unfinished, else a new one. `fresh`: a new one.
 * `recipeRunId`: this one, begun if there is none; `RUN_MISMATCH` when it has another key, `RUN_EXISTS` when a fresh one is wanted.
 */
export interface RunChoice {
  readonly fresh?: boolean;
  readonly recipeRunId?: number;
  /** The least id of a new run that names none. */
  readonly leastId?: number;
}

export interface OpenedRun {
  readonly run: RunRecord;
  /** The run was there before. */
  readonly resumed: boolean;
}

/** The record of recipe runs and their attempts. Reading needs no lease. */
export interface RunStore extends AsyncDisposable {
  readonly name: string;
  /** The run that goes on, or a new one: one atomic step, so that two runners cannot both begin one. */
  openRun(key: RunKey, choice?: RunChoice): Promise<OpenedRun>;
  /** The run that `openRun` would continue; undefined where it would begin a new one. */
  findRun(key: RunKey, choice?: RunChoice): Promise<RunRecord | undefined>;
  run(recipeRunId: number): Promise<RunRecord | undefined>;
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** In the order in which they were first recorded. */
  nodes(recipeRunId: number): Promise<readonly NodeRecord[]>;
  /** In the order in which they were started. */
  attempts(recipeRunId: number): Promise<readonly AttemptRecord[]>;
  events(recipeRunId: number): Promise<readonly RunEvent[]>;
  /** The runner that is at work on a run and alive, as far as this machine can tell; undefined where there is none. */
  runner(recipeRunId: number): Promise<Runner | undefined>;
  /** Throws `RUN_LEASED` while another runner that is alive holds the run. */
  lease(recipeRunId: number): Promise<RunLease>;
}
