import type { Entry, InventoryDriver } from "../../scratch/inventory-driver.ts";
import type { SuiteRunner } from "./suite-runner.ts";

interface ExchangeSuite extends Pick<SuiteRunner, "describe" | "expect"> {
  /** A test with a driver for a recipe run of its own. */
  withDriver(name: string, body: (driver: InventoryDriver, run: number) => Promise<void>): unknown;
}

/** What every inventory driver does when it compares and changes. */
export function exchangeConformance({ describe, withDriver, expect }: ExchangeSuite): void {
  describe("exchanges", () => {
    const [x, y] = ["x", "y"];
    const recordOf = (run: number, from: string | undefined, to: string | undefined, field = "f") => ({
      key: `${run}:records`,
      field,
      from,
      to,
    });
    withDriver("an exchange changes entries and records, and says which entries it changed", async (driver, run) => {
      const [a, b, c]: Entry[] = [
        [`${run}:path:A`, x],
        [`${run}:path:B`, x],
        [`${run}:path:A`, y],
      ];
      if (a === undefined || b === undefined || c === undefined) return;
      await driver.add([b]);
      const entries = [
        { entry: a, from: false, to: true },
        { entry: b, to: true },
        { entry: c, to: false },
      ];
      const records = [recordOf(run, undefined, "1"), recordOf(run, undefined, "line\nbreak ☀", "/a path/f")];
      expect(await driver.exchange({ entries, records })).toEqual({ isDone: true, changed: [a] });
      expect(await driver.records(`${run}:records`, ["/a path/f", "g", "f"])).toEqual([
        "line\nbreak ☀",
        undefined,
        "1",
      ]);
      expect(sorted(await driver.fields(`${run}:records`))).toEqual(["/a path/f", "f"]);
      expect(await driver.fields(`${run}:none`)).toEqual([]);
      expect(sorted(await driver.keys(`${run}:`))).toEqual([`${run}:path:A`, `${run}:path:B`, `${run}:records`]);
      const back = [
        { entry: a, from: true, to: false },
        { entry: b, from: true },
      ];
      const gone = [recordOf(run, "1", undefined), recordOf(run, "line\nbreak ☀", undefined, "/a path/f")];
      expect(await driver.exchange({ entries: back, records: gone })).toEqual({ isDone: true, changed: [a] });
      expect(await driver.keys(`${run}:`)).toEqual([`${run}:path:B`]);
      expect(await driver.exchange({ entries: [], records: [] })).toEqual({ isDone: true, changed: [] });
    });
    withDriver(
      "an exchange is refused where an entry is not as it has to be, and changes nothing",
      async (driver, run) => {
        const [there, missing]: readonly [Entry, Entry] = [
          [`${run}:path:A`, x],
          [`${run}:path:B`, y],
        ];
        await driver.add([there]);
        const other = { entry: [`${run}:path:C`, x] as const, from: false, to: true };
        for (const change of [
          { entry: there, from: false, to: true },
          { entry: there, from: false },
          { entry: missing, from: true, to: false },
          { entry: missing, from: true, to: true },
        ]) {
          const records = [recordOf(run, undefined, "1")];
          expect(await driver.exchange({ entries: [other, change], records })).toEqual({
            isDone: false,
            unexpected: [change.entry],
          });
        }
        expect(await driver.keys(`${run}:`)).toEqual([`${run}:path:A`]);
      },
    );
    withDriver(
      "an exchange of many tells which few were not as they had to be, and changes nothing",
      async (driver, run) => {
        const many = Array.from({ length: 300 }, (_, i): Entry => [`${run}:path:${i % 3}`, `/a path/${i}`]);
        const there = many.filter((_, i) => i % 100 === 99);
        await driver.add(there);
        const entries = many.map((entry) => ({ entry, from: false, to: true }));
        // Told as well where a record is another than was said.
        for (const from of [undefined, "2"]) {
          const done = await driver.exchange({ entries, records: [recordOf(run, from, "1")] });
          expect(done).toEqual({ isDone: false, unexpected: there });
        }
        const keys = [0, 1, 2].map((i) => `${run}:path:${i}`);
        expect(sorted((await driver.members(keys)).flat())).toEqual(sorted(there.map(([, member]) => member)));
        expect(await driver.fields(`${run}:records`)).toEqual([]);
      },
    );
    withDriver("an exchange is refused where a record is not as it has to be", async (driver, run) => {
      const entries = [{ entry: [`${run}:path:A`, x] as const, to: true }];
      await driver.exchange({ entries: [], records: [recordOf(run, undefined, "1")] });
      for (const from of [undefined, "2", ""]) {
        const records = [recordOf(run, from, "3"), recordOf(run, undefined, "1", "g")];
        expect((await driver.exchange({ entries, records })).isDone).toBe(false);
      }
      const same = [recordOf(run, "1", "1"), recordOf(run, undefined, undefined, "g")];
      expect((await driver.exchange({ entries, records: same })).isDone).toBe(true);
      expect(await driver.records(`${run}:records`, ["f", "g"])).toEqual(["1", undefined]);
      await driver.drop([`${run}:records`]);
      expect(await driver.keys(`${run}:`)).toEqual([`${run}:path:A`]);
      expect(await driver.records(`${run}:records`, ["f"])).toEqual([undefined]);
      expect((await driver.exchange({ entries: [], records: [recordOf(run, undefined, "2")] })).isDone).toBe(true);
    });
    withDriver("of exchanges made together one wins", async (driver, run) => {
      const done = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          driver.exchange({ entries: [], records: [recordOf(run, undefined, String(i))] }),
        ),
      );
      expect(done.filter(({ isDone }) => isDone).length).toBe(1);
    });
  });
}

function sorted(texts: readonly string[]): readonly string[] {
  return [...texts].sort();
}
