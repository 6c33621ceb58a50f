import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import type { Entry, InventoryDriver } from "../../src/scratch/inventory-driver.ts";

let folder: string;
let driver: InventoryDriver;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-intersect-"));
  driver = sqliteInventory({ path: join(folder, "inventory.sqlite") });
});
afterEach(async () => {
  await driver[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const member = (i: number): string => (i % 1_000 === 1 ? `a line\n${i}` : `/scratch/frame_${i}.fits`);

test("many queries find what one by one do, over sets whose members lie close together and far apart", async () => {
  const count = 6_000;
  const all = Array.from({ length: count }, (_, i) => i);
  const sets: Readonly<Record<string, readonly number[]>> = {
    all,
    even: all.filter((i) => i % 2 === 0),
    thirds: all.filter((i) => i % 3 === 0),
    // Two members whose ids are thousands apart: no bits are kept for what lies between.
    ends: [0, count - 1],
    middle: [2_999, 3_000],
    last: [count - 1],
  };
  for (const [key, members] of Object.entries(sets)) {
    await driver.add(members.map((i): Entry => [key, member(i)]));
  }
  const names = Object.keys(sets);
  const queries = names.flatMap((a) => names.flatMap((b) => names.map((c) => [a, b, c])));
  const found = await driver.selectAll?.(queries.map((of) => ({ op: "all", of })));
  const has = Object.fromEntries(names.map((key) => [key, new Set(sets[key])]));
  const wanted = queries.map((of) => all.filter((i) => of.every((key) => has[key]!.has(i))).map(member));
  expect(found?.map((members) => members.toSorted())).toEqual(wanted.map((members) => members.toSorted()));
  const [first = []] = queries;
  expect(found?.[0]?.toSorted()).toEqual((await driver.intersect(first)).toSorted());
});
