import type { Inventory } from "./inventory.ts";
import type { Entry } from "./inventory-driver.ts";
import type { InventoryKeys } from "./inventory-keys.ts";

/**
 * Who wrote, overwrote or removed a file after whom. Each task has one layer at a file; what a task found when it overwrote or
 * removed the file is the version that it keeps, and lies below its own.
 */
export interface FileLayers {
  /** The other tasks whose layers lie above that of `task`, or may: of two that did it in the same instant nobody knows. Lowest first. */
  above(path: string, task: string): readonly string[];
  /** The other tasks whose layers lie below. */
  below(path: string, task: string): readonly string[];
  /** Whether the task wrote there. */
  writes(path: string, task: string): boolean;
  /** Whether the task overwrote or removed what another had written. */
  keeps(path: string, task: string): boolean;
  /** The tasks whose layers were there when this one overwrote or removed the file. */
  under(path: string, task: string): ReadonlySet<string>;
  /** The records of other tasks that name `task` as one below theirs. */
  mentions(path: string, task: string): Entry[];
}

interface Layers {
  readonly writers: Set<string>;
  readonly keepers: Set<string>;
  /** Task → those whose layers it found there. */
  readonly over: Map<string, Set<string>>;
}

/** The layers at these files, read from the records of all tasks. */
export async function fileLayers(inventory: Inventory, paths: Iterable<string>): Promise<FileLayers> {
  const { driver, keys, taskName } = inventory;
  const asked = new Set(paths);
  const layers = new Map<string, Layers>();
  if (asked.size <= fewPaths) {
    for (const path of asked) layers.set(path, noLayers());
    await addFew(inventory, layers);
    return layersAt(layers, keys);
  }
  // A task may have written millions of files, and others have had to do with a few of them: only of those anything is remembered.
  const layersOf = (path: string, task: string): Layers | undefined => {
    const known = layers.get(path);
    if (known !== undefined || task === taskName || !asked.has(path)) return known;
    const fresh = noLayers();
    layers.set(path, fresh);
    return fresh;
  };
  const each = async (prefix: string, use: (task: string, member: string) => void): Promise<void> => {
    const own = prefix + taskName;
    const names = [...(await driver.keys(prefix)).filter((name) => name !== own), own];
    const sets = await driver.members(names);
    for (const [i, name] of names.entries()) {
      for (const member of sets[i] ?? []) use(name.slice(prefix.length), member);
    }
  };
  await each(keys.writeAudits, (task, path) => layersOf(path, task)?.writers.add(task));
  await each(keys.keeps, (task, path) => layersOf(path, task)?.keepers.add(task));
  await each(keys.overs, (task, line) => {
    const { below, path } = belowOf(line);
    addBelow(layersOf(path, task), task, below);
  });
  return layersAt(layers, keys);
}

function noLayers(): Layers {
  return { writers: new Set(), keepers: new Set(), over: new Map() };
}

/** Of so few each is asked for by itself; for more the records are read whole. */
const fewPaths = 16;

async function addFew({ keys, taskName, holdersOf }: Inventory, layers: ReadonlyMap<string, Layers>): Promise<void> {
  const paths = [...layers.keys()];
  const tasksOf = async (prefix: string, members: readonly string[]): Promise<readonly (readonly string[])[]> =>
    (await holdersOf(prefix, members)).map((held) => held.map((key) => key.slice(prefix.length)));
  const [writers, keepers] = [await tasksOf(keys.writeAudits, paths), await tasksOf(keys.keeps, paths)];
  const pairs = paths.flatMap((path, i) =>
    [...new Set([taskName, ...(writers[i] ?? []), ...(keepers[i] ?? [])])].map((below) => ({ path, below })),
  );
  const above = await tasksOf(
    keys.overs,
    pairs.map(({ path, below }) => overLine(below, path)),
  );
  for (const [i, path] of paths.entries()) {
    for (const task of writers[i] ?? []) layers.get(path)?.writers.add(task);
    for (const task of keepers[i] ?? []) layers.get(path)?.keepers.add(task);
  }
  for (const [i, { path, below }] of pairs.entries()) {
    for (const task of above[i] ?? []) addBelow(layers.get(path), task, below);
  }
}

function addBelow(layers: Layers | undefined, task: string, below: string): void {
  if (layers === undefined) return;
  layers.over.set(task, (layers.over.get(task) ?? new Set()).add(below));
}

function layersAt(layers: ReadonlyMap<string, Layers>, keys: InventoryKeys): FileLayers {
  const above = (path: string, task: string): readonly string[] => {
    const { writers, keepers, over } = layers.get(path) ?? nothing;
    const up = new Set([...writers, ...keepers]);
    up.delete(task);
    // Whoever a third task found there, which did not find this one, was there before it.
    for (const found of over.values()) if (!found.has(task)) for (const other of found) up.delete(other);
    // Who found no file came after those that had removed it, and did not find this task there.
    if (!keepers.has(task)) for (const one of keepers) if (over.get(one)?.has(task) !== true) up.delete(one);
    const depth = (one: string): number => [...(over.get(one) ?? [])].filter((other) => up.has(other)).length;
    return [...up].sort(
      (a, b) => depth(a) - depth(b) || Number(keepers.has(b)) - Number(keepers.has(a)) || (a < b ? -1 : 1),
    );
  };
  return {
    above,
    below(path, task) {
      const { writers, keepers } = layers.get(path) ?? nothing;
      const up = above(path, task);
      return [...writers.union(keepers)].filter((one) => one !== task && !up.includes(one));
    },
    writes: (path, task) => layers.get(path)?.writers.has(task) ?? false,
    keeps: (path, task) => layers.get(path)?.keepers.has(task) ?? false,
    under: (path, task) => layers.get(path)?.over.get(task) ?? nobody,
    mentions: (path, task) =>
      [...(layers.get(path) ?? nothing).over]
        .filter(([other, found]) => other !== task && found.has(task))
        .map(([other]): Entry => [keys.overs + other, overLine(task, path)]),
  };
}

const nobody: ReadonlySet<string> = new Set();
const nothing: Layers = noLayers();

/** The record of a task that overwrote or removed a file: whose layer it found there. */
export function overLine(below: string, path: string): string {
  return `${below}\n${path}`;
}

function belowOf(line: string): { readonly below: string; readonly path: string } {
  const end = line.indexOf("\n");
  return { below: line.slice(0, end), path: line.slice(end + 1) };
}

/** The records by which the task has a layer above all that are at the file now. */
export async function layerOver({ keys, taskName, holdersOf }: Inventory, path: string): Promise<readonly Entry[]> {
  const found = await Promise.all(
    [keys.writeAudits, keys.keeps].map(async (prefix) =>
      ((await holdersOf(prefix, [path]))[0] ?? []).map((key) => key.slice(prefix.length)),
    ),
  );
  const below = new Set(found.flat());
  below.delete(taskName);
  return [[keys.kept, path], ...[...below].map((task): Entry => [keys.over, overLine(task, path)])];
}
