import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { traceEnvironment } from "../core/telemetry.ts";
import { attemptErrorOf } from "./attempt-error.ts";
import type { AttemptCommand, AttemptEnd, AttemptJob, AttemptMessage, MakeAttempt } from "./attempt-job.ts";

const sourceExtension = extname(import.meta.filename);
const program = join(import.meta.dirname, `attempt-process${sourceExtension}`);
/**
 * The child runs from source where this file does: else it would load another, perhaps stale, copy of the library. What it makes
 * and drops at once gets no more room than 16 MB: pixels do not lie there, and many attempts share a machine.
 */
const execArgv = [...(sourceExtension === ".ts" ? ["--conditions=firstlight-source"] : []), "--max-semi-space-size=16"];
const keptLines = 10;
const libraryFrame = new RegExp(RegExp.escape(new URL("..", import.meta.url).href));
/** How long a dead child's output may be held open by processes that it left behind. */
const outputGraceMs = 1000;

export interface ChildSource {
  /** URL of the module that exports the workflow. */
  readonly module: string;
  readonly exportName: string;
}

/** Makes each attempt in a process of its own, whose crash ends that attempt and nothing else. */
export function makeAttemptInChild({ module, exportName }: ChildSource): MakeAttempt {
  // A collector that does not answer shall hold up one attempt, and not each of them.
  let collector: "gone" | "stalled" | undefined;
  return async (job, watch) => {
    if (watch.signal.aborted) return { kind: "interrupted" };
    const patience = { gone: ["--collector-was-gone"], stalled: ["--telemetry-flush-ms=0"] };
    const args = [...argumentsOf(job, module, exportName), ...(collector === undefined ? [] : patience[collector])];
    const child = fork(program, args, {
      execArgv,
      env: { ...job.env, ...traceEnvironment(), FIRSTLIGHT_THREADS: String(job.threads) },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    const lastLines: string[] = [];
    let heapFull = false;
    let end: AttemptEnd | undefined;
    child.on("message", (message: AttemptMessage) => {
      if (message.type === "progress") watch.onProgress(message.state);
      else if (message.type === "telemetry-lost") {
        collector = message.isThere || collector === "stalled" ? "stalled" : "gone";
      } else if (message.type === "done") end = { kind: "done", report: message.report };
      else end = { kind: "failed", error: message.error };
    });
    const output = [
      eachLine(child.stdout, (line) => watch.onLine("stdout", line)),
      eachLine(child.stderr, (line) => {
        heapFull ||= line.includes("heap out of memory");
        if (!isFrameOfOthers(line)) lastLines.push(line);
        if (lastLines.length > keptLines) lastLines.shift();
        watch.onLine("stderr", line);
      }),
    ];
    const unwatch = endOnSignal(child, watch.signal, watch.killSignal, watch.graceMs);
    try {
      const exit = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
      const begun = child.pid === undefined ? undefined : begin(child, watch.onStart(child.pid));
      const [[code, signal]] = await Promise.all([exit, begun]);
      await Promise.race([Promise.all(output), delay(outputGraceMs)]);
      if (end?.kind === "done") return end;
      if (watch.signal.aborted) return { kind: "interrupted" };
      return end ?? crashed(messageOfCrash(job, { code, signal, lastLines, heapFull }));
    } catch (error) {
      return crashed(`Attempt ${job.attempt} of ${job.node.name} could not be started: ${messageOf(error)}`);
    } finally {
      unwatch();
    }
  };
}

/**
 * Lets the attempt begin once it is in the record: until then no later runner could find it. Where this process dies before that,
 * the child ends without having done anything.
 */
async function begin(child: ChildProcess, recorded: Promise<void>): Promise<void> {
  await recorded;
  const command: AttemptCommand = { type: "begin" };
  // A child that is gone already is told of by its exit.
  if (child.connected) child.send(command, () => undefined);
}

function argumentsOf(job: AttemptJob, module: string, exportName: string): readonly string[] {
  return [
    `--module=${module}`,
    `--export=${exportName}`,
    `--task=${job.node.name}`,
    `--recipe-run=${job.recipeRunId}`,
    `--attempt=${job.attempt}`,
    ...(job.rollbackOnly ? ["--rollback-only"] : []),
  ];
}

function eachLine(stream: Readable | null, take: (line: string) => void): Promise<unknown> {
  if (stream === null) return Promise.resolve();
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  lines.on("line", take);
  return once(lines, "close");
}

/** Frames of the engine, of packages and of this library tell an astronomer nothing, and would push out what does. */
function isFrameOfOthers(line: string): boolean {
  return (
    /^\s*\d+: 0x/.test(line) ||
    (/^\s*at /.test(line) && [/node:internal/, /\/node_modules\//, libraryFrame].some((pattern) => pattern.test(line)))
  );
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}

/** SIGTERM, then SIGKILL after the grace; the second signal kills at once. */
function endOnSignal(child: ChildProcess, stop: AbortSignal, kill: AbortSignal, graceMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onKill = (): void => void child.kill("SIGKILL");
  const onStop = (): void => {
    child.kill("SIGTERM");
    timer = setTimeout(onKill, graceMs);
  };
  stop.addEventListener("abort", onStop, { once: true });
  kill.addEventListener("abort", onKill, { once: true });
  return () => {
    clearTimeout(timer);
    stop.removeEventListener("abort", onStop);
    kill.removeEventListener("abort", onKill);
  };
}

interface Crash {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lastLines: readonly string[];
  readonly heapFull: boolean;
}

function crashed(message: string): AttemptEnd {
  const error = new FirstlightError("TASK_CRASHED", message, { disposition: "retry" });
  return { kind: "crashed", error: attemptErrorOf(error) };
}

function messageOfCrash(job: AttemptJob, crash: Crash): string {
  const { code, signal, lastLines } = crash;
  const how = signal === null ? `its process ended with exit code ${code}` : `its process was killed by ${signal}`;
  const told =
    lastLines.length === 0 ? "It wrote nothing to standard error." : `Its last lines:\n${lastLines.join("\n")}`;
  return `Attempt ${job.attempt} of ${job.node.name} crashed: ${how} before it was done.${hint(crash)} ${told}`;
}

function hint({ code, signal, heapFull }: Crash): string {
  if (heapFull) {
    return " JavaScript's heap was full: read fewer frames at once, or raise it with NODE_OPTIONS=--max-old-space-size=MEGABYTES.";
  }
  if (signal === "SIGKILL") {
    return " If nobody killed it, the machine ran out of memory: run fewer tasks at once with --workers.";
  }
  // Node's own number for a main program whose promises can never settle.
  if (code === 13) return " It waited for something that can never happen.";
  if (code === 0) return " Something called process.exit().";
  return "";
}
