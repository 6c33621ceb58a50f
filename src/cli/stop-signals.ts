/** How a user stops a run: the first signal asks, the second insists, the third ends this process. */
export interface StopSignals extends Disposable {
  readonly asked: AbortSignal;
  readonly insisted: AbortSignal;
  /** The first signal that came. */
  readonly signal: () => NodeJS.Signals | undefined;
}

/** npm passes on a Ctrl-C that the terminal has sent to every process already: one key press, two signals. */
const samePressMs = 250;

export function watchStopSignals(
  target: NodeJS.EventEmitter,
  exit: () => void,
  nowMs = () => performance.now(),
): StopSignals {
  const asked = new AbortController();
  const insisted = new AbortController();
  let first: NodeJS.Signals | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  const onSignal = (signal: NodeJS.Signals): void => {
    const atMs = nowMs();
    if (signal === first && atMs - lastMs < samePressMs) return;
    lastMs = atMs;
    if (!asked.signal.aborted) {
      first = signal;
      asked.abort();
    } else if (!insisted.signal.aborted) insisted.abort();
    else exit();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) target.on(signal, onSignal);
  return {
    asked: asked.signal,
    insisted: insisted.signal,
    signal: () => first,
    [Symbol.dispose]() {
      for (const signal of signals) target.off(signal, onSignal);
    },
  };
}
