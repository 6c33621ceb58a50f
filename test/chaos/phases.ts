/** What a process was about to do, or had just done, when it was killed; with what it stands for. */
export const phases = {
  audit: "a task's changes are announced in the inventory",
  "temp write": "a file is written under another name, and synced",
  rename: "the file takes its name, and the folder is synced",
  tag: "tags in the inventory",
  constant: "a constant in the inventory",
  record: "runs, tasks, attempts and their ends in the run store",
  publish: "queues and messages on the bus",
  fence: "an attempt makes itself the newest of its task",
  counter: "numbers of generic file names",
  folders: "the folders of a run and of an attempt are made and removed",
  keep: "another task's file is kept before it is overwritten or removed",
  "transfer in": "copies into scratch",
  "transfer out": "copies to the output, with their notes",
  metadata: "registration, status and accounts in the metadata store",
  report: "the inventory is synced, and the attempt reports its end",
  fork: "the runner starts an attempt's process",
  lease: "the runner takes the run's lease, and gives it back",
  "lease renewal": "the runner renews it",
  "rollback, inventory": "tags, constants, counters and records of an earlier attempt are undone",
  "rollback, files": "its files are removed, those that it replaced come back",
  purge: "scratch is emptied",
  "any time, runner": "after a random time",
  "any time, task": "after a random time",
} as const;

export type Phase = keyof typeof phases;

/** What the inventory's server does, where that is Redis: points at which the server may die in place of its client. */
export const serverPhases: readonly Phase[] = [
  ...(["fence", "audit", "tag", "constant", "counter", "rollback, inventory", "purge"] as const),
];

/** Those that are hit ten times before and ten times after, in 300 kills. */
export const corePhases: readonly Phase[] = ["audit", "temp write", "rename", "tag", "constant", "record", "publish"];

export type Side = "before" | "after";

/** One SIGKILL: which process, and the how manieth call of the phase it is that it, or its Redis, does not survive. */
export interface Kill {
  /** `runner`, or a task's name. */
  readonly process: string;
  readonly phase: Phase;
  readonly side: Side;
  /** From 1. Of a random time: milliseconds. */
  readonly nth: number;
  /** Default SIGKILL; SIGSTOP puts the process to sleep. */
  readonly signal?: "SIGKILL" | "SIGSTOP";
  /** The server dies and is started again; after the call, its reply is lost. */
  readonly victim?: "redis";
}

export function isSameKill(one: Kill, other: Kill): boolean {
  const keys = ["process", "phase", "side", "nth", "victim"] as const;
  return keys.every((key) => one[key] === other[key]);
}

/** What the preloaded `sabotage.ts` is told. */
export interface Orders {
  /** Where every process writes what it does, one JSON document a line. */
  readonly log: string;
  /** `--output`. */
  readonly output: string;
  readonly scratch: string;
  /** Each happens once: those that the log tells of have happened. */
  readonly kills: readonly Kill[];
  /** Where the inventory is in Redis: the file that says which process that is. */
  readonly redisPidFile?: string;
  /** The name of the machine that the process believes to be on. */
  readonly host?: string;
}

/** A process, told apart from a later one of the same pid. */
export interface Process {
  readonly pid: number;
  readonly started: string;
}

/** A line of the log. */
export type Note =
  | ({ readonly type: "process"; readonly name: string; readonly attempt: number } & Process)
  /** An attempt begins to work in the run. */
  | ({ readonly type: "begin"; readonly name: string; readonly run: string; readonly attempt: number } & Process)
  /** It does so while an earlier one of the same task in the same run lives. */
  | { readonly type: "beside"; readonly name: string; readonly attempt: number; readonly ghosts: readonly Process[] }
  /** What a process tried and was refused. */
  | { readonly type: "refused"; readonly name: string; readonly attempt: number; readonly what: string }
  | ({ readonly type: "hit" } & Kill)
  /** How often each phase came in a process that ended by itself. */
  | {
      readonly type: "count";
      readonly name: string;
      readonly attempt: number;
      readonly counts: Readonly<Record<string, number>>;
    };
