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

/** `skipped`: left out by an error with the disposition `skip`. `interrupted`: stopped, to be done by the next runner. */
export type NodeStatus = "running" | "done" | "skipped" | "failed" | "blocked" | "interrupted";

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
  /** Grows with every attempt of the recipe run: the fencing number of its writes. */
  readonly token: number;
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
  renew(): Promise<void>;
  /** Gives out the next attempt of a node, and records the node as running. */
  startAttempt(node: Pick<NodeRecord, "task" | "fingerprint">): Promise<AttemptRecord>;
  /** Writes all of it or nothing. */
  write(changes: RunChanges): Promise<void>;
}

/** The record of recipe runs and their attempts. Reading needs no lease. */
export interface RunStore extends AsyncDisposable {
  readonly name: "sqlite";
  /** A new run with the next free id, or with `recipeRunId` where one is asked for (`RUN_EXISTS` when it is taken). */
  create(key: RunKey, recipeRunId?: number): Promise<RunRecord>;
  run(recipeRunId: number): Promise<RunRecord | undefined>;
  /** Newest first; all of them, or those with this key. */
  runs(key?: RunKey): Promise<readonly RunRecord[]>;
  /** In the order in which they were first recorded. */
  nodes(recipeRunId: number): Promise<readonly NodeRecord[]>;
  /** In the order in which they were started. */
  attempts(recipeRunId: number): Promise<readonly AttemptRecord[]>;
  events(recipeRunId: number): Promise<readonly RunEvent[]>;
  /** Throws `RUN_LEASED` while another runner that is alive holds the run. */
  lease(recipeRunId: number): Promise<RunLease>;
}
