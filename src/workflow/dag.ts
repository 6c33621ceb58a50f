/** For each node, the nodes that must be done before it. */
export type Upstreams<Key> = ReadonlyMap<Key, readonly Key[]>;

export type Sorted<Key> = { readonly order: readonly Key[] } | { readonly cycle: readonly Key[] };

/**
 * Every node after its upstreams, and otherwise in the order of the map; or a cycle, as a path that begins and ends with
 * the same node. Linear in nodes and edges.
 */
export function sortTopologically<Key>(upstreams: Upstreams<Key>): Sorted<Key> {
  const order: Key[] = [];
  const finished = new Set<Key>();
  const path: { readonly key: Key; readonly rest: Iterator<Key> }[] = [];
  const onPath = new Set<Key>();
  // Not recursive: a chain of some thousand nodes would end the stack.
  const enter = (key: Key): void => {
    path.push({ key, rest: (upstreams.get(key) ?? [])[Symbol.iterator]() });
    onPath.add(key);
  };
  for (const root of upstreams.keys()) {
    if (finished.has(root)) continue;
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        order.push(top.key);
        finished.add(top.key);
        onPath.delete(top.key);
        path.pop();
      } else if (onPath.has(next.value)) {
        const keys = path.map(({ key }) => key);
        return { cycle: [next.value, ...keys.slice(keys.indexOf(next.value)).toReversed()] };
      } else if (!finished.has(next.value)) {
        enter(next.value);
      }
    }
  }
  return { order };
}

/** For each node, the nodes that wait for it. */
export function downstreamsOf<Key>(upstreams: Upstreams<Key>): ReadonlyMap<Key, readonly Key[]> {
  const downstreams = new Map<Key, Key[]>([...upstreams.keys()].map((key) => [key, []]));
  for (const [key, needed] of upstreams) for (const upstream of new Set(needed)) downstreams.get(upstream)?.push(key);
  return downstreams;
}

/** The most nodes that lie at one depth: a fair guess at how many can run at the same time. 0 for no nodes. */
export function widthOf<Key>(upstreams: Upstreams<Key>, order: readonly Key[]): number {
  const depths = new Map<Key, number>();
  const counts = new Map<number, number>();
  for (const key of order) {
    const depth = (upstreams.get(key) ?? []).reduce((deepest, up) => Math.max(deepest, (depths.get(up) ?? 0) + 1), 0);
    depths.set(key, depth);
    counts.set(depth, (counts.get(depth) ?? 0) + 1);
  }
  return [...counts.values()].reduce((widest, count) => Math.max(widest, count), 0);
}

/** Which nodes may run now, as others end. */
export interface Walk<Key> {
  /** Takes a node whose upstreams are all finished; undefined when there is none now. */
  next(): Key | undefined;
  /** What waited for this node alone may run now. */
  finish(key: Key): void;
  /** Nothing that depends on this node will ever run. Returns the nodes that were not blocked before. */
  fail(key: Key): readonly Key[];
  /** The failed nodes that a node depends on, directly or not. */
  blockedBy(key: Key): readonly Key[];
}

/** Walks a graph without cycles; nodes become ready in the order in which their last upstream finished. */
export function walkDag<Key>(upstreams: Upstreams<Key>): Walk<Key> {
  const downstreams = downstreamsOf(upstreams);
  // The set of what is missing, not a count: a node that is finished twice must not free another one early.
  const missing = new Map([...upstreams].map(([key, needed]) => [key, new Set(needed)]));
  const blockers = new Map<Key, Set<Key>>();
  const ready = [...missing].filter(([, needed]) => needed.size === 0).map(([key]) => key);
  let taken = 0;
  return {
    next: () => {
      const key = ready[taken];
      if (taken < ready.length) taken += 1;
      return key;
    },
    finish(key) {
      for (const downstream of downstreams.get(key) ?? []) {
        const needed = missing.get(downstream);
        if (needed?.delete(key) === true && needed.size === 0) ready.push(downstream);
      }
    },
    fail(key) {
      const fresh: Key[] = [];
      const queue = [...(downstreams.get(key) ?? [])];
      for (let at = 0; at < queue.length; at += 1) {
        const blocked = queue[at] as Key;
        const by = blockers.get(blocked);
        if (by?.has(key) === true) continue;
        if (by === undefined) fresh.push(blocked);
        blockers.set(blocked, (by ?? new Set<Key>()).add(key));
        queue.push(...(downstreams.get(blocked) ?? []));
      }
      return fresh;
    },
    blockedBy: (key) => [...(blockers.get(key) ?? [])],
  };
}
