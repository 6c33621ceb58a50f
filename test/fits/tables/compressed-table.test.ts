import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/core/byte-source.ts";
import { type HeaderRecord, readHdu, readTable } from "../../../src/fits/index.ts";
import { compressedTable as compressed, lists, reals, shorts } from "./compressed-table-file.ts";

describe("a compressed table", () => {
  test("is read as the table that it holds, columns and header", async () => {
    const { columns, rowCount, header } = await readTable(bytesSource(compressed()), "EVENTS");
    expect(rowCount).toBe(5);
    expect(columns.map(({ name, form }) => [name, form])).toEqual([
      ["SHORT", "1I"],
      ["REAL", "1E"],
      ["TEXT", "2A"],
      ["PLAIN", "1I"],
      ["LIST", "1PI(40)"],
    ]);
    expect(columns).toMatchObject([
      { data: shorts },
      { data: reals },
      { data: ["ab", "cd", "ef", "gh", "ij"] },
      { data: shorts },
      { rows: lists.map((data) => ({ data })) },
    ]);
    expect([header.get("NAXIS1"), header.get("NAXIS2"), header.get("TFORM2")]).toEqual([18, 5, "1E"]);
    expect([header.get("PCOUNT"), header.has("THEAP")]).toEqual([90, false]);
    expect(header.cards.filter(({ keyword }) => keyword.startsWith("Z"))).toEqual([]);
  });

  test("has its heap where it was", async () => {
    const { columns, header } = await readTable(bytesSource(compressed({ ZTHEAP: 100, ZPCOUNT: 100 })), 1);
    expect(columns.at(-1)).toMatchObject({ rows: lists.map((data) => ({ data })) });
    expect(header.get("THEAP")).toBe(100);
  });

  test("is copied as it is stored", async () => {
    expect((await readHdu(bytesSource(compressed()), 1)).header.get("ZTABLE")).toBe(true);
  });

  test.each([
    [{ ZFORM1: "1PI(3)" }, "FITS_INVALID"],
    [{ ZFORM5: "1QI(40)", ZNAXIS1: 26 }, "FITS_INVALID"],
    [{ ZPCOUNT: 88 }, "FITS_INVALID"],
    [{ ZPCOUNT: 2 ** 40 }, "FITS_INVALID"],
    [{ ZTHEAP: 89 }, "FITS_INVALID"],
    [{ ZTHEAP: 92 }, "FITS_INVALID"],
    [{ ZCTYP5: "LZMA" }, "FITS_INVALID"],
    [{ ZCTYP1: "LZMA" }, "FITS_INVALID"],
    [{ ZCTYP2: "RICE_1" }, "FITS_INVALID"],
    [{ ZFORM3: "no form" }, "FITS_INVALID"],
    [{ ZNAXIS1: 9 }, "FITS_INVALID"],
    [{ ZNAXIS2: 7 }, "FITS_INVALID"],
    [{ ZNAXIS1: 2 ** 40 }, "FITS_INVALID"],
    [{ ZNAXIS2: 6 }, "FITS_INVALID"],
    [{ TFORM1: "16B" }, "FITS_INVALID"],
  ])("that says %j is refused", async (changes, code) => {
    const source = bytesSource(compressed(changes as HeaderRecord), "events.fits");
    await expect(readTable(source, 1)).rejects.toMatchObject({
      code,
      message: expect.stringContaining("events.fits, HDU 1"),
    });
  });

  test("with one byte changed is read, or refused with an error of ours", async () => {
    const sound = compressed();
    let refused = 0;
    for (let at = 2880; at < sound.length; at += 1) {
      // Of what is blank or empty a part will do.
      if ((sound[at] === 0x20 || sound[at] === 0) && at % 16 !== 0) continue;
      const damaged = sound.slice();
      damaged[at] = (sound[at] as number) ^ (1 << (at % 8));
      await readTable(bytesSource(damaged), 1).catch((error: { code?: string }) => {
        expect(error.code, String(error)).toMatch(/^FITS_/);
        refused += 1;
      });
    }
    expect(refused).toBeGreaterThan(200);
  });
});
