import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { redisInventory } from "../../src/scratch/drivers/redis.ts";
import type { Entry } from "../../src/scratch/inventory-driver.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import { bytes, freshRunId, redisAt, testRun } from "./each-inventory.ts";
import { watchedRedis } from "./round-trips.ts";

const base = { recipeRunId: 5, dbCount: 16, clientName: "test" };

/** A WeakRef keeps what it refers to until the turn in which it was made or read has ended. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  await setImmediate();
  runInNewContext("gc")();
}

describeWithRedis("redis", (url) => {
  const raw = (db: number): Redis => {
    const redis = new Redis(`${url}/${db}`);
    onTestFinished(() => redis.disconnect());
    return redis;
  };

  test("the layout is that of the Python stack", async () => {
    const id = freshRunId();
    const run = await testRun((n) => redisAt(url, n), id);
    await using scratch = await run.open("ParseL0");
    await scratch.write(bytes("1"), ["INPUT", "EXP_TIME_10.0"], { relativePath: "a.fits" });
    await scratch.write(bytes("2"), ["INPUT"]);
    await scratch.constants.set("NUM_MODSTATES", 8);
    const redis = raw(id % 15);
    const a = `${run.folder}/a.fits`;
    expect(await redis.smembers(`${id}:path:EXP_TIME_10.0`)).toEqual([a]);
    expect((await redis.smembers(`${id}:path:INPUT`)).toSorted()).toEqual([`${run.folder}/INPUT_1.dat`, a].toSorted());
    expect(await redis.get(`${id}:counter:INPUT`)).toBe("1");
    expect(await redis.smembers(`${id}:constant:NUM_MODSTATES`)).toEqual(["8"]);
    expect(await redis.smembers(`${id}:constants_audit:SET_ParseL0`)).toEqual(["NUM_MODSTATES"]);
    expect((await redis.smembers(`${id}:scratch_audit:TAG_ParseL0`)).toSorted()).toEqual(["EXP_TIME_10.0", "INPUT"]);
    expect((await redis.smembers(`${id}:scratch_audit:WRITE_ParseL0`)).length).toBe(2);
    const own = (await redis.keys(`${id}:*`)).filter(
      (key) => !/:(path|counter|constant|constants_audit|scratch_audit):/.test(key),
    );
    expect(own.filter((key) => !key.startsWith(`${id}:firstlight_`))).toEqual([]);
  });

  test("the tags of any number of paths take one scan and one batch", async () => {
    const id = freshRunId();
    const watched = await watchedRedis(url);
    const run = await testRun((n) => redisAt(watched.url, n), id);
    await using scratch = await run.open("ParseL0");
    const paths = Array.from({ length: 300 }, (_, i) => `${run.folder}/${i}.fits`);
    const tagged = ["INPUT", "FRAME", "TASK_DARK"];
    await run.driver.add(paths.flatMap((path) => tagged.map((tag): Entry => [`${id}:path:${tag}`, path])));
    for (const asked of [paths, paths.slice(0, 1)]) {
      watched.take();
      const tags = await scratch.tagsOfAll(asked);
      expect(tags).toEqual(asked.map(() => ["FRAME", "INPUT", "TASK_DARK"]));
      const batches = watched.take();
      // A cursor that goes on is the same scan; the keys of other runs in this database may need that.
      const [pipeline, ...scan] = batches.toReversed();
      const compared = ["MULTI", "SADD", "SINTER", "SINTER", "SINTER", "UNLINK", "EXEC"];
      expect(pipeline).toEqual(asked.length > 1 ? compared : ["SMISMEMBER", "SMISMEMBER", "SMISMEMBER"]);
      expect(await raw(id % 15).keys(`${id}:firstlight_query:*`)).toEqual([]);
      expect(scan.every((batch) => batch.length === 1 && batch[0]?.startsWith("SCAN "))).toBe(true);
      expect(scan.filter(([command]) => command === "SCAN 0")).toHaveLength(1);
    }
  });

  test("the answers of a long life are not kept", async () => {
    const id = freshRunId();
    const { driver } = await testRun((n) => redisAt(url, n), id);
    await driver.add([[`${id}:path:A`, "x".repeat(10_000)]]);
    const answers: WeakRef<readonly string[]>[] = [];
    for (let i = 0; i < 200; i += 1) answers.push(new WeakRef(await driver.intersect([`${id}:path:A`])));
    await collectGarbage();
    expect(answers.filter((answer) => answer.deref() !== undefined).length).toBeLessThan(20);
  });

  test("a connection that the server cut is made again", async () => {
    const id = freshRunId();
    const run = await testRun((n) => redisAt(url, n), id);
    await run.driver.add([[`${id}:path:A`, "x"]]);
    const redis = raw(0);
    const name = "test_scratch";
    const clients = String(await redis.client("LIST"))
      .split("\n")
      .filter((line) => line.includes(`name=${name}`));
    for (const line of clients) await redis.client("KILL", "ID", Number(/id=(\d+)/.exec(line)?.[1]));
    expect(clients.length).toBeGreaterThan(0);
    expect(await run.driver.members([`${id}:path:A`])).toEqual([["x"]]);
  });

  test("a write whose reply was lost is done once, and says what it did", async () => {
    const id = freshRunId();
    const watched = await watchedRedis(url);
    const { driver } = await testRun((n) => redisAt(watched.url, n), id);
    const log = `${id}:log`;
    const lost = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      watched.loseNextReply();
      return work();
    };
    expect(await driver.increment(`${id}:counter:A`, 1, { log })).toBe(1);
    expect(await lost(() => driver.increment(`${id}:counter:A`, 1, { log }))).toBe(2);
    expect(await Promise.all([1, 2, 3].map(() => driver.increment(`${id}:counter:A`, 1, { log })))).toEqual([3, 4, 5]);
    expect(await lost(() => driver.increment(`${id}:counter:A`, 0))).toBe(5);
    const fence = { key: `${id}:counter:F`, token: 1 };
    await driver.increment(fence.key);
    // The step that raises a fence finds it raised already.
    expect(await lost(() => driver.increment(fence.key, 1, { fence }))).toBe(2);

    await driver.add([[`${id}:path:A`, "x"]]);
    const [x, y] = [
      [`${id}:path:A`, "x"],
      [`${id}:path:A`, "y"],
    ] as const;
    expect(await lost(() => driver.add([x, y]))).toEqual([y]);
    expect(await lost(() => driver.remove([x]))).toEqual([x]);
    expect(await lost(() => driver.setOnce(`${id}:constant:C`, "1"))).toBe(true);
    expect(await lost(() => driver.setOnce(`${id}:constant:C`, "1"))).toBe(false);
    const exchange = {
      entries: [{ entry: x, from: false, to: true }],
      records: [{ key: `${id}:records`, field: "f", from: undefined, to: "1" }],
    };
    expect(await lost(() => driver.exchange(exchange))).toEqual({ isDone: true, changed: [x] });
    expect(await lost(() => driver.exchange(exchange))).toEqual({ isDone: false, unexpected: [x] });
    expect(await driver.members([`${id}:path:A`, log])).toEqual([
      expect.arrayContaining(["x", "y"]),
      expect.arrayContaining([1, 2, 3, 4, 5].map((n) => `${id}:counter:A\n${n}`)),
    ]);
  });

  test("what Redis refuses is told as it is", async () => {
    const id = freshRunId();
    const run = await testRun((n) => redisAt(url, n), id);
    await run.driver.increment(`${id}:counter:A`);
    await expect(run.driver.members([`${id}:counter:A`])).rejects.toMatchObject({
      code: "INVENTORY_REFUSED",
      message: expect.stringContaining("WRONGTYPE"),
    });
  });
});

test("a Redis that is not there is named with its address and the setting", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  await using driver = redisInventory({ ...base, host: "127.0.0.1", port });
  await expect(driver.keys("")).rejects.toMatchObject({
    code: "INVENTORY_UNREACHABLE",
    disposition: "retry",
    message: expect.stringMatching(new RegExp(`127.0.0.1:${port} .*ECONNREFUSED.*MESH_CONFIG`)),
  });
});

test("a signal ends the wait for a Redis that takes the connection and says nothing", async () => {
  const stop = new AbortController();
  const reason = new Error("that is enough");
  const silent = createServer((socket) => {
    socket.on("error", () => {}).once("data", () => stop.abort(reason));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  await using driver = redisInventory({ ...base, host: "127.0.0.1", port, signal: stop.signal });
  await expect(driver.keys("")).rejects.toBe(reason);
  await expect(driver.keys("")).rejects.toBe(reason);
});

test("a signal ends the wait between two tries to connect to Redis", async () => {
  const stop = new AbortController();
  const reason = new Error("that is enough");
  const cutting = createServer((socket) => void socket.destroy()).listen(0, "127.0.0.1");
  onTestFinished(() => void cutting.close());
  await once(cutting, "listening");
  const { port } = cutting.address() as AddressInfo;
  await using driver = redisInventory({ ...base, host: "127.0.0.1", port, signal: stop.signal });
  // The client goes on trying after this.
  await expect(driver.keys("")).rejects.toMatchObject({ code: "INVENTORY_UNREACHABLE" });
  const waiting = driver.keys("");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

test("a count of databases that leaves none is refused", () => {
  expect(() => redisInventory({ ...base, host: "127.0.0.1", port: 6379, dbCount: 1 })).toThrow(
    expect.objectContaining({
      code: "SETTINGS_INVALID",
      message: expect.stringContaining("SCRATCH_INVENTORY_DB_COUNT"),
    }),
  );
});
