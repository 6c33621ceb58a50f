import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { type RedisInventoryOptions, redisInventory } from "../../src/scratch/drivers/redis.ts";
import type { Entry, InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { randomFrom } from "../fits/random.ts";
import { findProgram } from "../servers/debian.ts";
import { startRedis } from "../servers/redis.ts";
import type { TestServer } from "../servers/server.ts";
import { describeWithRedis } from "../servers/with-server.ts";

const run = 1;
const keys = ["A", "B", "C"].map((name) => `${run}:path:${name}`);
const [a = "", b = "", c = ""] = keys;
const path = (i: number): string => `/scratch/frame_${i}.fits`;
const sorted = (members: readonly string[] | undefined): readonly string[] => (members ?? []).toSorted();

/** A Redis whose words on the connection that listens, or on the other one, are held back on demand. */
interface HeldRedis {
  readonly port: number;
  hold(which?: "told" | "replies"): void;
  /** Resolves once so many messages are held. */
  held(count: number): Promise<void>;
  /** Resolves once the connection that listens has been told of a key since the holding began. */
  told(key: string): Promise<void>;
  /** The first ones, or all and whatever comes. */
  pass(count?: number): void;
}

async function heldRedis(url: string): Promise<HeldRedis> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  let held: { readonly which: "told" | "replies"; readonly chunks: Buffer[]; client?: Socket } | undefined;
  let listening: Socket | undefined;
  let told = "";
  const proxy = createServer((client) => {
    const redis = connect(Number(port), hostname);
    client.on("data", (chunk: Buffer) => {
      if (/\bsubscribe\b/i.test(chunk.toString("latin1"))) listening = client;
    });
    for (const socket of [client, redis]) sockets.push(socket.on("error", () => socket.destroy()));
    redis.on("data", (chunk: Buffer) => {
      if (client === listening) told += chunk.toString("latin1");
      if (held === undefined || (client === listening) !== (held.which === "told")) return void client.write(chunk);
      held.client = client;
      held.chunks.push(chunk);
    });
    client.pipe(redis).on("close", () => client.destroy());
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  return {
    port: (proxy.address() as AddressInfo).port,
    hold: (which = "told") => {
      held = { which, chunks: [] };
      told = "";
    },
    async held(count) {
      while ((held?.chunks.length ?? 0) < count) await setImmediate();
    },
    async told(key) {
      while (!told.includes(key)) await setImmediate();
    },
    pass(count) {
      // In one piece, as they come to a client that was busy.
      held?.client?.write(Buffer.concat(held.chunks.splice(0, count ?? held.chunks.length)));
      if (count === undefined) held = undefined;
    },
  };
}

// A server of its own: others' rights, limits and databases are not to be touched.
describeWithRedis("sets of Redis that are kept here", () => {
  let server: TestServer;
  let python: Redis;
  beforeAll(async () => {
    server = await startRedis(findProgram("redis-server") ?? "redis-server");
    python = new Redis(`${server.url}/${run}`);
  });
  afterAll(async () => {
    python.disconnect();
    await server[Symbol.asyncDispose]();
  });

  const open = async (options: Partial<RedisInventoryOptions> = {}) => {
    await python.flushdb();
    const port = Number(new URL(server.url).port);
    const driver = redisInventory({
      host: "127.0.0.1",
      port,
      recipeRunId: run,
      dbCount: 16,
      clientName: "ours",
      ...options,
    });
    onTestFinished(() => driver[Symbol.asyncDispose]());
    return driver;
  };
  /** Gives so many members to sets, of which the driver knows all then. */
  const give = (driver: InventoryDriver, from: number, to: number, sets: readonly string[] = keys) =>
    driver.exchange({
      entries: Array.from({ length: to - from }, (_, i) => i + from).flatMap((i) =>
        sets.map((key) => ({ entry: [key, path(i)] as const, to: true })),
      ),
      records: [],
    });
  const intersections = async (): Promise<number> => {
    const stats = await python.info("commandstats");
    return Number(/cmdstat_sinter:calls=(\d+)/.exec(stats)?.[1] ?? 0);
  };
  const connections = async (): Promise<readonly string[]> => {
    const all = String(await python.client("LIST")).split("\n");
    return all.filter((line) => line.includes("name=ours "));
  };
  const asked = async (work: () => Promise<unknown>): Promise<number> => {
    const before = await intersections();
    await work();
    return (await intersections()) - before;
  };

  test("what a driver wrote itself is answered here, and what came of others is asked for until it was read", async () => {
    const driver = await open();
    await give(driver, 0, 100);
    await give(driver, 100, 200, [a, b]);
    const shared = async (of: readonly string[], count: number): Promise<void> => {
      expect((await driver.intersect(of)).length).toBe(count);
    };
    expect(await asked(() => shared([a, b], 200))).toBe(0);
    expect(await asked(() => shared(keys, 100))).toBe(0);
    // Few entries, whose sets are known.
    await driver.exchange({ entries: [{ entry: [c, path(150)], to: true }], records: [] });
    expect(await asked(() => shared(keys, 101))).toBe(0);
    await driver.exchange({ entries: [{ entry: [c, path(150)], to: false }], records: [] });
    expect(await asked(() => shared(keys, 100))).toBe(1);
    await python.sadd(a, "/scratch/python.fits");
    expect(await asked(() => shared([a, b], 200))).toBe(1);
    for (let i = 0; i < 60; i += 1) await shared([a, b], 200);
    expect(await asked(() => shared([a, b], 200))).toBe(0);
    await python.sadd(b, "/scratch/python.fits");
    await shared([a, b], 201);
  });

  test("what another has written before a query is in its answer, thousands of times", async () => {
    const driver = await open();
    const sets = Array.from({ length: 40 }, (_, i) => `${run}:path:S${i}`);
    await give(driver, 0, 60, sets);
    const random = randomFrom(7);
    const below = (end: number): number => Math.floor(random() * end);
    const right = new Map(sets.map((key) => [key, new Set(Array.from({ length: 60 }, (_, i) => path(i)))]));
    const pairs = (count: number) => Array.from({ length: count }, () => [0, 1].map(() => sets[below(40)] ?? ""));
    const expected = (list: readonly string[]) =>
      sorted([...(right.get(list[0] ?? "") ?? [])].filter((member) => right.get(list[1] ?? "")?.has(member) === true));
    const fromServer = await asked(async () => {
      for (let i = 0; i < 1_200; i += 1) {
        const key = sets[below(40)] ?? "";
        const member = path(below(70));
        if (below(2) === 0) {
          await python.sadd(key, member);
          right.get(key)?.add(member);
        } else {
          await python.srem(key, member);
          right.get(key)?.delete(member);
        }
        // With the set that has just changed, and with others.
        const list = [key, sets[below(40)] ?? ""];
        expect(sorted(await driver.intersect(list))).toEqual(expected(list));
        if (i % 30 > 0) continue;
        const many = pairs(60);
        const found = await driver.selectAll?.(many.map((of) => ({ op: "all", of })));
        expect(found?.map(sorted)).toEqual(many.map(expected));
        const grown = sets[below(40)] ?? "";
        await give(driver, i + 100, i + 103, [grown]);
        for (const more of [100, 101, 102]) right.get(grown)?.add(path(i + more));
      }
    });
    // Of 1200 queries and some 2200 in bulk.
    expect(fromServer).toBeLessThan(3_000);
  });

  test("answers among writes of both are of one moment, and never older than what was done before the query", async () => {
    const driver = await open();
    const rival = python.duplicate();
    onTestFinished(() => rival.disconnect());
    await give(driver, 0, 60, [a, b]);
    // Each writes into both sets at once, ours after what it has seen done by the other.
    const theirs = { done: 0 };
    const ours = { done: 0, after: [] as number[] };
    let lists = 0;
    let isOver = false;
    const write = async (): Promise<void> => {
      for (let i = 0; i < 50; i += 1) {
        const next = queries + ((i * 7) % 40);
        while (queries < next && !isOver) await setImmediate();
        await rival.multi().sadd(a, `t${i}`).sadd(b, `t${i}`).exec();
        theirs.done += 1;
        if (i % 3 === 0) continue;
        ours.after.push(theirs.done);
        await driver.exchange({
          entries: [a, b].map((key) => ({ entry: [key, `o${ours.done}`] as const, to: true })),
          records: [],
        });
        ours.done += 1;
      }
    };
    let queries = 0;
    const ask = async (): Promise<void> => {
      while (!isOver) {
        const [before, own] = [theirs.done, ours.done];
        const asked = queries % 2 === 0 ? [[a, b]] : [[a, b], [a], [b]];
        const found = (await driver.selectAll?.(asked.map((of) => ({ op: "all" as const, of })))) ?? [];
        lists += asked.length;
        const members = new Set(found[0]);
        const count = (letter: string): number => [...members].filter((member) => member.startsWith(letter)).length;
        const [t, o] = [count("t"), count("o")];
        // A prefix of what each did, all of one moment: both sets have it.
        expect(t).toBeGreaterThanOrEqual(before);
        expect(o).toBeGreaterThanOrEqual(own);
        for (let i = 0; i < t; i += 1) expect(members.has(`t${i}`)).toBe(true);
        for (let i = 0; i < o; i += 1) expect(members.has(`o${i}`)).toBe(true);
        // What ours did last came after this of the other.
        expect(t).toBeGreaterThanOrEqual(ours.after[o - 1] ?? 0);
        queries += 1;
      }
    };
    const fromServer = await asked(async () => {
      const asking = Promise.all([ask(), ask()]).finally(() => {
        isOver = true;
      });
      await write().finally(() => {
        isOver = true;
      });
      await asking;
    });
    expect(fromServer).toBeLessThan(lists);
    expect(sorted(await driver.intersect([a, b]))).toEqual(sorted(await python.sinter(a, b)));
  });

  test("an answer that holds a write of this client holds what was done before that write, however late it is told", async () => {
    const proxy = await heldRedis(server.url);
    const driver = await open({ port: proxy.port });
    await give(driver, 0, 60, [a, b]);
    expect(await driver.intersect([a])).toHaveLength(60);
    proxy.hold();
    const answer = driver.intersect([a]);
    await proxy.held(1);
    // The query may begin before either, but not between them.
    await python.srem(a, path(1));
    await python.sadd(a, "/scratch/python.fits");
    await proxy.held(2);
    await driver.exchange({ entries: [{ entry: [a, "own"], to: true }], records: [] });
    await proxy.held(3);
    proxy.pass(2);
    const members = await answer;
    expect(members.includes("own") && members.includes(path(1))).toBe(false);
    proxy.pass();
  });

  test("a set that another writes to while it is read, and then this client in vain, is not known as it was", async () => {
    const proxy = await heldRedis(server.url);
    const driver = await open({ port: proxy.port });
    await give(driver, 0, 60, [b]);
    // Till its size is known.
    for (let i = 0; i < 2; i += 1) expect(await driver.intersect([a])).toEqual([]);
    // With that all is told that there was to tell.
    expect(await driver.intersect([b])).toHaveLength(60);
    proxy.hold("replies");
    const reading = driver.intersect([a]);
    await proxy.held(1);
    await python.sadd(a, "/scratch/python.fits");
    await proxy.told(a);
    // Meanwhile the driver reads it.
    for (let i = 0; i < 10; i += 1) await python.ping();
    const refused = driver.exchange({
      entries: Array.from({ length: 60 }, (_, i) => ({ entry: [a, path(i)] as const, to: true })),
      records: [{ key: `${run}:records`, field: "f", from: "another text", to: "text" }],
    });
    await proxy.held(2);
    proxy.pass();
    expect((await refused).isDone).toBe(false);
    expect(await reading).toEqual(["/scratch/python.fits"]);
    expect(await driver.intersect([a])).toEqual(["/scratch/python.fits"]);
  });

  test("who loses either connection knows nothing any more, and then anew", async () => {
    const driver = await open();
    for (let round = 0; round < 20; round += 1) {
      const sets = [`${a}${round}`, `${b}${round}`];
      await give(driver, 0, 60, sets);
      expect(await asked(() => driver.intersect(sets))).toBe(0);
      const lines = await connections();
      expect(lines).toHaveLength(2);
      // The one that listens, the one that asks, both.
      const isListening = (line: string): boolean => / sub=1 /.test(line);
      for (const line of lines.filter((line) => round % 3 === 2 || isListening(line) === (round % 3 === 0))) {
        await python.client("KILL", "ID", Number(/id=(\d+)/.exec(line)?.[1]));
      }
      await python.srem(sets[0] ?? "", path(3));
      expect(await driver.intersect(sets)).toHaveLength(59);
      await python.srem(sets[1] ?? "", path(5));
      expect(await driver.intersect(sets)).toHaveLength(58);
    }
  });

  test("a database that is emptied is empty here, too", async () => {
    const driver = await open();
    for (let round = 0; round < 10; round += 1) {
      await give(driver, 0, 60);
      expect(await driver.intersect([a, b])).toHaveLength(60);
      await (round % 2 === 0 ? python.flushdb() : python.flushall());
      expect(await driver.intersect([a, b])).toEqual([]);
      await python.sadd(a, "x");
      await python.sadd(b, "x");
      expect(await driver.intersect([a, b])).toEqual(["x"]);
      await python.del(keys);
    }
  });

  test("what a server without memory for it forgets to track is asked of it", async () => {
    const driver = await open();
    await python.config("SET", "tracking-table-max-keys", 2);
    onTestFinished(async () => void (await python.config("SET", "tracking-table-max-keys", 1_000_000)));
    for (let round = 0; round < 40; round += 1) {
      const sets = Array.from({ length: 6 }, (_, i) => `${run}:path:${round}-${i}`);
      await give(driver, 0, 60, sets);
      for (const key of sets) {
        await python.srem(key, path(1));
        await driver.members([key]);
      }
      expect(await driver.intersect(sets)).toHaveLength(59);
    }
  });

  test("sets that the server may end by itself are not kept", async () => {
    const driver = await open();
    const entries: Entry[] = Array.from({ length: 60 }, (_, i) => [a, path(i)]);
    await driver.add(entries);
    await python.expire(a, 1_000);
    for (let i = 0; i < 100; i += 1) await driver.intersect([a]);
    expect(await asked(() => driver.intersect([a]))).toBe(1);
    await python.persist(a);
    for (let i = 0; i < 100; i += 1) await driver.intersect([a]);
    expect(await asked(() => driver.intersect([a]))).toBe(0);
    await python.expire(a, 1_000);
    expect(await asked(() => driver.intersect([a]))).toBe(1);
  });

  test("one that forbids it is asked for everything, and that is told once", async () => {
    const lines: string[] = [];
    const driver = await open({ log: { ...silentLogger, debug: (line) => void lines.push(line) } });
    await python.call("ACL", "SETUSER", "default", "-client|tracking", "-client|caching");
    onTestFinished(async () => void (await python.call("ACL", "SETUSER", "default", "+@all")));
    for (let round = 0; round < 4; round += 1) {
      await give(driver, 60 * round, 60 * round + 60);
      expect(await asked(() => driver.intersect([a, b]))).toBe(1);
      await python.srem(a, path(60 * round));
      expect(await driver.intersect([a, b])).toHaveLength(59 * (round + 1));
      const found = await driver.selectAll?.(Array.from({ length: 60 }, () => ({ op: "all", of: [a, b] })));
      expect(found?.map((members) => members.length)).toEqual(Array.from({ length: 60 }, () => 59 * (round + 1)));
    }
    expect(lines.filter((line) => line.includes("tells no changes"))).toHaveLength(1);
    expect(await connections()).toHaveLength(1);
  });

  test("one that forbids it in the middle of everything is asked from then on", async () => {
    const driver = await open();
    await give(driver, 0, 60);
    expect(await asked(() => driver.intersect([a, b]))).toBe(0);
    onTestFinished(async () => void (await python.call("ACL", "SETUSER", "default", "+@all")));
    await python.call("ACL", "SETUSER", "default", "-client|caching");
    await give(driver, 60, 70);
    await python.srem(a, path(1));
    expect(await driver.intersect([a, b])).toHaveLength(69);
    const many = Array.from({ length: 60 }, (_, i) => ({ op: "all" as const, of: [a, b, `${run}:path:none${i}`] }));
    for (let round = 0; round < 20; round += 1) expect(await driver.selectAll?.(many)).toEqual(many.map(() => []));
    expect(await driver.intersect([a, b])).toHaveLength(69);
  });

  test("a second connection is made when it is worth it, and closed with the first", async () => {
    const driver = await open();
    await driver.add([[a, path(1)]]);
    await give(driver, 2, 3);
    await driver.intersect([a, b]);
    expect(await connections()).toHaveLength(1);
    await give(driver, 3, 100);
    expect(await connections()).toHaveLength(2);
    await driver[Symbol.asyncDispose]();
    while ((await connections()).length > 0) await setImmediate();
  });
});
