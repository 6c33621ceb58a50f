import { FirstlightError } from "../../core/errors.ts";
import type { Entry, InventoryDriver, WriteOptions } from "../inventory-driver.ts";
import { redisClient } from "./redis-client.ts";
import { redisScripts } from "./redis-scripts.ts";

export interface RedisInventoryOptions {
  readonly host: string;
  readonly port: number;
  readonly recipeRunId: number;
  /** `SCRATCH_INVENTORY_DB_COUNT`: the databases that the server has; the last one is never used. */
  readonly dbCount: number;
  /** Shown in the server's list of clients. */
  readonly clientName: string;
  /** Ends the wait for a server that does not answer, and no connection that is there. */
  readonly signal?: AbortSignal | undefined;
}

const scanCount = 5_000;
const membersPerCommand = 1_000;

/**
 * An inventory in Redis (7 or later), which Python tasks and tasks on other machines share: database
 * `recipeRunId % (dbCount - 1)`, keys `{recipeRunId}:{namespace}:{name}`.
 */
export function redisInventory(options: RedisInventoryOptions): InventoryDriver {
  const { host, port, clientName, signal } = options;
  const client = redisClient({ host, port, clientName, signal, databaseIndex: databaseIndex(options) });

  const run = (text: string, write: WriteOptions, keys: readonly string[], args: readonly (string | number)[]) =>
    client.script(
      text,
      [write.fence?.key ?? "", write.journal?.added ?? "", write.journal?.removed ?? "", ...keys],
      [write.fence?.token ?? "", write.journal === undefined ? "" : "1", ...args],
    );
  const change = async (command: "SADD" | "SREM", entries: readonly Entry[], write: WriteOptions) => {
    if (entries.length === 0 && write.fence === undefined) return [];
    const numbers = new Map<string, number>();
    const pairs = entries.flatMap(([key, member]) => {
      const number = numbers.get(key) ?? numbers.size + 1;
      numbers.set(key, number);
      return [number, member];
    });
    const changed = String(await run(redisScripts.change, write, [...numbers.keys()], [command, ...pairs]));
    return entries.filter((_, i) => changed.charAt(i) === "1");
  };
  const scan = async (prefix: string): Promise<readonly string[]> => {
    const found = new Set<string>();
    const pattern = `${prefix.replace(/[*?[\]\\]/g, "\\$&")}*`;
    let cursor = "0";
    do {
      const reply = await client.call(["SCAN", cursor, "MATCH", pattern, "COUNT", scanCount]);
      const [next, keys] = reply as readonly [string, readonly string[]];
      for (const key of keys) found.add(key);
      cursor = String(next);
    } while (cursor !== "0");
    return [...found];
  };
  const distinct = (keys: readonly string[]): readonly string[] => [...new Set(keys)];

  return {
    name: "redis",
    add: (entries, write = {}) => change("SADD", entries, write),
    remove: (entries, write = {}) => change("SREM", entries, write),
    members: async (keys) => (await client.pipeline(keys.map((key) => ["SMEMBERS", key]))) as string[][],
    intersect: async (keys) =>
      keys.length === 0 ? [] : ((await client.call(["SINTER", ...distinct(keys)])) as string[]),
    keys: scan,
    setOnce: async (key, value, write = {}) => (await run(redisScripts.setOnce, write, [key], [value])) === 1,
    increment: async (key, by = 1, write = {}) => Number(await run(redisScripts.increment, write, [key], [by])),
    drop: async (keys, { fence } = {}) => void (await run(redisScripts.drop, { fence }, keys, [])),
    count: async (keys) => {
      const [first, ...others] = distinct(keys);
      if (first === undefined) return 0;
      if (others.length === 0) return Number(await client.call(["SCARD", first]));
      return Number(await client.call(["SINTERCARD", others.length + 1, first, ...others]));
    },
    sizes: async (keys) => (await client.pipeline(keys.map((key) => ["SCARD", key]))).map(Number),
    holders: async (prefix, members) => {
      const keys = await scan(prefix);
      const held = members.map((): string[] => []);
      for (let start = 0; start < members.length; start += membersPerCommand) {
        const part = members.slice(start, start + membersPerCommand);
        const replies = await client.pipeline(keys.map((key) => ["SMISMEMBER", key, ...part]));
        replies.forEach((reply, k) => {
          (reply as readonly number[]).forEach((isMember, m) => {
            const key = keys[k];
            if (isMember === 1 && key !== undefined) held[start + m]?.push(key);
          });
        });
      }
      return held;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

function databaseIndex({ recipeRunId, dbCount }: RedisInventoryOptions): number {
  if (Number.isSafeInteger(dbCount) && dbCount >= 2) return recipeRunId % (dbCount - 1);
  throw new FirstlightError(
    "SETTINGS_INVALID",
    `SCRATCH_INVENTORY_DB_COUNT is ${dbCount}; expected the number of databases that Redis has, at least 2.`,
    { disposition: "invalid" },
  );
}
