import { storeClosed } from "./object-errors.ts";

/** The end of an object store: what is at work when it comes is stopped, and waited for. */
export interface StoreClosing {
  /**
   * Does work with a signal that fires when the caller's does, or the store is closed.
   *
   * @throws FirstlightError SERVICE_CLOSED
   */
  during<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** @throws FirstlightError SERVICE_CLOSED once the store is closed */
  requireOpen(): void;
  /** Resolves when nothing is at work any more. */
  close(): Promise<void>;
}

export function storeClosing(): StoreClosing {
  const closing = new AbortController();
  const atWork = new Set<Promise<unknown>>();
  const requireOpen = (): void => closing.signal.throwIfAborted();
  return {
    requireOpen,
    async during(signal, work) {
      requireOpen();
      const mine = work(signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]));
      atWork.add(mine);
      try {
        return await mine;
      } finally {
        atWork.delete(mine);
      }
    },
    async close() {
      // As the reason of a signal it is what everything that heeds one throws.
      closing.abort(storeClosed());
      await Promise.allSettled(atWork);
    },
  };
}
