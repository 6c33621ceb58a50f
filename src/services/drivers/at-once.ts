/** Enough to keep a disk busy, and few enough for the files that a process may have open. */
const limit = 16;

/**
 * Does the work for each item, for a few at a time, and resolves to the results in the items' order. After an error no more is
 * begun; it is thrown once what was under way has ended.
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = new Array(items.length);
  const pending = items.entries();
  let failure: { readonly error: unknown } | undefined;
  const next = async (): Promise<void> => {
    for (const [index, item] of pending) {
      if (failure !== undefined) return;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, next));
  if (failure !== undefined) throw failure.error;
  return results;
}
