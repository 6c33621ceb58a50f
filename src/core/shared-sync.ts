import { syncPath } from "./file.ts";

/**
 * Waits until the names in a folder are on the disk, for many who ask at once: whoever asks while that is under way shares the next
 * time, which begins after it asked.
 */
export function sharedSync(sync: (path: string) => Promise<void> = syncPath): (path: string) => Promise<void> {
  const underWay = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();
  return (path) => {
    const shared = next.get(path);
    if (shared !== undefined) return shared;
    const begin = async (): Promise<void> => {
      await Promise.allSettled([underWay.get(path)]);
      next.delete(path);
      const mine = sync(path);
      underWay.set(path, mine);
      try {
        await mine;
      } finally {
        if (underWay.get(path) === mine) underWay.delete(path);
      }
    };
    const mine = begin();
    next.set(path, mine);
    return mine;
  };
}
