import type { Entry, InventoryDriver, LogOptions, WriteOptions } from "./inventory-driver.ts";
import { type InventoryKeys, inventoryKeys } from "./inventory-keys.ts";
import { keysIn, plainKeys, type SetExpression, selectMembers } from "./set-expression.ts";
import { plainExpression, tagExpression } from "./tag-expression.ts";
import type { TagQuery } from "./tag-query.ts";

/** What is known of a recipe run's scratch, as one task reads and writes it. Paths are absolute. */
export interface Inventory {
  readonly driver: InventoryDriver;
  readonly taskName: string;
  readonly keys: InventoryKeys;
  /** What every write of the task carries. */
  readonly fenced: WriteOptions;
  /** The same where a constant is set or a number drawn, which is logged to be undone. */
  readonly logged: LogOptions;

  /** The audit entries of those tags that no file carries yet, which must be written before the tags. */
  auditOfNewTags(tags: readonly string[]): Promise<readonly Entry[]>;
  /** Writes in pieces, so that no call holds the store for long. */
  add(entries: readonly Entry[], options: WriteOptions): Promise<void>;
  remove(entries: readonly Entry[], options: WriteOptions): Promise<void>;

  find(query: TagQuery): Promise<readonly string[]>;
  /** What each of many queries finds, in their order. */
  findAll(queries: readonly TagQuery[]): Promise<readonly (readonly string[])[]>;
  count(query: TagQuery): Promise<number>;
  /** How many files carry each tag. */
  sizes(tags: readonly string[]): Promise<readonly number[]>;
  tagsOf(paths: readonly string[]): Promise<readonly (readonly string[])[]>;
  allTags(): Promise<readonly string[]>;
  /** For each member the keys beginning with `prefix` whose sets have it. */
  holdersOf(prefix: string, members: readonly string[]): Promise<readonly (readonly string[])[]>;
  /** Whether the set at `key` has the member, without fetching the set where the driver can tell. */
  holds(key: string, member: string): Promise<boolean>;
  /** Forgets what it remembers of tags: after a rollback. */
  forget(): void;
}

const entriesPerCall = 10_000;
const pathsPerCall = 2_000;

export function inventoryOf(
  driver: InventoryDriver,
  recipeRunId: number,
  taskName: string,
  token: number | undefined,
): Inventory {
  const keys = inventoryKeys(recipeRunId, taskName);
  const fence = token === undefined ? undefined : { key: keys.fence, token };
  const keyOf = (tag: string): string => keys.path + tag;
  const tagOf = (key: string): string => key.slice(keys.path.length);
  let carried = new Set<string>();

  const sizes = async (tags: readonly string[]): Promise<readonly number[]> => {
    if (tags.length === 0) return [];
    if (driver.sizes !== undefined) return driver.sizes(tags.map(keyOf));
    return (await driver.members(tags.map(keyOf))).map((members) => members.length);
  };
  const allTags = async (): Promise<readonly string[]> => (await driver.keys(keys.path)).map(tagOf).sort();
  const compile = (query: TagQuery, list = allTags): SetExpression | Promise<SetExpression> =>
    plainExpression(query, keyOf) ?? tagExpression(query, { keyOf, allTags: list });
  const select = async (expression: SetExpression): Promise<readonly string[]> => {
    const plain = plainKeys(expression);
    if (plain !== undefined) return driver.intersect(plain);
    if (driver.select !== undefined) return driver.select(expression);
    const named = keysIn(expression);
    const members = await driver.members(named);
    const sets = new Map(named.map((key, i) => [key, new Set(members[i])]));
    return [...selectMembers(expression, (key) => sets.get(key) ?? new Set())];
  };
  const inPieces = async (
    entries: readonly Entry[],
    write: (piece: readonly Entry[]) => Promise<unknown>,
  ): Promise<void> => {
    for (let start = 0; start < entries.length; start += entriesPerCall) {
      await write(entries.slice(start, start + entriesPerCall));
    }
  };

  return {
    driver,
    taskName,
    keys,
    fenced: { fence },
    logged: { fence, log: keys.made },
    async auditOfNewTags(tags) {
      const unseen = [...new Set(tags)].filter((tag) => !carried.has(tag));
      const counts = await sizes(unseen);
      for (const tag of unseen) carried.add(tag);
      return unseen
        .filter((_, i) => counts[i] === 0)
        .flatMap((tag): Entry[] => [
          [keys.tagAudit, tag],
          [keys.audited, `${keys.tagAudit}\n${tag}`],
        ]);
    },
    add: (entries, options) => inPieces(entries, (piece) => driver.add(piece, options)),
    remove: (entries, options) => inPieces(entries, (piece) => driver.remove(piece, options)),
    find: async (query) => select(await compile(query)),
    async findAll(queries) {
      let listing: Promise<readonly string[]> | undefined;
      const once = () => (listing ??= allTags());
      const compiled = queries.map((query) => compile(query, once));
      const expressions = compiled.every(isAtOnce) ? compiled : await Promise.all(compiled);
      return driver.selectAll === undefined ? Promise.all(expressions.map(select)) : driver.selectAll(expressions);
    },
    async count(query) {
      const expression = await compile(query);
      return driver.count === undefined ? (await select(expression)).length : driver.count(expression);
    },
    sizes,
    async tagsOf(paths) {
      const found: (readonly string[])[] = [];
      for (let start = 0; start < paths.length; start += pathsPerCall) {
        const held = await holders(driver, keys.path, paths.slice(start, start + pathsPerCall));
        found.push(...held.map((holding) => holding.map(tagOf).sort()));
      }
      return found;
    },
    allTags,
    async holdersOf(prefix, members) {
      const found: (readonly string[])[] = [];
      for (let start = 0; start < members.length; start += pathsPerCall) {
        found.push(...(await holders(driver, prefix, members.slice(start, start + pathsPerCall))));
      }
      return found;
    },
    holds: async (key, member) => (await holders(driver, key, [member]))[0]?.includes(key) ?? false,
    forget() {
      carried = new Set();
    },
  };
}

/** An entry as a log has it. */
export function lineOf([key, member]: Entry): string {
  return `${key}\n${member}`;
}

export function entryOf(line: string): Entry {
  const end = line.indexOf("\n");
  return [line.slice(0, end), line.slice(end + 1)];
}

/** A thousand promises take as long as some of the answers. */
function isAtOnce(compiled: SetExpression | Promise<SetExpression>): compiled is SetExpression {
  return !(compiled instanceof Promise);
}

async function holders(
  driver: InventoryDriver,
  prefix: string,
  paths: readonly string[],
): Promise<readonly (readonly string[])[]> {
  if (driver.holders !== undefined) return driver.holders(prefix, paths);
  const keys = await driver.keys(prefix);
  const sets = (await driver.members(keys)).map((members) => new Set(members));
  return paths.map((path) => keys.filter((_, i) => sets[i]?.has(path)));
}
