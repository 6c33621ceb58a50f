import { describe, expect, test } from "vitest";
import { cellsOf } from "../../src/cli/fits/table-cells.ts";
import { bytesSource } from "../../src/core/byte-source.ts";
import { isFirstlightError } from "../../src/core/errors.ts";
import { encodeFits, encodeHeader, Header, type HeaderRecord, openFits, readTable } from "../../src/fits/index.ts";
import { readCase } from "./cases.ts";
import { randomFrom } from "./random.ts";

function fileOf(extension: HeaderRecord, data: Uint8Array, fill = 0) {
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  const padded = new Uint8Array(Math.ceil(data.length / 2880) * 2880).fill(fill);
  padded.set(data);
  return bytesSource(Buffer.concat([primary, encodeHeader(Header.from(extension).cards), padded]), "table.fits");
}

/** A binary table of rows of these bytes. */
function binary(cards: HeaderRecord, rows: readonly (readonly number[])[], heap: readonly number[] = []) {
  const mandatory = { XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: rows[0]!.length, NAXIS2: rows.length };
  const columns = Object.keys(cards).filter((key) => key.startsWith("TFORM")).length;
  return fileOf(
    { ...mandatory, PCOUNT: heap.length, GCOUNT: 1, TFIELDS: columns, ...cards },
    Uint8Array.from([...rows.flat(), ...heap]),
  );
}

function ascii(cards: HeaderRecord, rows: readonly string[]) {
  const mandatory = { XTENSION: "TABLE", BITPIX: 8, NAXIS: 2, NAXIS1: rows[0]!.length, NAXIS2: rows.length };
  const columns = Object.keys(cards).filter((key) => key.startsWith("TFORM")).length;
  return fileOf({ ...mandatory, PCOUNT: 0, GCOUNT: 1, TFIELDS: columns, ...cards }, Buffer.from(rows.join("")), 32);
}

const column = async (source: ReturnType<typeof fileOf>) => (await readTable(source, 1)).columns[0]!;

describe("TDIM", () => {
  test("of fewer elements than a cell has is the shape of the first ones, the rest is fill", async () => {
    const numbers = binary({ TFORM1: "5B", TDIM1: "(2,2)" }, [
      [1, 2, 3, 4, 99],
      [5, 6, 7, 8, 99],
    ]);
    expect(await column(numbers)).toMatchObject({ shape: [2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    const bits = binary({ TFORM1: "9X", TDIM1: "(3,2)" }, [[0b10110100, 0x80]]);
    expect(await column(bits)).toMatchObject({ shape: [2, 3], data: Uint8Array.of(1, 0, 1, 1, 0, 1) });
    const texts = binary({ TFORM1: "8A", TDIM1: "(3,2)" }, [[...Buffer.from("ab cd !!")]]);
    expect(await column(texts)).toMatchObject({ shape: [2], data: ["ab", "cd"] });
  });

  test("of more elements than a cell has is ignored", async () => {
    const source = binary({ TFORM1: "3B", TDIM1: "(2,2)" }, [[1, 2, 3]]);
    expect(await column(source)).toMatchObject({ shape: [3], data: Uint8Array.of(1, 2, 3) });
  });

  test("of arrays in the heap is told with them, and written with them again", async () => {
    const rows = [
      [0, 0, 0, 4, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 5, 0, 0, 0, 4],
    ];
    const read = await column(binary({ TFORM1: "1PB(5)", TDIM1: "(1,4)" }, rows, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(read).toMatchObject({ type: "variable", shape: [4, 1] });
    if (read.type !== "variable") throw new Error(read.type);
    expect(read.rows.map(({ data }) => data.length)).toEqual([4, 0, 5]);
    expect([...cellsOf(read, 3)]).toEqual([[[1], [2], [3], [4]], [], [[5], [6], [7], [8]]]);
    const written = bytesSource(encodeFits([{ header: new Header() }, { header: new Header(), columns: [read] }]));
    const again = (await openFits(written)).hdus[1]?.header;
    expect(again?.get("TDIM1")).toBe("(1,4)");
    expect((await readTable(written, 1)).columns[0]).toMatchObject({ shape: [4, 1], rows: read.rows });
    const unfit = { ...read, shape: [3, 2] };
    const other = bytesSource(encodeFits([{ header: new Header() }, { header: new Header(), columns: [unfit] }]));
    expect((await openFits(other)).hdus[1]?.header.has("TDIM1")).toBe(false);
  });
});

describe("a column of a binary table", () => {
  test("of complex numbers has its scale on both parts, and its zero on the real one", async () => {
    const source = binary({ TFORM1: "1C", TTYPE1: "Z", TSCAL1: 2, TZERO1: 10 }, [[0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0]]);
    expect(await column(source)).toMatchObject({ type: "complex", data: Float64Array.of(13, -4) });
  });

  test("of integers keeps their type; what TNULL names is marked", async () => {
    const source = binary({ TFORM1: "1I", TTYPE1: "A", TUNIT1: "adu", TNULL1: 7 }, [
      [255, 254],
      [0, 7],
    ]);
    expect(await column(source)).toEqual({
      type: "number",
      number: 1,
      name: "A",
      unit: "adu",
      form: "1I",
      shape: [],
      data: Int16Array.of(-2, 7),
      nulls: Uint8Array.of(0, 1),
    });
  });

  test("has no null value where TNULL names one that no integer can be", async () => {
    const row = [0, 0, 0, 0, 0, 0, 0, 1];
    const read = await column(binary({ TFORM1: "K", TNULL1: -1.5 }, [row]));
    expect(read).toMatchObject({ data: BigInt64Array.of(1n), nulls: undefined });
  });

  test("that is scaled comes as float64, NaN where TNULL says so", async () => {
    const source = binary({ TFORM1: "B", TSCAL1: 0.5, TZERO1: 10, TNULL1: 0 }, [[0], [4]]);
    expect(await column(source)).toMatchObject({ data: Float64Array.of(Number.NaN, 12), nulls: Uint8Array.of(1, 0) });
  });

  test("of the unsigned conventions has the unsigned type, and signed bytes theirs", async () => {
    const wide = [0x80, 0, 0, 0, 0, 0, 0, 1];
    expect(await column(binary({ TFORM1: "K", TZERO1: 2n ** 63n }, [wide]))).toMatchObject({
      data: BigUint64Array.of(1n),
    });
    expect(await column(binary({ TFORM1: "2I", TZERO1: 32768 }, [[0x80, 0, 0x7f, 0xff]]))).toMatchObject({
      shape: [2],
      data: Uint16Array.of(0, 65535),
    });
    expect(await column(binary({ TFORM1: "B", TZERO1: -128 }, [[0], [255]]))).toMatchObject({
      data: Int8Array.of(-128, 127),
    });
  });

  test("has the shape that TDIM gives it, unless that does not fit", async () => {
    const row = [1, 2, 3, 4, 5, 6];
    expect(await column(binary({ TFORM1: "6B", TDIM1: "(3,2)" }, [row]))).toMatchObject({ shape: [2, 3] });
    expect(await column(binary({ TFORM1: "6B", TDIM1: "(4,2)" }, [row]))).toMatchObject({ shape: [6] });
    expect(await column(binary({ TFORM1: "6B", TDIM1: "six" }, [row]))).toMatchObject({ shape: [6] });
  });

  test("of text is cut at a NUL and its blanks, in strings as its form says", async () => {
    const row = [...Buffer.from("ab  c\0zz")];
    expect(await column(binary({ TFORM1: "8A" }, [row]))).toMatchObject({ type: "text", shape: [], data: ["ab  c"] });
    expect(await column(binary({ TFORM1: "8A4" }, [row]))).toMatchObject({ shape: [2], data: ["ab", "c"] });
    expect(await column(binary({ TFORM1: "8A", TDIM1: "(2,2,2)" }, [row]))).toMatchObject({
      shape: [2, 2],
      data: ["ab", "", "c", "zz"],
    });
  });

  test("of logicals knows true, false and neither; of bits, each cell from a new byte on", async () => {
    const logical = await column(binary({ TFORM1: "3L" }, [[84, 70, 0]]));
    expect(logical).toMatchObject({ type: "logical", data: [true, false, undefined] });
    const bits = await column(
      binary({ TFORM1: "9X" }, [
        [0b10100000, 0b10000000],
        [0, 0b11111111],
      ]),
    );
    expect(bits).toMatchObject({
      type: "bit",
      shape: [9],
      data: Uint8Array.of(1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    });
  });

  test("of complex numbers has real and imaginary parts by turns", async () => {
    const one = [0x3f, 0x80, 0, 0];
    const source = binary({ TFORM1: "C" }, [[...one, 0xbf, 0x80, 0, 0]]);
    expect(await column(source)).toMatchObject({ type: "complex", shape: [], data: Float32Array.of(1, -1) });
  });

  test("of arrays follows its descriptors into the heap, over a gap before it", async () => {
    const cards = { TFORM1: "1PI(2)", TSCAL1: 2, NAXIS2: 2, THEAP: 20 };
    const rows = [
      [0, 0, 0, 2, 0, 0, 0, 2],
      [0, 0, 0, 0, 0, 0, 0, 0],
    ];
    const source = binary(cards, rows, [9, 9, 9, 9, 0, 0, 0, 1, 0, 5]);
    expect(await column(source)).toMatchObject({
      type: "variable",
      rows: [{ type: "number", data: Float64Array.of(2, 10) }, { data: new Float64Array(0) }],
    });
    const wide = binary({ TFORM1: "QA" }, [[0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 1]], [0, 83, 117, 110]);
    expect(await column(wide)).toMatchObject({ rows: [{ type: "text", data: ["Sun"] }] });
  });

  test("is read alone where it is named, and missed by name", async () => {
    const source = binary({ TFORM1: "B", TTYPE1: "FLUX", TFORM2: "B", TTYPE2: "Error" }, [[1, 2]]);
    const table = await readTable(source, 1, { columns: ["error"] });
    expect(table.columns).toMatchObject([{ number: 2, data: Uint8Array.of(2) }]);
    await expect(readTable(source, 1, { columns: ["NOISE"] })).rejects.toThrow(
      expect.objectContaining({
        code: "FITS_NO_COLUMN",
        message: "table.fits, HDU 1: the table has no column NOISE; it has FLUX, Error.",
      }),
    );
  });
});

describe("a column of an ASCII table", () => {
  test("is found by its place, blanks around it", async () => {
    const source = ascii(
      { TFORM1: "A3", TBCOL1: 1, TTYPE1: "NAME", TFORM2: "I4", TBCOL2: 5, TNULL2: "-", TFORM3: "F6.2", TBCOL3: 9 },
      ["Sun  -12  3.14", "ab     -   314", "              "],
    );
    const { columns, rowCount } = await readTable(source, 1);
    expect(rowCount).toBe(3);
    expect(columns).toMatchObject([
      { type: "text", data: ["Sun", "ab", ""] },
      { type: "number", data: Int32Array.of(-12, 0, 0), nulls: Uint8Array.of(0, 1, 0) },
      // Without a point, the last digits stand behind it.
      { type: "number", data: Float64Array.of(3.14, 3.14, 0) },
    ]);
  });

  test("spells exponents in every way that FORTRAN does", async () => {
    const fields = ["1.5E+03 ", "1.5D-3  ", "-.5e1   ", "1.5+3   ", "15E2    "];
    const source = ascii({ TFORM1: "E8.1", TBCOL1: 1 }, fields);
    expect(await column(source)).toMatchObject({ data: Float64Array.of(1500, 0.0015, -5, 1500, 150) });
  });

  test("has no digits behind the point where its form names none, whose letter may be small", async () => {
    expect(await column(ascii({ TFORM1: "e6", TBCOL1: 1 }, ["1.5E1 ", "20    "]))).toMatchObject({
      data: Float64Array.of(15, 20),
    });
    expect(await column(binary({ TFORM1: "2i" }, [[0, 1, 0, 2]]))).toMatchObject({ data: Int16Array.of(1, 2) });
  });

  test("of long integers loses none of their digits; a scaled one is float64", async () => {
    const digits = "1234567890123456789";
    expect(await column(ascii({ TFORM1: "I19", TBCOL1: 1 }, [digits]))).toMatchObject({
      data: BigInt64Array.of(1234567890123456789n),
    });
    expect(await column(ascii({ TFORM1: "I3", TBCOL1: 1, TSCAL1: 0.5, TZERO1: 1 }, ["  4"]))).toMatchObject({
      data: Float64Array.of(3),
    });
  });

  test("that holds no number is refused with its row", async () => {
    const source = ascii({ TFORM1: "I3", TBCOL1: 1, TTYPE1: "N" }, ["  1", " x "]);
    await expect(readTable(source, 1)).rejects.toThrow(
      expect.objectContaining({
        code: "FITS_INVALID",
        message: 'table.fits, HDU 1, offset 5763: row 2 of 2: the column N holds " x ", which is no number.',
      }),
    );
  });
});

test("the table of a compressed image is read as the table that it is", async () => {
  const { source } = await readCase("rice_f32_dither1");
  const { columns, rowCount, header } = await readTable(source, 1);
  expect([rowCount, header.get("XTENSION")]).toEqual([64, "BINTABLE"]);
  expect(columns.map(({ name, type }) => [name, type])).toContainEqual(["COMPRESSED_DATA", "variable"]);
});

describe("what is no table, or an impossible one, is refused", () => {
  test("an image", async () => {
    const { source } = await readCase("i16");
    await expect(readTable(source, 0)).rejects.toThrow(expect.objectContaining({ code: "FITS_UNSUPPORTED" }));
  });

  test.each<[what: string, problem: RegExp, source: () => ReturnType<typeof fileOf>]>([
    [
      "an array out of the heap",
      /row 1 of 1: the array/,
      () => binary({ TFORM1: "PB" }, [[0, 0, 0, 9, 0, 0, 0, 0]], [1]),
    ],
    [
      "a negative offset",
      /row 1 of 1: the array/,
      () => binary({ TFORM1: "PB" }, [[0, 0, 0, 1, 255, 255, 255, 255]], [1]),
    ],
    [
      "rows without bytes beyond measure",
      /NAXIS2 is 1000000/,
      () => binary({ TFORM1: "0B", NAXIS1: 0, NAXIS2: 1_000_000 }, [[]]),
    ],
    ["a form that is none", /TFORM1 is "2PB"/, () => binary({ TFORM1: "2PB" }, [[1]])],
    ["columns beyond the row", /fill 400 bytes/, () => binary({ TFORM1: "50D" }, [[1]])],
    ["a thousand columns", /TFIELDS is 1000/, () => binary({ TFORM1: "B", TFIELDS: 1000 }, [[1]])],
    ["an ASCII column beyond the row", /ends at character 5/, () => ascii({ TFORM1: "A4", TBCOL1: 2 }, ["abc"])],
    ["an ASCII form that is none", /TFORM1 is "4A"/, () => ascii({ TFORM1: "4A", TBCOL1: 1 }, ["abcd"])],
  ])("%s", async (_, problem, source) => {
    await expect(readTable(source(), 1)).rejects.toThrow(
      expect.objectContaining({ code: "FITS_INVALID", message: expect.stringMatching(problem) }),
    );
  });

  test("one byte changed: the table is read, or refused with an error of ours", async () => {
    const random = randomFrom(20260104);
    const rows = Array.from({ length: 9 }, (_, row) => [row, 0, 0, 0, 0, 3, 0, 0, 0, row, 65, 66, 84]);
    const cards = { TFORM1: "I", TFORM2: "PI(3)", TFORM3: "2A", TFORM4: "L", TNULL1: 3, TSCAL2: 2, TDIM3: "(1,2)" };
    const source = binary(cards, rows, new Array<number>(40).fill(1));
    const bytes = new Uint8Array(source.sizeBytes);
    await source.read(0, bytes);
    let refused = 0;
    for (let run = 0; run < 2000; run += 1) {
      const damaged = bytes.slice();
      damaged[2880 + Math.floor(random() * (run % 2 === 0 ? 1800 : 3100))] = 32 + Math.floor(random() * 95);
      try {
        await readTable(bytesSource(damaged, "damaged.fits"), 1);
      } catch (error) {
        if (!isFirstlightError(error)) throw error;
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(200);
  });
});
