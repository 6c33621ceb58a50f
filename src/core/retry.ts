import { setTimeout as sleep } from "node:timers/promises";
import { onAbort } from "./on-abort.ts";

/** `RETRY_CONFIG`, with the Python stack's names in camel case. */
export interface RetryOptions {
  readonly delaySeconds: number;
  readonly backoff: number;
  /** Seconds added to each wait, drawn between the two. */
  readonly jitterSeconds: readonly [number, number];
  readonly maxDelaySeconds: number;
  /** -1 tries for ever, and says every wait. */
  readonly tries: number;
  /** Called before each wait. */
  readonly onWait?: (wait: {
    readonly attempt: number;
    readonly delaySeconds: number;
    readonly error: unknown;
  }) => void;
  readonly signal?: AbortSignal;
  /** No wait is shorter than this, in seconds: what a server asks for in the answer that the error tells of. */
  readonly leastDelaySeconds?: (error: unknown) => number | undefined;
  /** False for errors that trying again cannot mend. */
  readonly retriable?: (error: unknown) => boolean;
  readonly random?: () => number;
}

/**
 * Runs `work` until it succeeds, the tries are used up, the signal fires (its reason is thrown), or the error is not one
 * to retry.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { wait } = backoff(options);
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await work(attempt);
    } catch (error) {
      await wait(error);
    }
  }
}

/** The waits between tries, for work that goes on where it stopped. */
export interface Backoff {
  /** Waits before another try; throws the error where none is left or none could help, and the signal's reason where it fires. */
  wait(error: unknown): Promise<void>;
  /** The work has come on: the next failure counts as its first. */
  reset(): void;
}

export function backoff(options: RetryOptions): Backoff {
  const random = options.random ?? Math.random;
  let attempt = 1;
  let base = options.delaySeconds;
  return {
    async wait(error) {
      const last = options.tries >= 0 && attempt >= Math.max(1, options.tries);
      if (last || options.retriable?.(error) === false || options.signal?.aborted === true) throw error;
      const [low, high] = options.jitterSeconds;
      const own = Math.min(options.maxDelaySeconds, base + low + random() * (high - low));
      const delaySeconds = Math.max(own, options.leastDelaySeconds?.(error) ?? 0);
      options.onWait?.({ attempt, delaySeconds, error });
      await waitFor(delaySeconds, options.signal);
      attempt += 1;
      base *= options.backoff;
    },
    reset() {
      attempt = 1;
      base = options.delaySeconds;
    },
  };
}

/** Waits for `work` until the signal fires, whose reason is then thrown; the work itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const settle = onAbort(signal, () => reject(signal.reason));
  try {
    return await Promise.race([work, aborted]);
  } finally {
    settle();
  }
}

/** Waits; throws the reason of the signal where it fires. */
export async function waitFor(delaySeconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    // A timer holds no more than 2^31 ms and would fire at once.
    const milliseconds = Math.min(delaySeconds * 1000, 2 ** 31 - 1);
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    // The reason that the signal gives says more than the timer's own error.
    signal?.throwIfAborted();
    throw error;
  }
}
