/** So long may the taking back of what was stopped take. */
export const clearingMs = 15_000;

/** A signal for the requests that take back what `stop` has stopped: it fires so long after `stop`. Disposed of, it fires no more. */
export function clearingEnd(stop: AbortSignal | undefined): Disposable & { readonly signal: AbortSignal } {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    const reason = new Error(`the store did not answer within ${clearingMs / 1000} s after the put was stopped`);
    timer = setTimeout(() => ending.abort(reason), clearingMs);
  };
  if (stop?.aborted === true) onStop();
  else stop?.addEventListener("abort", onStop, { once: true });
  return {
    signal: ending.signal,
    [Symbol.dispose]() {
      stop?.removeEventListener("abort", onStop);
      clearTimeout(timer);
    },
  };
}
