interface Endings {
  readonly acts: Set<() => void>;
  readonly listener: () => void;
}

/** Behind one listener of each signal: a signal looks through all that it has, one by one, whenever one comes or goes. */
const endingsOf = new WeakMap<AbortSignal, Endings>();

/** Calls `act` once when the signal fires, at once where it has fired, unless what is returned was called before. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) {
    act();
    return () => {};
  }
  const endings = endingsOf.get(signal) ?? listenTo(signal);
  // The same function may be given twice.
  const mine = (): void => act();
  endings.acts.add(mine);
  return () => {
    if (!endings.acts.delete(mine) || endings.acts.size > 0) return;
    endingsOf.delete(signal);
    signal.removeEventListener("abort", endings.listener);
  };
}

function listenTo(signal: AbortSignal): Endings {
  const acts = new Set<() => void>();
  const listener = (): void => {
    endingsOf.delete(signal);
    const all = [...acts];
    acts.clear();
    for (const act of all) act();
  };
  const endings = { acts, listener };
  endingsOf.set(signal, endings);
  signal.addEventListener("abort", listener, { once: true });
  return endings;
}
