import type { FirstlightError } from "../../core/errors.ts";
import { requireSignal } from "../../core/require-option.ts";

/** The end of a service: what is at work when it comes is stopped, and waited for. */
export interface ServiceClosing {
  /**
   * Does work with a signal that fires when the caller's does, or the service is closed.
   *
   * @throws FirstlightError SERVICE_CLOSED
   */
  during<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** @throws FirstlightError SERVICE_CLOSED once the service is closed */
  requireOpen(): void;
  /** Resolves when nothing is at work any more. */
  close(): Promise<void>;
}

/** @param closed makes the error SERVICE_CLOSED of what is stopped or comes too late */
export function serviceClosing(closed: () => FirstlightError): ServiceClosing {
  const closing = new AbortController();
  const atWork = new Set<Promise<unknown>>();
  const requireOpen = (): void => closing.signal.throwIfAborted();
  return {
    requireOpen,
    async during(signal, work) {
      requireOpen();
      requireSignal(signal);
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
      closing.abort(closed());
      await Promise.allSettled(atWork);
    },
  };
}
