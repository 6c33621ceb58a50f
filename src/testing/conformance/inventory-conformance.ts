import type { Entry, Fence, InventoryDriver } from "../../scratch/inventory-driver.ts";
import type { SetExpression } from "../../scratch/set-expression.ts";
import { exchangeConformance } from "./inventory-exchange-conformance.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { closeInTime, withService } from "./with-service.ts";

/** Opens a driver for a recipe run; two for one run see the same entries. The suite leaves nothing of its runs behind. */
export type MakeDriver = (recipeRunId: number) => Promise<InventoryDriver>;

/** What every inventory driver does, whatever keeps its entries. */
export function inventoryConformance({ describe, test, expect }: SuiteRunner, makeDriver: MakeDriver): void {
  // A server that others use too shall not notice: no run of theirs has such an id.
  const first = Math.floor(Math.random() * 1e9) * 1e5 + 1e14;
  let runs = 0;
  const withDriver = (name: string, body: (driver: InventoryDriver, run: number) => Promise<void>): unknown =>
    test(name, async () => {
      runs += 1;
      const run = first + runs;
      await withService(await makeDriver(run), async (driver) => {
        try {
          await body(driver, run);
        } finally {
          await driver.drop(await driver.keys(String(run)));
        }
      });
    });
  const membersOf = async (driver: InventoryDriver, key: string) => sorted((await driver.members([key]))[0] ?? []);
  const logOf = (run: number): string => `${run}:log`;

  describe("sets", () => {
    withDriver("adding resolves to the entries that were not there before", async (driver, run) => {
      expect(
        await driver.add([
          [`${run}:path:A`, "x"],
          [`${run}:path:B`, "x"],
        ]),
      ).toEqual([
        [`${run}:path:A`, "x"],
        [`${run}:path:B`, "x"],
      ]);
      expect(
        await driver.add([
          [`${run}:path:A`, "x"],
          [`${run}:path:A`, "y"],
        ]),
      ).toEqual([[`${run}:path:A`, "y"]]);
      expect(await membersOf(driver, `${run}:path:A`)).toEqual(["x", "y"]);
    });
    withDriver("an entry given twice in one call is new once", async (driver, run) => {
      expect(
        await driver.add([
          [`${run}:path:A`, "x"],
          [`${run}:path:A`, "x"],
        ]),
      ).toEqual([[`${run}:path:A`, "x"]]);
    });
    withDriver("removing resolves to the entries that were there, and an empty set is gone", async (driver, run) => {
      await driver.add([
        [`${run}:path:A`, "x"],
        [`${run}:path:B`, "x"],
      ]);
      expect(
        await driver.remove([
          [`${run}:path:A`, "x"],
          [`${run}:path:A`, "y"],
          [`${run}:path:C`, "x"],
        ]),
      ).toEqual([[`${run}:path:A`, "x"]]);
      expect(await driver.keys(`${run}:`)).toEqual([`${run}:path:B`]);
    });
    withDriver("nothing to add or remove changes nothing", async (driver, run) => {
      expect(await driver.add([])).toEqual([]);
      expect(await driver.remove([])).toEqual([]);
      expect(await driver.keys(`${run}`)).toEqual([]);
    });
    withDriver("members come in the order of the keys, and none for a key that is not there", async (driver, run) => {
      await driver.add([
        [`${run}:path:A`, "x"],
        [`${run}:path:B`, "y"],
      ]);
      expect(await driver.members([`${run}:path:B`, `${run}:path:none`, `${run}:path:A`])).toEqual([["y"], [], ["x"]]);
      expect(await driver.members([])).toEqual([]);
    });
    withDriver("keys and members of any characters come back as they were", async (driver, run) => {
      const odd = ["blank in it", "ünïcode ☀ 𝄞", "quote'\"", "glob*?[a]^\\", "line\nbreak", "{brace}", "", "%_"];
      await driver.add(odd.filter((text) => !text.includes("\n")).map((text): Entry => [`${run}:path:${text}`, "x"]));
      await driver.add(odd.map((text): Entry => [`${run}2:path:all`, text]));
      expect(await membersOf(driver, `${run}2:path:all`)).toEqual(sorted(odd));
      expect(sorted(await driver.keys(`${run}:path:`))).toEqual(
        sorted(odd.filter((text) => !text.includes("\n")).map((text) => `${run}:path:${text}`)),
      );
    });
  });

  describe("queries", () => {
    const fill = (driver: InventoryDriver, run: number) =>
      driver.add(
        Object.entries({ A: "abcx", B: "bcy", C: "cz" }).flatMap(([key, members]) =>
          [...members].map((member): Entry => [`${run}:path:${key}`, member]),
        ),
      );
    withDriver("an intersection has the members that all sets share", async (driver, run) => {
      await fill(driver, run);
      expect(sorted(await driver.intersect([`${run}:path:A`, `${run}:path:B`]))).toEqual(["b", "c"]);
      expect(await driver.intersect([`${run}:path:A`, `${run}:path:B`, `${run}:path:C`])).toEqual(["c"]);
      expect(await driver.intersect([`${run}:path:C`, `${run}:path:C`])).toEqual(
        await driver.intersect([`${run}:path:C`]),
      );
    });
    withDriver("an intersection with a set that is not there, or of no sets, is empty", async (driver, run) => {
      await fill(driver, run);
      expect(await driver.intersect([`${run}:path:A`, `${run}:path:none`])).toEqual([]);
      expect(await driver.intersect([])).toEqual([]);
    });
    withDriver("an intersection of a hundred sets is found", async (driver, run) => {
      const keys = Array.from({ length: 100 }, (_, i) => `${run}:path:${i}`);
      await driver.add(
        keys.flatMap((key, i): Entry[] => [
          [key, "shared"],
          [key, `own ${i}`],
        ]),
      );
      expect(await driver.intersect(keys)).toEqual(["shared"]);
      if (driver.count !== undefined) expect(await driver.count({ op: "all", of: keys })).toBe(1);
    });
    withDriver("sizes agree with the sets", async (driver, run) => {
      await fill(driver, run);
      if (driver.sizes !== undefined)
        expect(await driver.sizes([`${run}:path:C`, `${run}:path:none`, `${run}:path:A`])).toEqual([2, 0, 4]);
    });
    // What is asked → what is in it: A has a b c x, B has b c y, C has c z.
    const selections: readonly (readonly [title: string, expression: SetExpression, members: string])[] = [
      ["a set", "A", "abcx"],
      ["a set that is not there", "none", ""],
      ["what two sets share", { op: "all", of: ["A", "B"] }, "bc"],
      ["what a set shares with itself", { op: "all", of: ["A", "A"] }, "abcx"],
      ["what a set shares with one that is not there", { op: "all", of: ["A", "none"] }, ""],
      ["what no sets share", { op: "all", of: [] }, ""],
      ["what either of two sets has", { op: "any", of: ["B", "C"] }, "bcyz"],
      ["what any of no sets has", { op: "any", of: [] }, ""],
      ["a set without another", { op: "except", from: "A", of: ["B"] }, "ax"],
      ["a set without two others", { op: "except", from: "A", of: ["C", "none", "B"] }, "ax"],
      ["a set without itself", { op: "except", from: "A", of: ["A"] }, ""],
      ["a set without nothing", { op: "except", from: "A", of: [] }, "abcx"],
      ["nothing without a set", { op: "except", from: "none", of: ["A"] }, ""],
      ["a set that is in one of two", { op: "all", of: ["A", { op: "any", of: ["B", "C"] }] }, "bc"],
      ["sets or what others share", { op: "any", of: ["C", { op: "all", of: ["A", "B"] }] }, "bcz"],
      [
        "a difference within a choice",
        {
          op: "any",
          of: [
            { op: "except", from: "A", of: ["B"] },
            { op: "except", from: "B", of: ["A"] },
          ],
        },
        "axy",
      ],
      [
        "a difference of differences",
        { op: "except", from: { op: "any", of: ["A", "B"] }, of: [{ op: "except", from: "B", of: ["C"] }, "C"] },
        "ax",
      ],
      [
        "what all of several choices have",
        {
          op: "all",
          of: [
            { op: "any", of: ["A", "C"] },
            { op: "any", of: ["B", "C"] },
            { op: "except", from: "C", of: [] },
          ],
        },
        "cz",
      ],
    ];
    for (const [title, expression, members] of selections) {
      withDriver(`a selection and its count: ${title}`, async (driver, run) => {
        await fill(driver, run);
        const asked = keyed(expression, `${run}:path:`);
        if (driver.select !== undefined) expect(sorted(await driver.select(asked))).toEqual([...members]);
        if (driver.count !== undefined) expect(await driver.count(asked)).toBe(members.length);
        expect(sorted(await driver.keys(`${run}:`))).toEqual(["A", "B", "C"].map((key) => `${run}:path:${key}`));
      });
    }
    withDriver("many selections at once are those that each is alone, in their order", async (driver, run) => {
      await fill(driver, run);
      if (driver.selectAll === undefined) return;
      const asked = selections.map(([, expression]) => keyed(expression, `${run}:path:`));
      const found = await driver.selectAll([...asked, ...asked.slice(0, 3)]);
      const expected = [...selections, ...selections.slice(0, 3)].map(([, , members]) => [...members]);
      expect(found.map(sorted)).toEqual(expected);
      expect(await driver.selectAll([])).toEqual([]);
      expect(sorted(await driver.keys(`${run}:`))).toEqual(["A", "B", "C"].map((key) => `${run}:path:${key}`));
    });
    withDriver("a selection among two thousand sets, and one of many parts, is found", async (driver, run) => {
      const keys = Array.from({ length: 2_000 }, (_, i) => `${run}:path:${i}`);
      await driver.add(
        keys.flatMap((key, i): Entry[] => [
          [key, `own ${i}`],
          [`${run}:path:even`, `own ${i * 2}`],
        ]),
      );
      const even: SetExpression = { op: "all", of: [`${run}:path:even`, { op: "any", of: keys }] };
      const odd: SetExpression = { op: "except", from: { op: "any", of: keys }, of: [`${run}:path:even`] };
      const parts = keys.slice(0, 600).map((key): SetExpression => ({ op: "all", of: [key, `${run}:path:even`] }));
      const some: SetExpression = { op: "any", of: parts };
      if (driver.count !== undefined) {
        expect([await driver.count(even), await driver.count(odd), await driver.count(some)]).toEqual([
          1000, 1000, 300,
        ]);
      }
      if (driver.select !== undefined) {
        expect((await driver.select(odd)).includes("own 1999")).toBe(true);
        expect((await driver.select(some)).length).toBe(300);
      }
    });
    withDriver("the prefix of keys is a literal", async (driver, run) => {
      await driver.add(
        [
          `${run}:path:A*`,
          `${run}:path:AB`,
          `${run}:path:A?`,
          `${run}:path:[A]`,
          `${run}0:path:A`,
          `${run}:path:a`,
        ].map((key): Entry => [key, "x"]),
      );
      expect(await driver.keys(`${run}:path:A*`)).toEqual([`${run}:path:A*`]);
      expect(await driver.keys(`${run}:path:A?`)).toEqual([`${run}:path:A?`]);
      expect(await driver.keys(`${run}:path:[`)).toEqual([`${run}:path:[A]`]);
      expect(sorted(await driver.keys(`${run}:path:A`))).toEqual([
        `${run}:path:A*`,
        `${run}:path:A?`,
        `${run}:path:AB`,
      ]);
      expect((await driver.keys(`${run}:`)).length).toBe(5);
    });
    withDriver("holders tells for each member the sets that hold it", async (driver, run) => {
      await fill(driver, run);
      await driver.add([
        [`${run}:other:D`, "c"],
        [`${run}2:path:A`, "c"],
      ]);
      if (driver.holders === undefined) return;
      const held = await driver.holders(`${run}:path:`, ["c", "nobody", "x"]);
      expect(held.map(sorted)).toEqual([[`${run}:path:A`, `${run}:path:B`, `${run}:path:C`], [], [`${run}:path:A`]]);
    });
    withDriver("holders of many members are those of each, one that is asked for twice too", async (driver, run) => {
      const members = Array.from({ length: 2_500 }, (_, i) => `/scratch/1/file ${i}`);
      await driver.add(
        members.flatMap((member, i): Entry[] => [
          [`${run}:path:all`, member],
          [`${run}:path:${i % 150}`, member],
        ]),
      );
      if (driver.holders === undefined) return;
      const asked = [...members.slice(1_000), "nobody", ...members.slice(0, 2), ...members.slice(0, 2)];
      const held = await driver.holders(`${run}:path:`, asked);
      const wanted = asked.map((member) => {
        const i = members.indexOf(member);
        return i < 0 ? [] : [`${run}:path:${i % 150}`, `${run}:path:all`];
      });
      expect(held.map(sorted)).toEqual(wanted);
      expect((await driver.keys(`${run}:`)).length).toBe(151);
    });
    withDriver("many keys and members in one call are no harm", async (driver, run) => {
      const entries = Array.from(
        { length: 5_000 },
        (_, i): Entry => [`${run}:path:${i % 3_000}`, `/scratch/1/file ${i}`],
      );
      expect((await driver.add(entries)).length).toBe(5_000);
      expect((await driver.keys(`${run}:path:`)).length).toBe(3_000);
      expect((await driver.members((await driver.keys(`${run}:path:`)).toSorted())).flat().length).toBe(5_000);
      await driver.drop(await driver.keys(`${run}:`));
      expect(await driver.keys(`${run}:`)).toEqual([]);
    });
  });

  describe("write-once values, counters and dropping", () => {
    withDriver("a value is set once and stays", async (driver, run) => {
      expect(await driver.setOnce(`${run}:constant:A`, "first")).toBe(true);
      expect(await driver.setOnce(`${run}:constant:A`, "second")).toBe(false);
      expect(await driver.setOnce(`${run}:constant:A`, "first")).toBe(false);
      expect(await driver.members([`${run}:constant:A`])).toEqual([["first"]]);
    });
    withDriver("a counter begins at 0 and may count down", async (driver, run) => {
      expect(await driver.increment(`${run}:counter:A`)).toBe(1);
      expect(await driver.increment(`${run}:counter:A`, 5)).toBe(6);
      expect(await driver.increment(`${run}:counter:A`, -2)).toBe(4);
      expect(await driver.increment(`${run}:counter:A`, 0)).toBe(4);
      expect(await driver.keys(`${run}:counter:`)).toEqual([`${run}:counter:A`]);
    });
    withDriver("a counter changes only from the number that is expected of it", async (driver, run) => {
      const key = `${run}:counter:A`;
      expect(await driver.increment(key, 3, { expected: 1 })).toBe(0);
      expect(await driver.increment(key, 3, { expected: 0 })).toBe(3);
      expect(await driver.increment(key, -1, { expected: 2, log: logOf(run) })).toBe(3);
      expect(await driver.increment(key, -1, { expected: 3 })).toBe(2);
      expect(await membersOf(driver, logOf(run))).toEqual([]);
      const won = await Promise.all(Array.from({ length: 20 }, () => driver.increment(key, -2, { expected: 2 })));
      expect(won).toEqual(won.map(() => 0));
      expect(await driver.keys(`${run}:counter:`)).toEqual([]);
    });
    withDriver("dropping removes sets and counters, and only these", async (driver, run) => {
      await driver.add([
        [`${run}:path:A`, "x"],
        [`${run}:path:B`, "x"],
      ]);
      await driver.increment(`${run}:counter:A`);
      await driver.drop([`${run}:path:A`, `${run}:counter:A`, `${run}:path:none`]);
      await driver.drop([]);
      expect(await driver.keys(`${run}`)).toEqual([`${run}:path:B`]);
      expect(await driver.increment(`${run}:counter:A`)).toBe(1);
      expect(await driver.add([[`${run}:path:A`, "x"]])).toEqual([[`${run}:path:A`, "x"]]);
    });
    withDriver("calls made together each count", async (driver, run) => {
      const values = await Promise.all(Array.from({ length: 50 }, () => driver.increment(`${run}:counter:A`)));
      expect(values.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, i) => driver.setOnce(`${run}:constant:A`, String(i))),
      );
      expect(won.filter(Boolean).length).toBe(1);
    });
  });

  describe("the fence", () => {
    const fenceOf = (run: number, token: number): Fence => ({ key: `${run}:fence:T`, token });
    withDriver("the newest attempt writes, and an older one is refused without a change", async (driver, run) => {
      await driver.add([[`${run}:path:A`, "x"]], { fence: fenceOf(run, 0) });
      const token = await driver.increment(`${run}:fence:T`);
      await driver.add([[`${run}:path:A`, "y"]], { fence: fenceOf(run, token) });
      await driver.increment(`${run}:counter:A`, 1, { fence: fenceOf(run, token + 1) });
      await driver.increment(`${run}:fence:T`);
      const stale = { fence: fenceOf(run, token), log: logOf(run) };
      const refused = { code: "ATTEMPT_FENCED", disposition: "fatal" };
      await expect(driver.add([[`${run}:path:A`, "z"]], stale)).rejects.toMatchObject(refused);
      await expect(driver.remove([[`${run}:path:A`, "x"]], stale)).rejects.toMatchObject(refused);
      await expect(driver.setOnce(`${run}:constant:A`, "1", stale)).rejects.toMatchObject(refused);
      await expect(driver.increment(`${run}:counter:A`, 1, stale)).rejects.toMatchObject(refused);
      const entries = [{ entry: [`${run}:path:A`, "z"] as const, to: true }];
      await expect(driver.exchange({ entries, records: [] }, stale)).rejects.toMatchObject(refused);
      await expect(driver.drop([`${run}:path:A`], stale)).rejects.toMatchObject(refused);
      expect(await membersOf(driver, `${run}:path:A`)).toEqual(["x", "y"]);
      expect(sorted(await driver.keys(`${run}:`))).toEqual([`${run}:counter:A`, `${run}:fence:T`, `${run}:path:A`]);
      expect(await driver.increment(`${run}:counter:A`, 0)).toBe(1);
    });
  });

  describe("the log", () => {
    withDriver("logs what was made, and nothing else", async (driver, run) => {
      const log = logOf(run);
      await driver.setOnce(`${run}:constant:C`, "1.0", { log });
      await driver.setOnce(`${run}:constant:C`, "2.0", { log });
      await driver.setOnce(`${run}:constant:D`, "1.0");
      await driver.increment(`${run}:counter:N`, 1, { log });
      await driver.increment(`${run}:counter:N`, 1, { log });
      expect(await membersOf(driver, log)).toEqual(
        sorted([`${run}:constant:C\n1.0`, `${run}:counter:N\n1`, `${run}:counter:N\n2`]),
      );
    });
    withDriver("numbers that are given back leave no trace", async (driver, run) => {
      const [key, log] = [`${run}:counter:N`, logOf(run)];
      for (let i = 0; i < 4; i += 1) await driver.increment(key, 1, { log });
      expect(await driver.increment(key, -2, { expected: 3, log })).toBe(4);
      expect(await driver.increment(key, -2, { expected: 4, log })).toBe(2);
      expect(await membersOf(driver, log)).toEqual([`${key}\n1`, `${key}\n2`]);
      expect(await driver.increment(key, -2, { expected: 2, log })).toBe(0);
      expect(await driver.keys(`${run}:`)).toEqual([]);
    });
  });

  exchangeConformance({ describe, withDriver, expect });

  test("what one driver wrote another over the same store sees", async () => {
    const run = first;
    await using one = await makeDriver(run);
    await using other = await makeDriver(run);
    await one.add([[`${run}:path:A`, "x"]]);
    expect(await other.members([`${run}:path:A`])).toEqual([["x"]]);
    expect(await other.increment(`${run}:counter:A`)).toBe(1);
    expect(await one.increment(`${run}:counter:A`)).toBe(2);
    await other.drop([`${run}:path:A`]);
    expect(await one.keys(`${run}:path:`)).toEqual([]);
    expect(await one.add([[`${run}:path:A`, "x"]])).toEqual([[`${run}:path:A`, "x"]]);
    expect(await other.intersect([`${run}:path:A`])).toEqual(["x"]);
    await one.drop(await one.keys(`${run}:`));
  });

  test("closing twice, and closing what was never used, is no error", async () => {
    const driver = await makeDriver(first);
    await closeInTime(driver);
    await closeInTime(driver);
  });
}

function sorted(texts: readonly string[]): readonly string[] {
  return texts.toSorted();
}

/** The same expression over the keys that begin with `prefix`. */
function keyed(expression: SetExpression, prefix: string): SetExpression {
  if (typeof expression === "string") return prefix + expression;
  const of = expression.of.map((part) => keyed(part, prefix));
  return expression.op === "except"
    ? { op: expression.op, from: keyed(expression.from, prefix), of }
    : { op: expression.op, of };
}
