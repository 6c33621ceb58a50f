/**
 * Does `work` for each of `items`, no more than `limit` at a time, and resolves to the results in the order of the items. After the
 * first failure, or once the signal fires, nothing new begins; what has begun is waited for, and then that reason is thrown.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item, index: number) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const pending = items.entries();
  let failure: { readonly reason: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const [index, item] of pending) {
      try {
        signal?.throwIfAborted();
        results[index] = await work(item, index);
      } catch (reason) {
        failure ??= { reason };
      }
      if (failure !== undefined) return;
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure !== undefined) throw failure.reason;
  return results;
}
