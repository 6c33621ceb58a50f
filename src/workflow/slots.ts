/** Lets a limited number of things happen at the same time; who waits longest comes first. */
export interface Slots {
  /** Resolves, once there is room, to the function that gives the room back. */
  take(): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];
  const give = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async take() {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      return give;
    },
  };
}
