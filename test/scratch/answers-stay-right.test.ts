import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import type { Entry, InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { randomFrom } from "../fits/random.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import { freshRunId, redisAt } from "./each-inventory.ts";

const sorted = (members: readonly string[] | undefined): readonly string[] => (members ?? []).toSorted();

/** Who writes beside the drivers, as Python does: entries one by one, without fence and journal. */
type Beside = (kind: "add" | "remove", entries: readonly Entry[]) => Promise<void>;

/** Writes through two drivers and beside them, and asks either whether it knows. */
async function writeAndAsk(
  seed: number,
  run: number,
  drivers: readonly InventoryDriver[],
  beside?: Beside,
): Promise<void> {
  const random = randomFrom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const right = memoryInventory();
  const keys = Array.from({ length: 7 }, (_, i) => `${run}:path:${i}`);
  const logs = ["T", "U"].map((task) => `${run}:log:${task}`);
  const askable = [...keys, ...logs];
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const entries = (): readonly Entry[] => {
    const from = below(600);
    const step = below(3) + 1;
    return Array.from({ length: below(90) }, (_, i): Entry => [pick(keys), `/scratch/${from + i * step}.fits`]);
  };
  const plain = () => ({ op: "all" as const, of: Array.from({ length: below(3) + 1 }, () => pick(askable)) });
  for (let step = 0; step < 150; step += 1) {
    const driver = pick(drivers);
    const options = below(2) === 0 ? {} : { log: pick(logs) };
    const some = entries();
    const kind = pick([
      "add",
      "add",
      "add",
      "exchange",
      "exchange",
      "remove",
      "drop",
      "count",
      "back",
      "once",
      "beside",
      "ask",
      "ask",
    ] as const);
    if (kind === "add" || kind === "remove") {
      expect(await driver[kind](some)).toEqual(await right[kind](some));
    } else if (kind === "exchange") {
      const sides = [undefined, undefined, true, false];
      const once = new Map(some.map((entry) => [entry.join("\n"), { entry, from: pick(sides), to: pick(sides) }]));
      const few = [...once.values()].slice(0, below(4));
      const wanted = { entries: below(2) === 0 ? few : few.map((each) => ({ ...each, to: true })), records: [] };
      const [done, expected] = [await driver.exchange(wanted), await right.exchange(wanted)];
      expect(done.isDone).toBe(expected.isDone);
    } else if (kind === "drop") {
      const gone = [pick(askable)];
      await Promise.all([driver.drop(gone), right.drop(gone)]);
    } else if (kind === "count" || kind === "back") {
      const by = kind === "count" ? 2 : -1;
      const asked = [`${run}:counter`, by, options] as const;
      expect(await driver.increment(...asked)).toBe(await right.increment(...asked));
    } else if (kind === "once") {
      const asked = [pick(keys), "/scratch/once.fits", options] as const;
      expect(await driver.setOnce(...asked)).toBe(await right.setOnce(...asked));
    } else if (kind === "beside" && beside !== undefined) {
      const way = pick(["add", "remove"] as const);
      await Promise.all([beside(way, some), right[way](some)]);
    }
    const asker = pick(drivers);
    const of = plain().of;
    expect(sorted(await asker.intersect(of))).toEqual(sorted(await right.intersect(of)));
    if (kind !== "ask") continue;
    const many = Array.from({ length: 40 }, plain);
    const found = await asker.selectAll?.(many);
    for (const [i, { of }] of many.entries()) expect(sorted(found?.[i])).toEqual(sorted(await right.intersect(of)));
    const paths = some.map(([, path]) => path);
    const held = await asker.holders?.(`${run}:path:`, paths);
    expect(held?.map(sorted)).toEqual((await right.holders?.(`${run}:path:`, paths))?.map(sorted));
    expect(await asker.count?.({ op: "all", of })).toBe((await right.intersect(of)).length);
  }
}

async function sqliteFilePath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-answers-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "inventory.sqlite");
}

describe("on sqlite", () => {
  test.each([1, 2, 3, 4])("whoever wrote in between, answers are of the file as it is (%i)", async (seed) => {
    const path = await sqliteFilePath();
    await using one = sqliteInventory({ path });
    await using other = sqliteInventory({ path });
    await writeAndAsk(seed, 1, [one, other]);
  });

  test("alone, answers are of the file as it is", async () => {
    await using one = sqliteInventory({ path: await sqliteFilePath() });
    await writeAndAsk(5, 1, [one]);
  });

  test("a write that was refused or failed is in no answer", async () => {
    await using driver = sqliteInventory({ path: await sqliteFilePath() });
    await driver.add([
      ["A", "x"],
      ["B", "x"],
    ]);
    expect(await driver.intersect(["A", "B"])).toEqual(["x"]);
    await driver.increment("fence", 2);
    const stale = { fence: { key: "fence", token: 1 } };
    await expect(
      driver.add(
        [
          ["A", "y"],
          ["B", "y"],
        ],
        stale,
      ),
    ).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    expect(await driver.intersect(["A", "B"])).toEqual(["x"]);
    // A member that no database takes ends the write half way.
    const broken = [
      ["A", "z"],
      ["B", "z"],
      ["A", Symbol("none")],
    ] as unknown as Entry[];
    await expect(driver.add(broken)).rejects.toThrow();
    expect(await driver.intersect(["A", "B"])).toEqual(["x"]);
    expect(await driver.selectAll?.([{ op: "all", of: ["A", "B"] }])).toEqual([["x"]]);
  });

  test("writes made together, and questions among them, leave the answers right", async () => {
    await using driver = sqliteInventory({ path: await sqliteFilePath() });
    const members = Array.from({ length: 30 }, (_, i) => `/scratch/${i}.fits`);
    const found = await Promise.all(
      members.flatMap((member) => [
        driver.add([
          ["A", member],
          ["B", member],
        ]),
        driver.intersect(["A", "B"]),
      ]),
    );
    expect(found.at(-1)).toHaveLength(30);
    expect(sorted(await driver.intersect(["A", "B"]))).toEqual(members.toSorted());
  });
});

describeWithRedis("on redis", (url) => {
  test.each([1, 2])("whoever wrote in between, answers are of the server as it is (%i)", async (seed) => {
    const run = freshRunId();
    const python = new Redis(`${url}/${run % 15}`);
    onTestFinished(async () => {
      const keys = await python.keys(`${run}:*`);
      if (keys.length > 0) await python.del(keys);
      python.disconnect();
    });
    await using one = redisAt(url, run);
    await using other = redisAt(url, run);
    await writeAndAsk(seed, run, [one, other], async (kind, entries) => {
      for (const [key, member] of entries) await (kind === "add" ? python.sadd(key, member) : python.srem(key, member));
    });
  });
});
