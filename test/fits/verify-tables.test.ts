import { expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, Header, openFits, packFits, readTable, verifyFits } from "../../src/fits/index.ts";

const fixed = (key: string, value: string | number): string => `${key.padEnd(8)}= ${String(value).padStart(20)}`;
const text = (key: string, value: string): string => `${key.padEnd(8)}= '${value.padEnd(8)}'`;

function block(cards: readonly string[], data: Uint8Array = new Uint8Array(0), fill = 0, behindEnd = " "): Buffer {
  const header = [...cards, "END"].map((card) => card.padEnd(80)).join("");
  const whole = Buffer.alloc(Math.ceil(data.length / 2880) * 2880, fill);
  whole.set(data);
  return Buffer.concat([
    Buffer.from(header.padEnd(Math.ceil(header.length / 2880) * 2880, behindEnd), "latin1"),
    whole,
  ]);
}

const primary = [fixed("SIMPLE", "T"), fixed("BITPIX", 8), fixed("NAXIS", 0)];

interface Kind {
  readonly type: "BINTABLE" | "TABLE";
  readonly rowBytes: number;
  readonly data: Uint8Array;
  readonly columns?: number;
  readonly heapBytes?: number;
  readonly changed?: Readonly<Record<string, string | number>>;
}

async function found(own: readonly string[], kind: Kind): Promise<{ problems: string[]; warnings: string[] }> {
  const { type, rowBytes, data, columns = 1, heapBytes = 0, changed = {} } = kind;
  const cards = { BITPIX: 8, NAXIS: 2, NAXIS1: rowBytes, NAXIS2: (data.length - heapBytes) / rowBytes };
  const mandatory = { ...cards, PCOUNT: heapBytes, GCOUNT: 1, TFIELDS: columns, ...changed };
  const table = [text("XTENSION", type), ...Object.entries(mandatory).map(([key, value]) => fixed(key, value)), ...own];
  const file = Buffer.concat([block(primary), block(table, data, type === "TABLE" ? 0x20 : 0)]);
  const { problems, warnings } = await verifyFits(bytesSource(file));
  return { problems: problems.map(({ problem }) => problem), warnings: warnings.map(({ problem }) => problem) };
}

const integers: Kind = { type: "BINTABLE", rowBytes: 4, data: Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2) };
const arrays = (count: number, start: number): Kind => {
  return {
    type: "BINTABLE",
    rowBytes: 8,
    heapBytes: 8,
    data: Uint8Array.of(0, 0, 0, count, 0, 0, 0, start, ...new Uint8Array(8)),
  };
};
const ascii = (first: string, second = "2"): Kind => {
  return { type: "TABLE", rowBytes: 10, data: Buffer.from(first.padStart(10) + second.padStart(10)) };
};
const named = text("TTYPE1", "A");
const long = text("TFORM1", "1J");
const digits = text("TFORM1", "I10");
const at = fixed("TBCOL1", 1);

test.each<[string, readonly string[], Kind, RegExp]>([
  ["no form", [named], integers, /^TFORM1 is missing/],
  ["a form of no type", [named, text("TFORM1", "1Y")], integers, /^TFORM1 is "1Y", which is no form/],
  ["a small letter", [named, text("TFORM1", "1j")], integers, /^TFORM1 is "1j"; expected capitals/],
  ["columns that are too wide", [named, text("TFORM1", "2J")], integers, /fill 8 bytes of each row, NAXIS1 has 4/],
  ["columns that are too narrow", [named, text("TFORM1", "1I")], integers, /fill 2 bytes of each row, NAXIS1 has 4/],
  [
    "two groups",
    [named, long],
    { ...integers, data: new Uint8Array(16), changed: { GCOUNT: 2, NAXIS2: 2 } },
    /^GCOUNT is 2/,
  ],
  [
    "words of 16 bits",
    [named, long],
    { ...integers, data: new Uint8Array(16), changed: { BITPIX: 16, NAXIS2: 2 } },
    /^BITPIX is 16/,
  ],
  [
    "a null value that is a string",
    [named, long, text("TNULL1", "abc")],
    integers,
    /^TNULL1 is abc; expected an integer/,
  ],
  ["a null value of reals", [named, text("TFORM1", "1E"), fixed("TNULL1", 5)], integers, /^TNULL1 is there.*form 1E/],
  ["a scale that is a string", [named, long, text("TSCAL1", "a")], integers, /^TSCAL1 is a; expected a number/],
  [
    "axes that are none",
    [named, text("TFORM1", "4B"), text("TDIM1", "(3,3)")],
    integers,
    /^TDIM1 is "\(3,3\)", a cell has 4/,
  ],
  ["a column too many", [named, long, text("TTYPE2", "B")], integers, /^TTYPE2 is of a column that is not there/],
  [
    "an array outside of the heap",
    [named, text("TFORM1", "1PJ(9)")],
    arrays(2, 4),
    /^row 1 of 1, column 1 \(A\): its array would lie outside/,
  ],
  [
    "an array that is too long",
    [named, text("TFORM1", "1PJ(1)")],
    arrays(2, 0),
    /has 2 elements, by its TFORM at most 1/,
  ],
  [
    "a logical in the heap that is none",
    [named, text("TFORM1", "1PL(4)")],
    { ...arrays(4, 0), data: Buffer.concat([arrays(4, 0).data.subarray(0, 8), Buffer.from("TF\0x\0\0\0\0")]) },
    /^row 1 of 1, column 1 \(A\): the byte 120/,
  ],
  [
    "a text in the heap that is none",
    [named, text("TFORM1", "1PA(8)")],
    { ...arrays(8, 0), data: Buffer.concat([arrays(8, 0).data.subarray(0, 8), Buffer.from("abc\x01\0\x02\0\0")]) },
    /^row 1 of 1, column 1 \(A\): the text holds the byte 0x01/,
  ],
  [
    "a logical that is none",
    [named, text("TFORM1", "4L")],
    { ...integers, data: Buffer.from("TF\0TTFxT") },
    /^row 2 of 2.*the byte 120/,
  ],
  ["no TBCOL", [named, digits], ascii("1"), /^TBCOL1 is missing/],
  [
    "a column beyond the row",
    [named, digits, fixed("TBCOL1", 2)],
    ascii("1"),
    /^column 1 ends at character 11, NAXIS1 has 10/,
  ],
  [
    "a cell that is no integer",
    [named, digits, at],
    ascii("1", "abc"),
    /^row 2 of 2, column 1 \(A\): "abc" is no integer/,
  ],
  [
    "a null value of an ASCII column",
    [named, digits, at, fixed("TNULL1", 5)],
    ascii("1"),
    /^TNULL1 is 5; expected a string/,
  ],
  [
    "TBCOL in free format",
    [named, digits, "TBCOL1  = 1"],
    ascii("1"),
    /^card 11 \(TBCOL1\): "= 1" is not in the fixed format/,
  ],
])("a table is told of that has %s", async (_, cards, kind, problem) => {
  const { problems } = await found(cards, kind);
  expect(problems).toEqual([expect.stringMatching(problem)]);
});

test("sound tables have no problem, and warnings where a reader may go wrong", async () => {
  expect(await found([named, long], integers)).toEqual({ problems: [], warnings: [] });
  expect(await found([named, text("TFORM1", "1PJ(2)")], arrays(2, 0))).toEqual({ problems: [], warnings: [] });
  const empty = (start: number) => found([named, text("TFORM1", "1PJ(2)")], arrays(0, start));
  for (const inside of [0, 8]) expect(await empty(inside)).toEqual({ problems: [], warnings: [] });
  for (const outside of [9, 200]) {
    expect(await empty(outside)).toEqual({
      problems: [],
      warnings: [expect.stringContaining(`an empty array whose offset is ${outside}, and the heap 8 bytes`)],
    });
  }
  expect(await found([named, digits, at], ascii("-12", ""))).toEqual({ problems: [], warnings: [] });
  const twins = [named, text("TTYPE2", "a"), text("TFORM1", "1I"), text("TFORM2", "1I")];
  expect(await found(twins, { ...integers, columns: 2 })).toEqual({
    problems: [],
    warnings: [expect.stringContaining("1 and 2 share the name A")],
  });
  expect((await found([long], integers)).warnings).toEqual([expect.stringContaining("column 1 has no name")]);
  const reals = await found([named, text("TFORM1", "E10.2"), at], ascii("1.25", "7"));
  expect(reals).toEqual({ problems: [], warnings: [expect.stringContaining('"7", a real without a decimal point')] });
});

test("headers are held against the fixed format, and have nothing but blanks behind END", async () => {
  const problemsOf = async (bytes: Uint8Array) =>
    (await verifyFits(bytesSource(bytes))).problems.map((each) => each.problem);
  const free = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0"];
  expect(await problemsOf(block(free))).toEqual(
    ["SIMPLE", "BITPIX", "NAXIS"].map((key) => expect.stringContaining(`(${key})`)),
  );
  expect(await problemsOf(block(primary.map((card) => `${card}/ close`)))).toEqual([]);
  expect(await problemsOf(block(primary, undefined, 0, "\0"))).toEqual([
    expect.stringContaining("the byte 0x00 at offset 320"),
  ]);
  const foreign = await verifyFits(bytesSource(block([fixed("SIMPLE", "F"), ...primary.slice(1)])));
  expect(foreign).toMatchObject({
    problems: [],
    warnings: [{ hdu: 0, problem: expect.stringContaining("SIMPLE is F") }],
  });
});

test("what this library writes has no problem and no warning", async () => {
  const image = { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2] };
  const column = {
    name: "A",
    type: "number",
    data: Int32Array.of(1, 2),
    nulls: Uint8Array.of(0, 1),
    shape: [],
  } as const;
  const texts = { name: "T", type: "text", data: ["a", "bc"], shape: [] } as const;
  const bits = { name: "X", type: "bit", data: Uint8Array.of(1, 0, 1, 1, 0, 1), shape: [3] } as const;
  const table = { header: new Header(), columns: [column, texts, bits] };
  const packed = encodeFits([{ header: new Header(), image }], { compression: "fpack", checksum: true });
  for (const bytes of [packed, encodeFits([{ header: new Header(), image }, table])]) {
    expect(await verifyFits(bytesSource(bytes))).toMatchObject({ problems: [], warnings: [] });
  }
});

test("an ASCII integer beyond 64 bits is an error that names row and column, and NaN is a real", async () => {
  const fileOf = (form: string, cell: string): Buffer => {
    const cards = { BITPIX: 8, NAXIS: 2, NAXIS1: 25, NAXIS2: 1, PCOUNT: 0, GCOUNT: 1, TFIELDS: 1 };
    const mandatory = Object.entries(cards).map(([key, value]) => fixed(key, value));
    const table = [text("XTENSION", "TABLE"), ...mandatory, named, text("TFORM1", form), at];
    return Buffer.concat([block(primary), block(table, Buffer.from(cell.padStart(25)), 0x20)]);
  };
  const read = async (form: string, cell: string) => (await readTable(bytesSource(fileOf(form, cell)), 1)).columns[0];
  await expect(read("I25", "99999999999999999999")).rejects.toThrow(
    /row 1 of 1: the column A holds 99999999999999999999/,
  );
  expect(await read("I25", "-9223372036854775808")).toMatchObject({ data: BigInt64Array.of(-(2n ** 63n)) });
  for (const [cell, value] of [
    ["NaN", Number.NaN],
    ["-INF", Number.NEGATIVE_INFINITY],
    ["+infinity", Number.POSITIVE_INFINITY],
  ] as const) {
    expect(await read("E25.3", cell)).toMatchObject({ data: Float64Array.of(value) });
  }
});

test.each(["fpack", "dkist"] as const)("the preset %s takes GZIP_2 for integers of 64 bits", async (compression) => {
  const image = { data: BigInt64Array.of(1n, -2n, 3n, 2n ** 62n), shape: [2, 2] };
  const file = await openFits(bytesSource(encodeFits([{ header: new Header(), image }])));
  const packed = Buffer.concat(await Array.fromAsync(packFits(file, { compression })));
  const { hdus } = await openFits(bytesSource(packed));
  expect(hdus[1]?.tiles?.algorithm).toBe("GZIP_2");
});
