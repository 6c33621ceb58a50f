import { randomUUID } from "node:crypto";
import { FirstlightError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { requireHost } from "../../core/server-url.ts";
import type { Entry, Exchange, Exchanged, InventoryDriver, LogOptions, WriteOptions } from "../inventory-driver.ts";
import { plainKeys, type SetExpression } from "../set-expression.ts";
import { type Command, redisClient } from "./redis-client.ts";
import { redisHolders } from "./redis-holders.ts";
import { redisKnown } from "./redis-known.ts";
import { redisScripts } from "./redis-scripts.ts";
import { redisTracking } from "./redis-tracking.ts";

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
  /** Is told where the server tells of no changes, so that no sets are kept here. */
  readonly log?: Logger | undefined;
}

/** A write of so many entries is worth learning the sets that it begins. */
const manyEntries = 50;
const scanCount = 5_000;
const fieldsPerCommand = 1_000;

/**
 * An inventory in Redis (7 or later), which Python tasks and tasks on other machines share: database
 * `recipeRunId % (dbCount - 1)`, keys `{recipeRunId}:{namespace}:{name}`.
 */
export function redisInventory(options: RedisInventoryOptions): InventoryDriver {
  requireHost("host (automated-processing-scratch-inventory in MESH_CONFIG)", options.host);
  const { host, port, clientName, signal, log } = options;
  const address = { host, port, clientName, signal, databaseIndex: databaseIndex(options) };
  const client = redisClient(address, () => known.clientLost());
  const ownKeys = `${options.recipeRunId}:firstlight_query:`;
  const known = redisKnown(client, (hearing) => redisTracking({ address, client, hearing, temporary: ownKeys, log }));

  const replyKey = `firstlight_reply:${randomUUID()}`;
  let calls = 0;

  const run = (
    text: string,
    write: LogOptions,
    keys: readonly string[],
    args: readonly (string | number)[],
    isTracked = false,
  ) => {
    const { fence, log } = write;
    calls += 1;
    return client.script(
      text,
      [fence?.key ?? "", log ?? "", replyKey, ...keys],
      [fence?.token ?? "", log === undefined ? "" : "1", calls, ...args],
      isTracked,
    );
  };
  const change = async (command: "SADD" | "SREM", entries: readonly Entry[], write: WriteOptions) => {
    if (entries.length === 0 && write.fence === undefined) return [];
    const { order, numbers, keys } = setBySet(entries);
    const args: (string | number)[] = [command];
    for (const [place, at] of order.entries()) args.push(numbers[place] ?? 0, entries[at]?.[1] ?? "");
    const told = toldBy(String(await run(redisScripts.change, write, keys, args)), order);
    return entries.filter((_, at) => told[at]);
  };
  const exchange = async ({ entries, records }: Exchange, write: WriteOptions): Promise<Exchanged> => {
    const { order, numbers, keys } = setBySet(entries.map(({ entry }) => entry));
    const recordKeys = distinct(records.map(({ key }) => key));
    const isMany = entries.length >= manyEntries;
    const shrinking = new Set(entries.flatMap(({ entry: [key], to }) => (to === false ? [key] : [])));
    const growing = keys.filter((key) => !shrinking.has(key));
    if (isMany && growing.length > 0) await known.begin();
    const learning = known.learning(growing, isMany);
    const numberOf = new Map(keys.map((key, i) => [key, i + 1]));
    const args: (string | number)[] = [records.length, learning.keys.length];
    for (const key of learning.keys) args.push(numberOf.get(key) ?? 0);
    for (const { key, field, from, to } of records) {
      const number = keys.length + recordKeys.indexOf(key) + 1;
      args.push(number, field, from === undefined ? 0 : 1, from ?? "", to === undefined ? 0 : 1, to ?? "");
    }
    for (const [place, at] of order.entries()) {
      const change = entries[at];
      args.push(numbers[place] ?? 0, digitOf(change?.from), digitOf(change?.to), change?.entry[1] ?? "");
    }
    let isDone = false;
    try {
      const reply = await run(redisScripts.exchange, write, [...keys, ...recordKeys], args, learning.keys.length > 0);
      const [digits = "", ...sizes] = String(reply).split(" ");
      const told = toldBy(digits.slice(1), order);
      const marked: Entry[] = [];
      for (const [at, { entry }] of entries.entries()) if (told[at] === true) marked.push(entry);
      if (!digits.startsWith("y")) return { isDone: false, unexpected: marked };
      isDone = true;
      if (learning.keys.length > 0) learning.done(sizes.map(Number), membersByKey(marked));
      return { isDone: true, changed: marked };
    } finally {
      if (!isDone) learning.failed();
    }
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
  /** What the server does for an expression; the last reply but those of the cleaning up is the answer. */
  const answer = async (expression: SetExpression, wanted: "members" | "count"): Promise<unknown> => {
    const prefix = `${ownKeys}${randomUUID()}:`;
    const temporary: string[] = [];
    const commands: Command[] = [];
    const place = (part: SetExpression): string => {
      if (typeof part === "string") return part;
      const to = `${prefix}${temporary.length}`;
      temporary.push(to);
      const keys = keysOf(part);
      // Of no parts nothing is stored, and what is not there is an empty set.
      if (keys.length > 0) commands.push([`${commandOf[part.op]}STORE`, to, ...keys]);
      return to;
    };
    const keysOf = (part: Exclude<SetExpression, string>): readonly string[] => {
      const keys = distinct(part.of.map(place));
      return part.op === "except" ? [place(part.from), ...keys] : keys;
    };
    if (wanted === "count") commands.push(["SCARD", place(expression)]);
    else if (typeof expression === "string") commands.push(["SMEMBERS", expression]);
    else {
      const keys = keysOf(expression);
      if (keys.length === 0) return [];
      commands.push([commandOf[expression.op], ...keys]);
    }
    const at = commands.length - 1;
    if (temporary.length === 0) return (await client.pipeline(commands))[at];
    return (await client.transaction([...commands, ["UNLINK", ...temporary]]))[at];
  };

  return {
    name: "redis",
    isRemote: true,
    add: (entries, write = {}) => change("SADD", entries, write),
    remove: (entries, write = {}) => change("SREM", entries, write),
    records: async (key, fields) => {
      const found: (string | undefined)[] = [];
      for (let start = 0; start < fields.length; start += fieldsPerCommand) {
        const reply = await client.call(["HMGET", key, ...fields.slice(start, start + fieldsPerCommand)]);
        for (const text of reply as readonly (string | null)[]) found.push(text ?? undefined);
      }
      return found;
    },
    fields: async (key) => (await client.call(["HKEYS", key])) as string[],
    exchange: (all, write = {}) => exchange(all, write),
    members: async (keys) => (await client.pipeline(keys.map((key) => ["SMEMBERS", key]))) as string[][],
    intersect: async (keys) => (keys.length === 0 ? [] : ((await known.intersectAll([distinct(keys)]))[0] ?? [])),
    keys: scan,
    setOnce: async (key, value, write = {}) => (await run(redisScripts.setOnce, write, [key], [value])) === "1",
    increment: async (key, by = 1, write = {}) =>
      Number(await run(redisScripts.increment, write, [key], [by, write.expected ?? ""])),
    drop: async (keys, { fence } = {}) => void (await run(redisScripts.drop, { fence }, keys, [])),
    select: async (expression) => (await answer(expression, "members")) as string[],
    selectAll: async (expressions) => {
      // What many ask alike is asked once.
      const plain = expressions.map((expression) => distinct(plainKeys(expression) ?? []).toSorted());
      const names = plain.map((keys) => keys.join("\n"));
      const asked = new Map(plain.flatMap((keys, i) => (keys.length > 0 ? [[names[i] ?? "", keys]] : [])));
      const replies = asked.size === 0 ? [] : await known.intersectAll([...asked.values()]);
      const shared = new Map([...asked.keys()].map((name, i) => [name, replies[i] ?? []]));
      const members = async (expression: SetExpression) => (await answer(expression, "members")) as readonly string[];
      return Promise.all(expressions.map((expression, i) => shared.get(names[i] ?? "") ?? members(expression)));
    },
    count: async (expression) => {
      const keys = distinct(plainKeys(expression) ?? []);
      if (keys.length > 1) return Number(await client.call(["SINTERCARD", keys.length, ...keys]));
      return Number(await answer(keys[0] ?? expression, "count"));
    },
    sizes: async (keys) => (await client.pipeline(keys.map((key) => ["SCARD", key]))).map(Number),
    holders: async (prefix, members) => redisHolders(client, await scan(prefix), members, ownKeys + randomUUID()),
    [Symbol.asyncDispose]() {
      known.close();
      return client.close();
    },
  };
}

const commandOf = { all: "SINTER", any: "SUNION", except: "SDIFF" } as const;

/**
 * The places of entries, set by set, and for each the number of its key, from 1: what comes together lies together in the server's memory,
 * and is gone through faster ever after.
 */
function setBySet(entries: readonly Entry[]) {
  const sets = new Map<string, number[]>();
  for (const [at, [key]] of entries.entries()) {
    const there = sets.get(key);
    if (there === undefined) sets.set(key, [at]);
    else there.push(at);
  }
  const [order, numbers]: [number[], number[]] = [[], []];
  let number = 0;
  for (const places of sets.values()) {
    number += 1;
    for (const at of places) {
      order.push(at);
      numbers.push(number);
    }
  }
  return { order, numbers, keys: [...sets.keys()] };
}

/** Of entries in this order the script tells something, a digit for each. */
function toldBy(digits: string, order: readonly number[]): readonly boolean[] {
  const told = new Array<boolean>(order.length).fill(false);
  for (const [place, at] of order.entries()) told[at] = digits.charCodeAt(place) === one;
  return told;
}

const one = "1".charCodeAt(0);

function membersByKey(entries: readonly Entry[]): ReadonlyMap<string, readonly string[]> {
  const byKey = new Map<string, string[]>();
  for (const [key, member] of entries) {
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [member]);
    else members.push(member);
  }
  return byKey;
}

function digitOf(isThere: boolean | undefined): number {
  return isThere === undefined ? 2 : Number(isThere);
}

function distinct(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)];
}

function databaseIndex({ recipeRunId, dbCount }: RedisInventoryOptions): number {
  if (Number.isSafeInteger(dbCount) && dbCount >= 2) return recipeRunId % (dbCount - 1);
  throw new FirstlightError(
    "SETTINGS_INVALID",
    `SCRATCH_INVENTORY_DB_COUNT is ${dbCount}; expected the number of databases that Redis has, at least 2.`,
    { disposition: "invalid" },
  );
}
