/** The parts of a piece of work that threads share: each takes the next one that nobody has, until there are none. */
export interface Portions {
  /** To be handed to the other threads, which make their `portions` of it. */
  readonly memory: SharedArrayBuffer;
  /** Which one is next, from 0 on; `undefined` where there are no more, or the work was stopped. */
  next(): number | undefined;
  /** Lets all threads stop, those that are within a portion as soon as they look. */
  stop(): void;
  throwIfStopped(): void;
}

const [taken, stopped] = [0, 1];

export function portions(count: number, memory: SharedArrayBuffer = new SharedArrayBuffer(8)): Portions {
  const words = new Int32Array(memory);
  const isStopped = (): boolean => Atomics.load(words, stopped) !== 0;
  return {
    memory,
    next() {
      if (isStopped()) return undefined;
      const index = Atomics.add(words, taken, 1);
      return index < count ? index : undefined;
    },
    stop() {
      Atomics.store(words, stopped, 1);
    },
    throwIfStopped() {
      if (isStopped()) throw new Error("the work was stopped in another thread");
    },
  };
}
