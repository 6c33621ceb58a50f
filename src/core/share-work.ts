import { lentWorkers } from "./lent-workers.ts";
import type { Portions } from "./portions.ts";
import type { Workers } from "./workers.ts";

/** Where a function is that other threads import. */
export interface SharedFunction {
  /** Its module's `import.meta.url`. */
  readonly module: string;
  readonly name: string;
}

/**
 * Does work in all threads at once: the function in the others, with `data`, and `own` in this one. After the first failure, or once
 * the signal fires, the portions are stopped; what has begun is waited for, and then that reason is thrown.
 *
 * @returns what each resolved to, this thread's first
 */
export async function shareWork<Result>(
  workers: Workers,
  { module, name }: SharedFunction,
  data: unknown,
  portions: Pick<Portions, "stop">,
  own: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result[]> {
  signal?.throwIfAborted();
  let failure: { readonly reason: unknown } | undefined;
  const fail = (reason: unknown): void => {
    failure ??= { reason };
    portions.stop();
  };
  const abort = (): void => fail(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    const others = workers.run(module, name, data) as readonly Promise<Result>[];
    const all = [own(), ...others];
    for (const each of all) each.catch(fail);
    const settled = await Promise.allSettled(all);
    if (failure !== undefined) throw failure.reason;
    return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Uses the threads that a caller hands over, or as many as it asks for: see `lentWorkers`. */
export async function withWorkers<T>(
  asked: number | Workers | undefined,
  use: (workers: Workers) => Promise<T>,
): Promise<T> {
  await using lent = lentWorkers(asked);
  return await use(lent.workers);
}
