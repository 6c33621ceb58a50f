import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { MetadataStore, RecipeRunRegistration } from "../../src/services/metadata-store.ts";
import { busConformance } from "../../src/testing/conformance/bus-conformance.ts";
import { inventoryConformance } from "../../src/testing/conformance/inventory-conformance.ts";
import { metadataStoreConformance } from "../../src/testing/conformance/metadata-store-conformance.ts";
import { objectStoreConformance } from "../../src/testing/conformance/object-store-conformance.ts";
import { plainExpect } from "../../src/testing/conformance/plain-expect.ts";
import type { SuiteRunner } from "../../src/testing/conformance/suite-runner.ts";
import { transferConformance } from "../../src/testing/conformance/transfer-conformance.ts";
import { outcomeOf } from "./outcome-of.ts";

const folder = await mkdtemp(join(tmpdir(), "firstlight-suites-"));
afterAll(() => rm(folder, { recursive: true }));
let places = 0;
const place = (): string => join(folder, String(++places));

const inventory = (change: (driver: InventoryDriver) => Partial<InventoryDriver> = () => ({})) => {
  const stores = new Map<number, InventoryDriver>();
  return (runner: SuiteRunner) =>
    inventoryConformance(runner, async (recipeRunId) => {
      const store = stores.get(recipeRunId) ?? memoryInventory();
      stores.set(recipeRunId, store);
      return { ...store, ...change(store) };
    });
};
const metadataStore = (change: (store: MetadataStore) => Partial<MetadataStore> = () => ({})) => {
  const path = place();
  const open = async () => sqliteMetadataStore({ path });
  const register = async (run: RecipeRunRegistration) => {
    await using store = await open();
    await store.register?.(run);
  };
  return (runner: SuiteRunner) =>
    metadataStoreConformance(runner, {
      register,
      open: async () => {
        const store = await open();
        return { ...store, ...change(store) };
      },
    });
};
const root = place();
const busPath = place();

describe("every suite passes for an embedded driver, under any runner", () => {
  test.each<readonly [name: string, suite: (runner: SuiteRunner) => void, fewest: number]>([
    ["inventory", inventory(), 35],
    ["metadata store", metadataStore(), 5],
    ["object store", (runner) => objectStoreConformance(runner, async () => fsObjectStore({ root }), "data"), 15],
    ["bus", (runner) => busConformance(runner, async () => sqliteBus({ path: busPath })), 15],
    [
      "transfer",
      (runner) =>
        transferConformance(
          runner,
          { openTransfer: async () => fsTransfer({ root }), openStore: async () => fsObjectStore({ root }) },
          "data",
        ),
      9,
    ],
  ])("%s", { timeout: 60_000 }, async (_, suite, fewest) => {
    const { passed, failed } = await outcomeOf(suite);
    expect(failed).toEqual([]);
    expect(passed.length).toBeGreaterThan(fewest);
  });
});

describe("a suite finds the fault of a driver", () => {
  test.each<readonly [fault: string, suite: (runner: SuiteRunner) => void, found: RegExp]>([
    [
      "that never says what was there",
      inventory((driver) => ({ add: async (entries, options) => (await driver.add(entries, options)) && entries })),
      /an entry given twice in one call is new once/,
    ],
    [
      "that lets a ghost write",
      inventory((driver) => ({ remove: (entries) => driver.remove(entries) })),
      /the newest attempt writes, and an older one is refused/,
    ],
    [
      "that keeps no log",
      inventory((driver) => ({
        setOnce: (key, value, options) => driver.setOnce(key, value, { fence: options?.fence }),
      })),
      /logs what was made/,
    ],
    [
      "that changes without a look",
      inventory((driver) => ({
        exchange: ({ entries, records }, options) =>
          driver.exchange({ entries: entries.map(({ entry, to }) => ({ entry, to })), records }, options),
      })),
      /an exchange is refused where an entry is not as it has to be/,
    ],
    [
      "that takes a prefix for a pattern",
      inventory((driver) => ({
        keys: async (prefix) => (await driver.keys(prefix.split("*")[0] ?? "")).filter((key) => key.length > 0),
      })),
      /the prefix of keys is a literal/,
    ],
    [
      "that counts wrong",
      inventory((driver) => ({ count: async (asked) => ((await driver.count?.(asked)) ?? 0) + 1 })),
      /a selection and its count: a set without another/,
    ],
    [
      "that keeps the first count of expected objects",
      metadataStore(() => ({ expectedObjectCount: async () => 3 })),
      /expects as many objects of a dataset as was said last/,
    ],
    [
      "that lists in the order of writing",
      (runner) =>
        objectStoreConformance(
          runner,
          async () => {
            const store = fsObjectStore({ root });
            return {
              ...store,
              async *list(bucket, prefix) {
                yield* (await Array.fromAsync(store.list(bucket, prefix))).reverse();
              },
            };
          },
          "data",
        ),
      /lists in the order of the keys' bytes/,
    ],
  ])("%s", { timeout: 60_000 }, async (_, suite, found) => {
    const { failed } = await outcomeOf(suite);
    expect(
      failed.some((title) => found.test(title)),
      failed.join("\n"),
    ).toBe(true);
  });
});

describe("plainExpect", () => {
  test.each<readonly [value: unknown, expected: unknown]>([
    [{ a: [1, { b: undefined }] }, { a: [1, {}] }],
    [Buffer.from("ab"), Uint8Array.of(97, 98)],
    [new Set([1, 2]), new Set([2, 1])],
    [new Map([["a", [1]]]), new Map([["a", [1]]])],
    [Number.NaN, Number.NaN],
  ])("%j equals %j", (value, expected) => {
    expect(() => plainExpect(value).toEqual(expected)).not.toThrow();
  });

  test.each<readonly [value: unknown, expected: unknown]>([
    [
      [1, 2],
      [2, 1],
    ],
    [[1, 2], [1]],
    [{ a: 1 }, { a: "1" }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ 0: 1 }, [1]],
    [new Set([1]), new Set([2])],
    [new Map([["a", 1]]), new Map([["a", 2]])],
    [null, {}],
    [1n, 1],
  ])("%o does not equal %o", (value, expected) => {
    expect(() => plainExpect(value).toEqual(expected)).toThrow(expect.objectContaining({ code: "ERR_ASSERTION" }));
  });

  test("looks at a part of what is thrown, and minds when nothing is", async () => {
    const thrown = Object.assign(new Error("no"), { code: "NO", fields: { a: 1, b: 2 } });
    await plainExpect(Promise.reject(thrown)).rejects.toMatchObject({ code: "NO", message: "no", fields: { a: 1 } });
    const unmatched = [
      plainExpect(Promise.reject(thrown)).rejects.toMatchObject({ fields: { a: 2 } }),
      plainExpect(Promise.resolve(1)).rejects.toMatchObject({}),
    ];
    for (const each of unmatched) await expect(each).rejects.toMatchObject({ code: "ERR_ASSERTION" });
  });
});
