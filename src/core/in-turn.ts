import { unlessAborted } from "./retry.ts";

/**
 * Runs work that shares a name in the order in which it was asked for, and other work at once. The signal ends the waiting: its reason is
 * thrown, and the work is not begun. Whoever gives up so keeps its place, for what comes next still comes after those before.
 */
export type InTurn = <Result>(
  names: readonly string[],
  work: () => Promise<Result>,
  signal?: AbortSignal,
) => Promise<Result>;

export function inTurn(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (names, work, signal) => {
    const earlier = names.flatMap((name) => last.get(name) ?? []);
    const before = earlier.length === 0 ? undefined : Promise.allSettled(earlier);
    const begin = () => {
      signal?.throwIfAborted();
      return work();
    };
    const mine = before === undefined ? begin() : before.then(begin);
    for (const name of names) last.set(name, mine);
    const leave = (): void => {
      for (const name of names) if (last.get(name) === mine) last.delete(name);
    };
    mine.then(leave, leave);
    if (before !== undefined) await unlessAborted(before, signal);
    return mine;
  };
}
