import fc from "fast-check";
import { expect, test } from "vitest";
import { inventoryOf } from "../../src/scratch/inventory.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { stemOf } from "../../src/scratch/stem-name.ts";
import { allOf, anyOf, noneOf, type TagQuery, withStem } from "../../src/scratch/tag-query.ts";
import { eachInventory } from "./each-inventory.ts";

const tags = ["INPUT", "INPUT_DATASET_X", "TASK_DARK", "TASK_GAIN", "QUALITY_TASK_DARK", "MAP_1", "MAP_SCAN_1"];
const ownStems = ["MAP", "MAP_SCAN"] as const;
const stems = ["INPUT", "TASK", "QUALITY", "QUALITY_TASK", ...ownStems] as const;

const { query: anyQuery } = fc.letrec<{ query: TagQuery }>((tie) => {
  const parts = fc.array(tie("query"), { minLength: 1, maxLength: 3 });
  return {
    query: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...tags, "MISSING"),
      fc.constantFrom(...stems).map((stem) => withStem(stem, ownStems)),
      parts.map((of) => anyOf(...of)),
      parts.map((of) => noneOf(...of)),
      parts.map((of) => allOf(...of)),
      parts,
    ),
  };
});

/** Whether a file with these tags is to be found, by the definition of each part. */
function isFound(query: TagQuery, carried: readonly string[]): boolean {
  if (typeof query === "string") return carried.includes(query);
  if (!("match" in query)) return query.every((part) => isFound(part, carried));
  if (query.match === "stem") return carried.some((tag) => stemOf(tag, query.own) === query.stem);
  if (query.match === "any") return query.of.some((part) => isFound(part, carried));
  const isIn = query.match === "all";
  return query.of.every((part) => isFound(part, carried) === isIn);
}

/** What somebody's own driver has who wrote only what is required. */
function withoutOptions(driver: InventoryDriver): InventoryDriver {
  const { name, add, remove, members, intersect, keys, setOnce, increment, drop, records, fields, exchange } = driver;
  const close = async () => driver[Symbol.asyncDispose]();
  const required = { name, add, remove, members, intersect, keys, setOnce, increment, drop, records, fields, exchange };
  return { ...required, [Symbol.asyncDispose]: close };
}

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  test("any query finds, and counts, the files for which it holds, with the driver's help or without", async () => {
    const { driver, recipeRunId } = await makeRun();
    const files = fc.sample(fc.subarray(tags, { minLength: 1 }), { numRuns: 40, seed: 7 });
    const inventories = [driver, withoutOptions(driver)].map((one) => inventoryOf(one, recipeRunId, "Asks", undefined));
    const [inventory] = inventories;
    const keyOf = (tag: string): string => `${inventory?.keys.path}${tag}`;
    await driver.add(files.flatMap((carried, i) => carried.map((tag) => [keyOf(tag), `/file ${i}`] as const)));
    const asked: TagQuery[] = [];
    await fc.assert(
      fc.asyncProperty(anyQuery, async (query) => {
        const expected = files.flatMap((carried, i) => (isFound(query, carried) ? [`/file ${i}`] : [])).sort();
        for (const one of inventories) {
          expect([...(await one.find(query))].sort()).toEqual(expected);
          expect(await one.count(query)).toBe(expected.length);
        }
        asked.push(query);
      }),
      { numRuns: 300, seed: 1 },
    );
    const expected = asked.map((query) =>
      files.flatMap((carried, i) => (isFound(query, carried) ? [`/file ${i}`] : [])),
    );
    for (const one of inventories) {
      // All at once, and so few that sets need not be read whole.
      for (const queries of [asked, [], ...asked.slice(0, 20).map((query) => [query])]) {
        const found = await one.findAll(queries);
        expect(found.map((paths) => paths.toSorted())).toEqual(
          queries.map((query) => expected[asked.indexOf(query)]?.toSorted()),
        );
      }
    }
    expect((await driver.keys(`${recipeRunId}:firstlight_query`)).length).toBe(0);
  });
});
