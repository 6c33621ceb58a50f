import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker, type WorkerOptions } from "node:worker_threads";
import { codeOf, FirstlightError, messageOf } from "./errors.ts";
import { errorFrom, type ToldError } from "./told-error.ts";

/**
 * Threads that compute beside the calling one. They start when they are first needed, do not keep the process alive while they have
 * nothing to do, and end with `await using`.
 */
export interface Workers extends AsyncDisposable {
  /** How many threads compute, the calling one included. */
  readonly threads: number;
  /**
   * Has every other thread import a module and call the function of that name with `data`, a copy but for shared memory.
   *
   * @param module its URL: a module says `import.meta.url`
   *
   * @returns what each resolves to, or rejects with: an error of this library as it was thrown
   */
  run(module: string, name: string, data: unknown): readonly Promise<unknown>[];
}

/** What a function that `run` calls may return, to hand memory over without a copy. */
export interface Handover {
  readonly value: unknown;
  readonly transfer: readonly ArrayBuffer[];
}

export interface WorkerCall {
  readonly id: number;
  readonly module: string;
  readonly name: string;
  readonly data: unknown;
}

export interface WorkerAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ToldError;
}

// A source that Node runs as it is starts a source, the package a compiled file.
const entry = new URL(`./worker-entry${extname(import.meta.filename)}`, import.meta.url);

/**
 * Opens threads, for many calls that take `workers`: to start one takes longer than a small piece of work.
 *
 * @param threads how many compute, the calling one included. Default: as many as the machine has cores
 *
 * @throws FirstlightError WORKER_COUNT for what is no whole number from 1
 */
export function openWorkers(threads: number = availableParallelism()): Workers {
  if (!Number.isSafeInteger(threads) || threads < 1) {
    const message = `Computing was asked for with ${threads} threads; give a whole number from 1, the calling thread included.`;
    throw new FirstlightError("WORKER_COUNT", message, { disposition: "invalid", fields: { threads } });
  }
  const others = Array.from({ length: threads - 1 }, otherThread);
  return {
    threads,
    run: (module, name, data) => others.map((other) => other.call(module, name, data)),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(others.map((other) => other.end()));
    },
  };
}

/** Of a program that is given by `--eval` a thread would inherit how that text is to be read, which fits no file. */
function options(): WorkerOptions {
  const given = process.execArgv;
  if (!given.some((each) => each.startsWith("--input-type"))) return {};
  const isCondition = (each: string | undefined): boolean => /^(?:--conditions|-C)\b/.test(each ?? "");
  return {
    execArgv: given.filter((each, i) => isCondition(each) || given[i - 1] === "-C" || given[i - 1] === "--conditions"),
  };
}

interface OtherThread {
  call(module: string, name: string, data: unknown): Promise<unknown>;
  end(): Promise<void>;
}

function otherThread(): OtherThread {
  let running: Worker | undefined;
  let calls = 0;
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const lose = (worker: Worker, reason: unknown): void => {
    if (running !== worker) return;
    running = undefined;
    for (const { reject } of waiting.values()) reject(reason);
    waiting.clear();
  };
  const started = (): Worker => {
    const worker = new Worker(entry, options());
    worker.on("message", ({ id, value, error }: WorkerAnswer) => {
      const call = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) worker.unref();
      if (error === undefined) call?.resolve(value);
      else call?.reject(errorFrom(error));
    });
    worker.on("error", (error) => lose(worker, codeOf(error) === "ERR_WORKER_INIT_FAILED" ? notStarted(error) : error));
    worker.on("exit", (code) => lose(worker, new Error(`a thread ended before its work was done, with ${code}`)));
    return worker;
  };
  return {
    call(module, name, data) {
      running ??= started();
      running.ref();
      calls += 1;
      const call = Promise.withResolvers<unknown>();
      waiting.set(calls, call);
      try {
        running.postMessage({ id: calls, module, name, data } satisfies WorkerCall);
      } catch (error) {
        // What cannot be copied never gets there, and nobody will answer.
        waiting.delete(calls);
        if (waiting.size === 0) running.unref();
        call.reject(error);
      }
      return call.promise;
    },
    async end() {
      await running?.terminate();
    },
  };
}

/** A thread needs about a dozen descriptors, and memory. */
function notStarted(cause: Error): FirstlightError {
  const reason = messageOf(cause).replace(/\.$/, "");
  const message = `A thread could not be started: ${reason}. Use fewer threads, or allow the process more open files (ulimit -n) and memory.`;
  return new FirstlightError("WORKER_START", message, { disposition: "retry", cause });
}
