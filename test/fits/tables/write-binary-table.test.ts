import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesSource } from "../../../src/core/byte-source.ts";
import {
  type Column,
  type ColumnValues,
  encodeFits,
  encodeFrame,
  Header,
  openFits,
  readHdu,
  readTable,
  verifyFits,
  type WritableColumn,
} from "../../../src/fits/index.ts";
import { tables } from "./arbitrary-table.ts";

type Values = ColumnValues & { readonly nulls?: Uint8Array | undefined };

/** What must be the same on both sides: undefined numbers compare as undefined whatever stands for them. */
function comparable({ type, data, nulls }: Values): unknown[] {
  const list = Array.from<unknown, unknown>(data as ArrayLike<unknown>, (value, index) =>
    nulls?.[index] === 1 ? "null" : value,
  );
  return [type, type === "number" || type === "complex" ? data.constructor.name : "", ...list];
}

function cells(column: WritableColumn | Column): unknown {
  return column.type === "variable" ? column.rows.map(comparable) : comparable(column);
}

const written = (columns: readonly WritableColumn[], rowCount?: number, header = new Header()) =>
  bytesSource(encodeFits([{ header: new Header() }, { header, columns, rowCount }], { checksum: true }));

describe("a binary table", () => {
  test("of any columns is read as it was written, and what is read is written as the same bytes", async () => {
    await fc.assert(
      fc.asyncProperty(tables, async ({ rowCount, columns }) => {
        const source = written(columns, rowCount);
        const table = await readTable(source, 1, { checksum: true });
        expect(table.rowCount).toBe(rowCount);
        expect(table.columns.map(cells)).toEqual(columns.map(cells));
        expect(table.columns.map(({ name, unit }) => [name, unit])).toEqual(
          columns.map(({ name, unit }) => [name, unit]),
        );
        for (const [index, column] of columns.entries()) {
          const read = table.columns[index]!;
          if (column.type !== "variable" && read.type !== "variable") expect(read.shape).toEqual(column.shape ?? []);
        }
        const again = encodeFits([{ header: new Header() }, table], { checksum: true });
        const first = await readHdu(source, 1);
        const second = await readHdu(bytesSource(again), 1);
        expect(second.data).toEqual(first.data);
        expect(second.header.cards.map((card) => card.image)).toEqual(first.header.cards.map((card) => card.image));
        expect((await verifyFits(source)).problems).toEqual([]);
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test("keeps what the header says of its columns, and of those taken along under their new number", async () => {
    const header = Header.from({
      EXTNAME: "LIST",
      TTYPE1: ["A", "the first"],
      TFORM1: "J",
      TDISP1: "I5",
      TTYPE2: ["B", "kept"],
      TFORM2: "E",
      TDISP2: "F8.3",
      TLMIN2: 0,
      ORIGIN: "here",
    });
    const [a, b] = [
      { number: 1, name: "A", type: "number", data: Int32Array.of(1) } as const,
      { number: 2, name: "B", type: "number", data: Float32Array.of(1) } as const,
    ];
    const both = await readTable(written([a, b], undefined, header), 1);
    expect(both.header.card("TTYPE2")?.comment).toBe("kept");
    const one = await readTable(bytesSource(encodeFits([{ header: both.header, columns: both.columns.slice(1) }])), 1);
    const said = Object.fromEntries(one.header.cards.map((card) => [card.keyword, card.value]));
    expect(said).toMatchObject({ TFIELDS: 1, TTYPE1: "B", TDISP1: "F8.3", TLMIN1: 0, ORIGIN: "here", EXTNAME: "LIST" });
    expect(one.header.card("TTYPE1")?.comment).toBe("kept");
    expect(said.TTYPE2).toBeUndefined();
  });

  test("finds a number that none other is for those that are undefined", async () => {
    const column = {
      name: "A",
      type: "number",
      data: Uint8Array.from({ length: 255 }, (_, index) => index),
      nulls: new Uint8Array(255),
    } as const;
    column.nulls[7] = 1;
    column.nulls[9] = 1;
    const { header, columns } = await readTable(written([column]), 1);
    expect(header.get("TNULL1")).toBe(255);
    expect((columns[0] as typeof column).nulls).toEqual(column.nulls);
    const full = { ...column, data: Uint8Array.from({ length: 512 }, (_, index) => index), nulls: new Uint8Array(512) };
    full.nulls[3] = 1;
    expect(() => written([full])).toThrow(
      expect.objectContaining({ code: "FITS_COLUMN", message: expect.stringContaining("none is left") }),
    );
  });

  test("goes behind an empty primary where it is the first, and behind a frame", async () => {
    const columns = [{ name: "A", type: "text", data: ["one", "eleven"] }] as const;
    const alone = bytesSource(encodeFits([{ header: Header.from({ EXTNAME: "T" }), columns }]));
    expect((await openFits(alone)).hdus.map(({ type }) => type)).toEqual(["image", "binaryTable"]);
    const image = { data: Int16Array.of(1, 2), shape: [2] };
    const taken = await readHdu(alone, "T");
    const frame = bytesSource(encodeFrame({ header: new Header(), image }, { extensions: [taken] }));
    const { header, data } = await readHdu(frame, "T");
    expect(data).toEqual(taken.data);
    const cards = header.cards.filter(({ keyword }) => keyword !== "CHECKSUM" && keyword !== "DATASUM");
    expect(cards.map((card) => card.image)).toEqual(taken.header.cards.map((card) => card.image));
  });

  test.each<[string, readonly WritableColumn[], RegExp]>([
    [
      "columns of different rows",
      [
        { name: "A", type: "number", data: Int16Array.of(1) },
        { name: "B", type: "text", data: [] },
      ],
      /B cannot be written: it has values for 0 rows; the table has 1/,
    ],
    [
      "part of a cell",
      [{ name: "A", type: "number", data: new Int16Array(5), shape: [2] }],
      /5 values do not fill whole cells of 2/,
    ],
    ["text that is not ASCII", [{ name: "A", type: "text", data: ["µm"] }], /"µm" is not printable ASCII/],
    [
      "rows of different types",
      [
        {
          name: "A",
          type: "variable",
          rows: [
            { type: "bit", data: Uint8Array.of(1) },
            { type: "text", data: ["a"] },
          ],
        },
      ],
      /different types/,
    ],
    [
      "flags that are too few",
      [{ name: "A", type: "number", data: new Int16Array(2), nulls: Uint8Array.of(1) }],
      /1 null flags for 2 numbers/,
    ],
  ])("refuses %s", (_, columns, message) => {
    expect(() => written(columns)).toThrow(
      expect.objectContaining({ code: "FITS_COLUMN", message: expect.stringMatching(message) }),
    );
  });

  test("as it is stored is refused with a header that is not its own", () => {
    expect(() =>
      encodeFits([
        {
          header: Header.from({
            XTENSION: "BINTABLE",
            BITPIX: 8,
            NAXIS: 2,
            NAXIS1: 4,
            NAXIS2: 2,
            PCOUNT: 0,
            GCOUNT: 1,
          }),
          data: new Uint8Array(7),
        },
      ]),
    ).toThrow(/HDU 0 comes with 7 bytes of stored data; its header is that of an extension of 8/);
  });
});

test.each([
  [
    "more than 999 columns",
    Array.from({ length: 1000 }, (_, i) => ({ name: `A${i}`, type: "number", data: Uint8Array.of(1) })),
    "A999",
  ],
  ["bits other than 0 and 1", [{ name: "B", type: "bit", data: Uint8Array.of(0, 2) }], "a bit of it is 2"],
  [
    "bits of a row",
    [{ name: "B", type: "variable", rows: [{ type: "bit", data: Uint8Array.of(7) }] }],
    "a bit of it is 7",
  ],
  [
    "an unknown type",
    [{ name: "B", type: "int", data: Uint8Array.of(7) }],
    "number, logical, bit, text, complex, variable",
  ],
])("%s are refused", (_what, columns, message) => {
  const table = { header: new Header(), columns: columns as unknown as readonly WritableColumn[] };
  expect(() => encodeFits([table])).toThrow(
    expect.objectContaining({ code: "FITS_COLUMN", message: expect.stringContaining(message) }),
  );
});
