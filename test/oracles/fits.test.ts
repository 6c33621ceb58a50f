import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { array } from "../../src/codecs/index.ts";
import { openFile } from "../../src/core/file.ts";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import { pythonFloat, Real, real } from "../../src/core/scalar.ts";
import { type CardValue, createFits, encodeFits, encodeFrame, Header, parseHeader } from "../../src/fits/index.ts";
import { ask, astropy, describeWith, fitsverify } from "./fits-oracle.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-oracle-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const written = async (bytes: Uint8Array): Promise<string> => {
  const path = join(folder, "written.fits");
  await writeFile(path, bytes);
  return path;
};

const values: Readonly<Record<string, CardValue>> = {
  OBJECT: "Sun",
  QUOTE: "O'HARA's / \"and\" ''",
  LEADING: "  two blanks",
  EMPTY: "",
  // Without quotes: this astropy leaves them doubled in a string that goes on in CONTINUE cards.
  LONGSTR: `${"very long & ".repeat(12)}end`,
  AMPER: "alone&",
  INT: -42,
  BIGINT: 9007199254740993n,
  WHOLE: real(10),
  TINY: 1e-5,
  SMALL: -1.2345678901234567e-100,
  LARGE: real(1.7976931348623157e308),
  THIRD: 1 / 3,
  TRUTH: true,
  LIE: false,
  CPLX: { re: 1.5, im: -2 },
  "ESO DET WIN1 NX": 2048,
  "ESO OBS NAME": "a hierarchical string",
};

/** Header cards with the habits of an old solar archive, kept as they are. */
const oddCards = [
  "",
  "DATASRC = 'LZ file           ' /",
  "WAVELNTH=                  195 / 171 = Fe IX/X, 195 = Fe XII,",
  "                               / 284 = Fe XV, 304 = He II",
  "EXPTIME =               13.000 / s (total commanded + shutter close)",
  "SC_ROLL =               180.00 / s/c roll (deg., Solar north + CCW from nominal)",
  "COMMENT   N_MISSING_BLOCKS =    1",
  "END",
];

function fullHeader(): Header {
  const odd = parseHeader(Buffer.from(oddCards.map((line) => line.padEnd(80)).join(""), "latin1"));
  for (const [key, value] of Object.entries(values)) odd.set(key, value, "a comment");
  odd.set("NAMED", "short", "a comment that is too long for the card beside a string and so goes on in another one");
  return odd.addHistory("pedestal of 844.25 removed, by the median of the corners ".repeat(3)).addComment("done");
}

const shape = [3, 5];
const types = [
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
];

function imageOf(type: (typeof types)[number]): NdArray {
  const bytes = Uint8Array.from({ length: 15 * type.BYTES_PER_ELEMENT }, (_, index) => (index * 83 + 7) % 251);
  return { data: new type(bytes.buffer) as PixelArray, shape };
}

describeWith(fitsverify, () => {
  const verify = async (bytes: Uint8Array) => ask(fitsverify, [await written(bytes)]);

  test.each(types.map((type) => [type.name, type] as const))(
    "finds nothing wrong with an image of %s",
    async (_, type) => {
      const report = await verify(encodeFits([{ header: fullHeader(), image: imageOf(type) }], { checksum: true }));
      expect(report).toContain("Verification found 0 warning(s) and 0 error(s)");
    },
  );

  test("finds nothing wrong with a frame with mask and variance, nor with a header alone", async () => {
    const mask = { data: new Uint32Array(15).fill(2 ** 32 - 1), shape };
    const header = fullHeader().set("BUNIT", "adu/s");
    const frame = { header, image: imageOf(Float32Array), mask, variance: imageOf(Float64Array) };
    expect(await verify(encodeFrame(frame))).toContain("Verification found 0 warning(s) and 0 error(s)");
    expect(await verify(encodeFits([{ header: new Header() }]))).toContain(
      "Verification found 0 warning(s) and 0 error(s)",
    );
    expect(await verify(encodeFits([{ header: new Header() }, { header: Header.from({ EXTNAME: "X" }) }]))).toContain(
      "Verification found 0 warning(s) and 0 error(s)",
    );
  });

  test.each([undefined, "dkist", "lossless"] as const)(
    "finds nothing wrong with a cube that came slice by slice, compressed as %s",
    async (compression) => {
      const path = join(folder, "streamed.fits");
      {
        await using fits = await createFits(path, { checksum: true, overwrite: true, compression });
        const cube = await fits.image({ header: fullHeader(), pixels: "float32", shape: [5, 20, 30] });
        for (let k = 0; k < 5; k += 1) await cube.write(Float32Array.from({ length: 600 }, (_, i) => Math.sin(i * k)));
        await cube.finish();
        const columns = [{ name: "T", type: "number", data: Float64Array.of(1, 2) }] as const;
        await fits.add({ header: Header.from({ EXTNAME: "TIMES" }), columns });
        await fits.commit();
      }
      expect(ask(fitsverify, [path])).toContain("Verification found 0 warning(s) and 0 error(s)");
    },
  );
});

describeWith(astropy, () => {
  interface ReadBack {
    readonly hdus: readonly { readonly name: string; readonly cards: readonly [string, string, unknown, string][] }[];
    readonly warnings: readonly string[];
  }
  const program = fileURLToPath(new URL("fits-read-back.py", import.meta.url));
  const readBack = async (bytes: Uint8Array): Promise<ReadBack> =>
    JSON.parse(ask(astropy, [program, await written(bytes), folder]));
  const pixels = async (hdu: number): Promise<NdArray> => {
    const path = join(folder, `${hdu}.npy`);
    await using file = await openFile(path);
    return array.decode(file, { path });
  };

  test.each(types.map((type) => [type.name, type] as const))(
    "reads the same %s pixels, and our checksums fit",
    async (name, type) => {
      const image = imageOf(type);
      const { warnings } = await readBack(encodeFits([{ header: new Header(), image }], { checksum: true }));
      const theirs = await pixels(0);
      expect(warnings).toEqual([]);
      expect(theirs.shape).toEqual(shape);
      // This version of astropy knows the convention of signed bytes as scaled integers only.
      if (name === "Int8Array" && theirs.data instanceof Float32Array)
        expect(Array.from(theirs.data)).toEqual(Array.from(image.data as Int8Array));
      else expect(theirs.data).toEqual(image.data);
    },
  );

  test("reads a frame's mask and variance under their names", async () => {
    const mask = { data: Uint32Array.from({ length: 15 }, (_, index) => index * 2 ** 28), shape };
    const { hdus, warnings } = await readBack(
      encodeFrame({ header: fullHeader(), image: imageOf(Float32Array), mask, variance: imageOf(Float64Array) }),
    );
    expect(warnings).toEqual([]);
    expect(hdus.map((hdu) => hdu.name)).toEqual(["PRIMARY", "MASK", "VARIANCE"]);
    expect(await pixels(1)).toEqual(mask);
    expect((await pixels(2)).data).toEqual(imageOf(Float64Array).data);
  });

  test("reads the same header values, integers and reals apart, and the same comments", async () => {
    const header = fullHeader().set("UNDEF", undefined, "a comment");
    const { hdus } = await readBack(encodeFits([{ header, image: imageOf(Int16Array) }]));
    const theirs = new Map(
      hdus[0]!.cards.map(([keyword, type, value, comment]) => [keyword, { type, value, comment }]),
    );
    for (const [key, value] of [...Object.entries(values), ["UNDEF", undefined] as const]) {
      expect([key, theirs.get(key)]).toEqual([key, { ...asPython(value), comment: "a comment" }]);
    }
    expect(theirs.get("EXPTIME")).toEqual({
      type: "float",
      value: "13.0",
      comment: "s (total commanded + shutter close)",
    });
    expect(theirs.get("DATASRC")?.value).toBe("LZ file");
    const history = hdus[0]!.cards.filter(([keyword]) => keyword === "HISTORY").map(([, , text]) => text);
    expect(history).toEqual(header.history);
  });
});

function asPython(value: CardValue): { type: string; value: unknown } {
  if (value === undefined) return { type: "undefined", value: "" };
  if (typeof value === "string") return { type: "str", value };
  if (typeof value === "boolean") return { type: "bool", value: value ? "True" : "False" };
  if (typeof value === "bigint") return { type: "int", value: String(value) };
  if (value instanceof Real) return { type: "float", value: pythonFloat(value.value) };
  if (typeof value === "object") return { type: "complex", value: [pythonFloat(value.re), pythonFloat(value.im)] };
  return Number.isInteger(value) ? { type: "int", value: String(value) } : { type: "float", value: pythonFloat(value) };
}
