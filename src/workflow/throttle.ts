/** Passes on at most one value in `intervalMs`: the first at once, then the newest. */
export interface Throttle<Value> {
  push(value: Value): void;
  /** Passes on what still waits. */
  flush(): void;
}

export function throttle<Value>(intervalMs: number, pass: (value: Value) => void): Throttle<Value> {
  let waiting: { readonly value: Value } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const passWaiting = (): void => {
    timer = undefined;
    if (waiting === undefined) return;
    const { value } = waiting;
    waiting = undefined;
    timer = setTimeout(passWaiting, intervalMs).unref();
    pass(value);
  };
  return {
    push(value) {
      waiting = { value };
      if (timer === undefined) passWaiting();
    },
    flush() {
      clearTimeout(timer);
      passWaiting();
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
