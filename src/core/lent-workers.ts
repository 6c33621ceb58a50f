import { openWorkers, type Workers } from "./workers.ts";

/** So long threads wait for the next who asks for as many; then they end. */
const idleMs = 30_000;

interface IdleWorkers {
  readonly workers: Workers;
  readonly timer: NodeJS.Timeout;
}

/** Threads that nobody uses now, by their number. */
const idle = new Map<number, IdleWorkers>();

/**
 * The threads that a caller hands over; or as many as it asks for, by default one, which are kept for a while afterwards: to start
 * one takes longer than much of what it is asked to do. They do not keep the process alive.
 *
 * @throws FirstlightError WORKER_COUNT for a number that is none
 */
export function lentWorkers(asked: number | Workers | undefined): { readonly workers: Workers } & AsyncDisposable {
  if (typeof asked === "object") return { workers: asked, [Symbol.asyncDispose]: async () => undefined };
  const workers = take(asked ?? 1);
  return { workers, [Symbol.asyncDispose]: () => giveBack(workers) };
}

function take(threads: number): Workers {
  const found = idle.get(threads);
  if (found === undefined) return openWorkers(threads);
  idle.delete(threads);
  clearTimeout(found.timer);
  return found.workers;
}

async function giveBack(workers: Workers): Promise<void> {
  const { threads } = workers;
  if (threads === 1) return;
  if (idle.has(threads)) return await workers[Symbol.asyncDispose]();
  const end = (): void => {
    idle.delete(threads);
    void workers[Symbol.asyncDispose]();
  };
  idle.set(threads, { workers, timer: setTimeout(end, idleMs).unref() });
}
