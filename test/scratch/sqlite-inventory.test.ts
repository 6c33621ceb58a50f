import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import { raiseFence } from "../../src/scratch/fence.ts";
import { bytes, testRun } from "./each-inventory.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures/scratch", name);
const source = "--conditions=firstlight-source";

describe("the file of an inventory", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "firstlight-inventory-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("of many entries, those that were there, and those that come twice, are not told as new", async () => {
    await using inventory = sqliteInventory({ path: join(folder, "inventory.sqlite") });
    const entries = Array.from({ length: 300 }, (_, i): [string, string] => [`7:tag${i % 3}`, `file${i}`]);
    const there = entries.filter((_, i) => i >= 100 && i % 2 === 0);
    expect(await inventory.add(there)).toEqual(there);
    const twice = [...entries, ...entries.slice(0, 70)];
    expect(await inventory.add(twice)).toEqual(entries.filter((entry) => !there.includes(entry)));
    expect(await inventory.add(twice)).toEqual([]);
    expect(await inventory.sizes?.(["7:tag0", "7:tag1", "7:tag2"])).toEqual([100, 100, 100]);
    expect(await inventory.remove(twice)).toEqual(entries);
    expect(await inventory.sizes?.(["7:tag0", "7:tag1", "7:tag2"])).toEqual([0, 0, 0]);
  });

  test("may be written by several processes at once", async () => {
    const path = join(folder, "inventory.sqlite");
    const count = 150;
    await Promise.all(
      ["a", "b", "c"].map((name) =>
        promisify(execFile)(process.execPath, [source, fixture("add-entries.ts"), path, "7", name, String(count)]),
      ),
    );
    await using driver = sqliteInventory({ path });
    expect(await driver.sizes?.(["7:path:ALL", "7:path:SHARED"])).toEqual([3 * count, count]);
    expect((await driver.members(["7:path:ALL"]))[0]?.length).toBe(3 * count);
    expect(await driver.increment("7:counter:ALL", 0)).toBe(3 * count);
    expect((await driver.members(await driver.keys("7:constant:"))).map((values) => values.length)).toEqual(
      Array.from({ length: count }, () => 1),
    );
  });

  test("keeps no member that no set holds any more, and every other", async () => {
    const path = join(folder, "inventory.sqlite");
    await using driver = sqliteInventory({ path });
    await driver.add([
      ["1:path:A", "both"],
      ["1:path:B", "both"],
      ["1:path:A", "of A"],
      ["1:path:B", "of B"],
      ["1:path:B", "removed"],
    ]);
    await driver.remove([["1:path:B", "removed"]]);
    await driver.drop(["1:path:A", "1:path:never"]);
    using file = new DatabaseSync(path, { readOnly: true });
    const members = file.prepare("SELECT member FROM members ORDER BY member").all();
    expect(members.map(({ member }) => member)).toEqual(["both", "of B"]);
    expect(await driver.members(["1:path:A", "1:path:B"])).toEqual([[], expect.arrayContaining(["both", "of B"])]);
  });

  test("keeps nothing of what is gone: no key, no member and no record", async () => {
    const path = join(folder, "inventory.sqlite");
    await using driver = sqliteInventory({ path });
    const record = (from: string | undefined, to: string | undefined) => ({ key: "1:records", field: "f", from, to });
    const entry = ["1:path:A", "x"] as const;
    await driver.exchange({ entries: [{ entry, to: true }], records: [record(undefined, "1")] });
    await driver.exchange({ entries: [{ entry, from: false, to: true }], records: [record("1", "2")] });
    await driver.exchange({ entries: [{ entry: ["1:path:B", "y"], from: true }], records: [record("1", "2")] });
    expect(await driver.records("1:records", ["f", "g"])).toEqual(["1", undefined]);
    await driver.exchange({ entries: [{ entry, to: false }], records: [record("1", undefined)] });
    await driver.exchange({ entries: [], records: [record(undefined, "1")] });
    await driver.setOnce("1:constant:C", "1", { log: "1:log" });
    await driver.drop(await driver.keys("1:"));
    using file = new DatabaseSync(path, { readOnly: true });
    for (const table of ["keys", "members", "entries", "records"]) {
      expect(file.prepare(`SELECT * FROM ${table}`).all(), table).toEqual([]);
    }
  });

  test("is made with its folders, with a write-ahead log", async () => {
    const path = join(folder, "deep/er/inventory.sqlite");
    await using driver = sqliteInventory({ path });
    await driver.add([["1:path:A", "x"]]);
    expect(await readdir(join(folder, "deep/er"))).toContain("inventory.sqlite-wal");
  });
});

describe("kill -9", () => {
  test("a task that is killed anywhere is undone by the next attempt", async () => {
    const run = await testRun((_, basePath) => sqliteInventory({ path: join(basePath, "inventory.sqlite") }));
    {
      await using other = await run.open("Other");
      for (const name of ["keep", "old", "gone"]) await other.write(bytes(name), ["SHARED"], { relativePath: name });
      await other.constants.set("KEPT", 1);
    }
    const [facts, files] = [await run.facts(), await run.files()];
    for (let kill = 0; kill < 7; kill += 1) {
      const token = await raiseFence(run.driver, run.recipeRunId, "Killed");
      const child = spawn(
        process.execPath,
        [
          source,
          fixture("write-for-ever.ts"),
          run.basePath,
          String(run.recipeRunId),
          String(token),
          join(run.basePath, "inventory.sqlite"),
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = once(child, "exit");
      // A round has seven steps: each kill comes after another one of them, and in the next round.
      const lastStep = 1 + 8 * kill;
      for await (const line of createInterface({ input: child.stdout })) if (Number(line) >= lastStep) break;
      child.kill("SIGKILL");
      await ended;
      const scratch = await run.open("Killed", await raiseFence(run.driver, run.recipeRunId, "Killed"));
      expect(await scratch.count("INPUT")).toBeGreaterThan(0);
      await scratch.rollback();
      await scratch[Symbol.asyncDispose]();
      expect(await run.facts()).toEqual(facts);
      expect(await run.files()).toEqual(files);
      expect(await readFile(join(run.folder, "old"), "utf8")).toBe("old");
    }
  }, 120_000);
});
