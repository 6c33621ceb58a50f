import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { copyFile, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openFile } from "../../src/core/file.ts";
import {
  Card,
  encodeFits,
  encodeHeader,
  Header,
  type HeaderRecord,
  openFits,
  readImage,
} from "../../src/fits/index.ts";
import { type Cli, openCli } from "./cli-process.ts";
import { expectDocumented } from "./json-documents.ts";

const fixtures = join(import.meta.dirname, "../fixtures/fits");
const bin = join(import.meta.dirname, "../../src/cli/bin.ts");
const manifest = JSON.parse(readFileSync(join(fixtures, "manifest.json"), "utf8")) as readonly { name: string }[];

let cli: Cli;
beforeAll(async () => {
  cli = await openCli();
});
afterAll(() => cli[Symbol.asyncDispose]());

const fits = (...args: readonly string[]) => cli.run(["fits", ...args]);
const file = (name: string) => join(fixtures, name);
const truthOf = (name: string) => new Float64Array(new Uint8Array(readFileSync(file(`${name}.f64`))).buffer);

interface Stats {
  readonly hdus: readonly Record<string, number | string | null | readonly number[]>[];
}

describe("firstlight fits stats --json", () => {
  test.each(["i16_scaled_blank", "f32_nan", "rice_f32_dither1", "i64"])(
    "of %s are those of the truth",
    async (name) => {
      const { code, stdout } = await fits("stats", file(`${name}.fits`), "--json");
      const image = (JSON.parse(stdout) as Stats).hdus.find(({ min }) => min !== null);
      const truth = truthOf(name);
      const good = [...truth].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
      const mean = good.reduce((sum, value) => sum + value, 0) / good.length;
      const rms = Math.sqrt(good.reduce((sum, value) => sum + value * value, 0) / good.length);
      const middle = ((good[(good.length - 1) >> 1] ?? 0) + (good[good.length >> 1] ?? 0)) / 2;
      const numbers = ["min", "max", "mean", "median", "rms"].map((key) => Number(image?.[key]));
      const expected = [good[0] ?? 0, good.at(-1) ?? 0, mean, middle, rms];
      for (const [at, value] of numbers.entries()) {
        const wanted = expected[at] ?? 0;
        const isSame = Object.is(value, wanted) || Math.abs(value - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted));
        expect(isSame, `${at}: ${value}, not ${wanted}`).toBe(true);
      }
      expect(image?.nan).toBe(truth.length - good.length);
      expect(code).toBe(0);
    },
  );

  test.each([
    [
      "signed",
      "",
      BigInt64Array.of(-(2n ** 63n) + 1n, 2n ** 62n + 1n, 2n ** 62n + 5n),
      "-9223372036854775807",
      "4611686018427387909",
    ],
    [
      "unsigned",
      "",
      BigUint64Array.of(2n ** 53n + 1n, 2n ** 62n + 1n, 2n ** 64n - 1n),
      "9007199254740993",
      "18446744073709551615",
    ],
    [
      "signed, with BLANK",
      "BLANK",
      BigInt64Array.of(-(2n ** 63n) + 1n, 2n ** 62n + 1n, 2n ** 62n + 5n, 7n),
      "-9223372036854775807",
      "4611686018427387909",
    ],
    [
      "unsigned, with BLANK",
      "BLANK",
      BigUint64Array.of(2n ** 53n + 1n, 2n ** 62n + 1n, 2n ** 64n - 1n, 2n ** 63n + 7n),
      "9007199254740993",
      "18446744073709551615",
    ],
  ])("integers of 64 bits keep all their digits: %s", async (_, blank, data, min, max) => {
    const path = join(cli.folder, "wide.fits");
    const bytes = Buffer.from(
      encodeFits([{ header: Header.from({ UNDEF: 7 }), image: { data, shape: [data.length] } }]),
    );
    if (blank !== "") bytes.write("BLANK   ", bytes.indexOf("UNDEF   "));
    await writeFile(path, bytes);
    const { stdout } = await fits("stats", path, "--json");
    expect(stdout).toContain(`"min": ${min},`);
    expect(stdout).toContain(`"max": ${max},`);
    expect(stdout).toContain('"median": 4611686018427387905,');
    expect(stdout).toContain(`"nan": ${blank === "" ? 0 : 1},`);
    if (blank === "") expect((await fits("stats", path)).stdout).toContain(`${min}  ${max}`);
  });

  test("there is an object for every HDU, null where it has no pixels, and numbers that are not finite are strings", async () => {
    const data = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 3);
    const path = join(cli.folder, "odd.fits");
    await writeFile(
      path,
      encodeFits([
        { header: new Header() },
        { header: Header.from({ EXTNAME: "ODD" }), image: { data, shape: [2, 2] } },
        { header: new Header(), image: { data: Float32Array.of(Number.NaN), shape: [1, 1] } },
      ]),
    );
    const { stdout } = await fits("stats", path, "--json");
    expect((JSON.parse(stdout) as Stats).hdus).toMatchObject([
      { index: 0, name: null, type: "image", bitpix: 8, shape: [], min: null, rms: null, nan: null, datasum: 0 },
      {
        index: 1,
        name: "ODD",
        shape: [2, 2],
        bitpix: -32,
        min: 1,
        max: "Infinity",
        mean: "Infinity",
        median: 3,
        nan: 1,
      },
      { index: 2, min: "NaN", max: "NaN", mean: "NaN", median: "NaN", rms: "NaN", nan: 1 },
    ]);
  });
});

describe("firstlight fits unpack", () => {
  test("every case, as float64, holds the truth", async () => {
    expect(manifest.length).toBeGreaterThan(30);
    for (const { name } of manifest) {
      const out = join(cli.folder, `${name}.out.fits`);
      const { code, stderr } = await fits("unpack", "--as", "float64", file(`${name}.fits`), out);
      expect(code, `${name}: ${stderr}`).toBe(0);
      await using source = await openFile(out);
      const image = await readImage(source);
      expect(image.data, name).toBeInstanceOf(Float64Array);
      expect(image.data, name).toEqual(truthOf(name));
    }
  }, 120_000);

  test("without it the pixels stay as they were stored, under the image's own header", async () => {
    const out = join(cli.folder, "stored.fits");
    await fits("unpack", file("rice_i16_noise.fits"), out);
    await using source = await openFile(out);
    const { hdus } = await openFits(source);
    expect(hdus.map(({ tiles }) => tiles)).not.toContainEqual(expect.anything());
    const { stdout, code } = await fits("diff", file("rice_i16_noise.fits"), out);
    expect(stdout).toContain("no difference");
    expect(code).toBe(0);
  });

  test("a file that is there is replaced only where that is asked for", async () => {
    const out = join(cli.folder, "there.fits");
    await writeFile(out, "mine");
    const refused = await fits("unpack", file("i16.fits"), out);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/FITS_FILE: The file .*there\.fits is there already.*--overwrite/);
    expect(await readFile(out, "utf8")).toBe("mine");
    expect((await fits("unpack", file("i16.fits"), out, "--overwrite")).code).toBe(0);
    expect(await readFile(out)).toEqual(await readFile(file("i16.fits")));
  });
});

describe("firstlight fits verify", () => {
  test("a good file has no problem", async () => {
    const { code, stdout } = await fits("verify", file("i16.fits"));
    expect(stdout).toContain("✓ no problem");
    expect(code).toBe(0);
  });

  test("tells of every problem with its HDU, and ends with 1", async () => {
    const image = { data: Int16Array.of(1, 2, 3, 4), shape: [2, 2] };
    const bytes = encodeFits([{ header: Header.from({ OBJECT: "Sun" }), image }], { checksum: true });
    const text = Buffer.from(bytes);
    text.write("Moon", text.indexOf("Sun"));
    text[2880 + 100] = 7;
    const path = join(cli.folder, "bad.fits");
    await writeFile(path, Buffer.concat([text, Buffer.from("tail")]));
    const { code, stdout } = await fits("verify", path, "--json");
    const { ok, problems } = JSON.parse(stdout) as { ok: boolean; problems: { hdu: number | null; problem: string }[] };
    expect(ok).toBe(false);
    expect(code).toBe(1);
    const told = problems.map(({ hdu, problem }) => `${hdu}: ${problem}`).join("\n");
    expect(told).toMatch(/bytes follow/);
    await writeFile(path, text);
    const again = await fits("verify", path);
    expect(again.stdout).toMatch(/HDU 0: DATASUM does not fit the bytes/);
    expect(again.stdout).toMatch(/HDU 0: CHECKSUM does not fit the bytes/);
    expect(again.stdout).toMatch(/the padding behind the data holds 7 at offset 2980, not 0/);
    expect(again.stdout).toMatch(/3 problems in/);
  });
});

describe("firstlight fits table", () => {
  const rows = 25;
  beforeAll(async () => {
    // E, 2I, 4A, L of each row.
    const data = Buffer.alloc(13 * rows);
    for (let row = 0; row < rows; row += 1) {
      data.writeFloatBE(row === 1 ? Number.NaN : row / 2, 13 * row);
      data.writeInt16BE(row, 13 * row + 4);
      data.writeInt16BE(-99, 13 * row + 6);
      data.write(row === 0 ? 'a,"b' : "sun ", 13 * row + 8, "latin1");
      data.write(row === 0 ? "T" : "F", 13 * row + 12, "latin1");
    }
    const header = Header.from({
      ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 13, NAXIS2: rows, PCOUNT: 0, GCOUNT: 1, TFIELDS: 4 },
      ...{ TTYPE1: "RATE", TFORM1: "E", TUNIT1: "1/s", TTYPE2: "XY", TFORM2: "2I", TNULL2: -99 },
      ...{ TTYPE3: "NAME", TFORM3: "4A", TTYPE4: "GOOD", TFORM4: "L", EXTNAME: "EVENTS" },
    });
    const primary = Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true });
    const padding = Buffer.alloc(2880 - data.length);
    const bytes = Buffer.concat([encodeHeader(primary.cards), encodeHeader(header.cards), data, padding]);
    await writeFile(join(cli.folder, "table.fits"), bytes);
  });

  test("prints the first rows, with units, and says how many there are", async () => {
    const { stdout, code } = await fits("table", join(cli.folder, "table.fits"));
    expect(stdout).toMatch(/^RATE \[1\/s\] +XY +NAME +GOOD\n0 +\[0, null\] +a,"b +true\n/);
    expect(stdout).toContain("… of 25 rows; --csv or --json prints them all.");
    expect(code).toBe(0);
  });

  test("gives every row as JSON, column by column, and as CSV", async () => {
    const { stdout } = await fits("table", join(cli.folder, "table.fits"), "--hdu", "EVENTS", "--json");
    await expectDocumented("fits table", stdout);
    const document = JSON.parse(stdout) as { columns: { name: string; values: unknown[] }[] };
    expect(document).toMatchObject({ hdu: 1, name: "EVENTS", rowCount: 25 });
    expect(document.columns.map(({ name, values }) => [name, ...values.slice(0, 3)])).toEqual([
      ["RATE", 0, "NaN", 1],
      ["XY", [0, null], [1, null], [2, null]],
      ["NAME", 'a,"b', "sun", "sun"],
      ["GOOD", true, false, false],
    ]);
    const csv = (await fits("table", join(cli.folder, "table.fits"), "--csv")).stdout.split("\n");
    expect(csv.slice(0, 3)).toEqual(["RATE,XY,NAME,GOOD", '0,"[0, null]","a,""b",true', 'NaN,"[1, null]",sun,false']);
    expect(csv).toHaveLength(rows + 2);
  });

  test("a file without a table says so", async () => {
    const { stderr, code } = await fits("table", file("i16.fits"));
    expect(stderr).toContain("no HDU holds a table");
    expect(code).toBe(1);
  });
});

describe("firstlight fits info, header, cut, diff and png", () => {
  test("info lists HDUs as people and as programs read them", async () => {
    const { stdout } = await fits("info", file("rice_i16_noise.fits"));
    expect(stdout).toMatch(/RICE_1/);
    const document = JSON.parse((await fits("info", file("ext_image.fits"), "--json")).stdout) as Stats;
    expect(document.hdus.length).toBeGreaterThan(1);
    expect(document.hdus[0]).toMatchObject({ index: 0, type: "image" });
  });

  test("header prints the cards as they stand, and in JSON keeps integers and reals apart", async () => {
    const path = join(cli.folder, "header.fits");
    await writeFile(path, encodeFits([{ header: Header.from({ GAIN: [2, "e/adu"], NOTE: "it's" }) }]));
    const { stdout } = await fits("header", path, "--hdu", "0");
    expect(stdout).toContain("GAIN    =                    2 / e/adu\n");
    const document = JSON.parse((await fits("header", path, "--json")).stdout) as {
      hdus: { cards: { keyword: string; value: unknown; comment: string }[] }[];
    };
    const card = (keyword: string) => document.hdus[0]?.cards.find((each) => each.keyword === keyword);
    expect(card("GAIN")).toEqual({ keyword: "GAIN", value: 2, comment: "e/adu" });
    expect(card("NOTE")).toMatchObject({ value: "it's" });
  });

  test("cut writes the box that was asked for and moves the reference pixels of every system", async () => {
    const path = join(cli.folder, "whole.fits");
    const data = Uint16Array.from({ length: 24 }, (_, index) => index);
    const header = Header.from({ CRPIX1: 3.5, CRVAL1: 10, CRVAL2: 5, CRPIX1A: 1, LTV1: 0 });
    await writeFile(path, encodeFits([{ header, image: { data, shape: [4, 6] } }]));
    const out = join(cli.folder, "part.fits");
    expect((await fits("cut", path, out, "--section", "[3:5,2:3]")).code).toBe(0);
    await using source = await openFile(out);
    expect(await readImage(source)).toEqual({ data: Uint16Array.of(8, 9, 10, 14, 15, 16), shape: [2, 3] });
    const { hdus } = await openFits(source);
    const found = ["CRPIX1", "CRPIX2", "CRPIX1A", "LTV1"].map((key) => hdus[0]?.header.number(key));
    expect(found).toEqual([1.5, -1, -1, -2]);
    // As of the other commands, folders that are missing are made.
    const below = join(cli.folder, "new", "folder", "part.fits");
    expect((await fits("cut", path, below, "--section", "[3:5,2:3]")).code).toBe(0);
    expect(await readFile(below)).toEqual(await readFile(out));
    const inFile = await fits("cut", path, join(out, "part.fits"), "--section", "[3:5,2:3]");
    expect(inFile.code).toBe(2);
    expect(inFile.stderr).toMatch(
      /FITS_FILE: The file .*part\.fits.part\.fits cannot be written: .*Name another place/,
    );
    const refused = await fits("cut", path, out, "--section", "[3:9,*]");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("1 ≤ FIRST ≤ LAST ≤ 6");
  });

  test("diff tells which cards and how many pixels differ, within the tolerances", async () => {
    const write = async (name: string, key: string, values: Float32Array<ArrayBuffer>) => {
      const path = join(cli.folder, name);
      const header = Header.from({ OBJECT: key, DATE: name });
      await writeFile(path, encodeFits([{ header, image: { data: values, shape: [2, 2] } }]));
      return path;
    };
    const one = await write("one.fits", "Sun", Float32Array.of(1, 2, Number.NaN, 4));
    const other = await write("other.fits", "Moon", Float32Array.of(1, 2, Number.NaN, 4.5));
    const { code, stdout } = await fits("diff", one, other, "--ignore", "DATE");
    expect(stdout).toBe(
      'HDU 0, OBJECT: "Sun", and "Moon"\nHDU 0: 1 of 4 pixels differ, by 0.5 at most; the first at (2, 2).\n2 differences\n',
    );
    expect(code).toBe(1);
    expect((await fits("diff", one, other, "--ignore", "DATE,OBJECT", "--atol", "0.5")).code).toBe(0);
    expect((await fits("diff", one, other, "--atol", "much")).code).toBe(2);
  });

  test("pack compresses every image, and unpack undoes it", async () => {
    const [packed, back] = [join(cli.folder, "packed.fits"), join(cli.folder, "back.fits")];
    expect((await fits("pack", file("f32.fits"), packed, "--preset", "lossless", "--tile", "8,8")).code).toBe(0);
    expect((await fits("verify", packed)).code).toBe(0);
    const { stdout } = await fits("header", packed, "--hdu", "1");
    expect(stdout).toContain("BITPIX");
    expect((await fits("unpack", packed, back)).code).toBe(0);
    await using one = await openFile(file("f32.fits"));
    await using other = await openFile(back);
    expect((await readImage(other)).data).toEqual((await readImage(one)).data);
    const typo = await fits("pack", file("f32.fits"), packed, "--preset", "best");
    expect([typo.code, typo.stderr]).toEqual([
      2,
      expect.stringContaining("--preset takes dkist, fpack, lossless, not 'best'."),
    ]);
    expect((await fits("pack", file("f32.fits"), packed)).stderr).toContain("--overwrite");
  });

  test("png draws", async () => {
    const out = join(cli.folder, "look.png");
    expect(
      (await fits("png", file("i16.fits"), out, "--stretch", "zscale", "--colour-map", "viridis", "--scale", "2")).code,
    ).toBe(0);
    expect((await readFile(out)).subarray(1, 4).toString()).toBe("PNG");
  });

  test("a picture that would be too large, a folder and a pipe are refused", async () => {
    const large = await fits("png", file("i16.fits"), join(cli.folder, "large.png"), "--scale", "100000");
    expect([large.code, large.stderr]).toEqual([2, expect.stringContaining("at most 268435456 are drawn")]);
    const pipe = join(cli.folder, "pipe.fits");
    execFileSync("mkfifo", [pipe]);
    for (const [path, kind] of [
      [cli.folder, "a folder"],
      [pipe, "a pipe"],
    ] as const) {
      const { code, stderr } = await fits("unpack", path, join(cli.folder, "never.fits"));
      expect([code === 0, stderr]).toEqual([false, expect.stringContaining(`FITS_FILE: The file ${path}`)]);
      expect(stderr).toContain(`is ${kind}`);
    }
  });

  test("diff compares cards that hold no value by their characters", async () => {
    const [one, other] = ["1.0.0", "2.0.0"].map((version) => {
      const bytes = Buffer.from(encodeFits([{ header: Header.from({ VERSION: "x.y.z" }) }]));
      const at = bytes.indexOf("'x.y.z");
      bytes.write(version.padEnd(10), at);
      return bytes;
    });
    const paths = [join(cli.folder, "v1.fits"), join(cli.folder, "v2.fits")] as const;
    await writeFile(paths[0], one as Buffer);
    await writeFile(paths[1], other as Buffer);
    expect((await fits("diff", paths[0], paths[0])).code).toBe(0);
    expect((await fits("diff", ...paths)).stdout).toContain("HDU 0, VERSION:");
    expect((await fits("diff", ...paths, "--ignore", "VERSION")).code).toBe(0);
  });

  test("header --json has no number that JSON does not know", async () => {
    const cards = ["BIG     = 1E400", "LOW     = -1E400", "PAIR    = (1E400, 2.0)"].map((text) =>
      Card.parse(text.padEnd(80)),
    );
    const path = join(cli.folder, "infinite.fits");
    await writeFile(path, encodeFits([{ header: Header.from(cards) }]));
    const { stdout } = await fits("header", path, "--json");
    const { hdus } = JSON.parse(stdout) as {
      readonly hdus: readonly [{ readonly cards: readonly { readonly keyword: string; readonly value: unknown }[] }];
    };
    const values = ["BIG", "LOW", "PAIR"].map((key) => hdus[0].cards.find(({ keyword }) => keyword === key)?.value);
    expect(values).toEqual(["Infinity", "-Infinity", ["Infinity", 2]]);
  });

  test("diff looks at blank keywords unless they are ignored", async () => {
    const [one, other] = [join(cli.folder, "blank1.fits"), join(cli.folder, "blank2.fits")];
    await writeFile(one, encodeFits([{ header: new Header(Card.commentary("", "this")) }]));
    await writeFile(other, encodeFits([{ header: new Header(Card.commentary("", "that")) }]));
    expect((await fits("diff", one, other)).stdout).toContain('HDU 0, blank keyword: "this", and "that"');
    expect((await fits("diff", one, other, "--ignore", "DATE,")).code).toBe(0);
  });

  test("what is no FITS, not there or no command is told so", async () => {
    const path = join(cli.folder, "no.fits");
    await copyFile(join(fixtures, "manifest.json"), path);
    expect((await fits("info", path)).stderr).toContain("FITS_NOT_FITS");
    expect((await fits("info", join(cli.folder, "gone.fits"))).stderr).toMatch(/FITS_FILE: The file .* cannot be read/);
    const typo = await fits("stat", path);
    expect(typo.code).toBe(2);
    expect(typo.stderr).toContain("Did you mean 'stats'?");
    expect((await fits("--help")).stdout).toContain("firstlight fits COMMAND");
    expect((await cli.run(["help", "fits", "stats"])).stdout).toContain("firstlight fits stats FILE");
  });
});

describe("firstlight fits with data beyond all memory", () => {
  // Sparse: nothing of it lies on the disk.
  const vast = async (name: string, ...headers: readonly HeaderRecord[]): Promise<string> => {
    const path = join(cli.folder, name);
    const start = Buffer.concat(headers.map((cards) => encodeHeader(Header.from(cards).cards)));
    await writeFile(path, start);
    await truncate(path, start.length + 2 ** 40);
    return path;
  };

  test.each([
    ["stats"],
    ["png", "out"],
    ["diff", "vast.fits"],
    ["cut", "out", "--section", "[*,*]"],
    ["unpack", "out", "--as", "float64"],
    ["pack", "out"],
  ])("%s refuses an image by name", async (verb, ...rest) => {
    const path = await vast("vast.fits", { SIMPLE: true, BITPIX: -64, NAXIS: 2, NAXIS1: 2 ** 37, NAXIS2: 1 });
    const { code, stderr } = await fits(verb, path, ...rest);
    expect(stderr).toMatch(/FITS_MEMORY: .*vast\.fits/);
    expect(code).not.toBe(0);
  });

  test("png refuses by name an image that can be read, and not drawn", async () => {
    const path = join(cli.folder, "wide.fits");
    const start = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 2, NAXIS1: 2 ** 28, NAXIS2: 1 }).cards);
    await writeFile(path, start);
    await truncate(path, start.length + 2 ** 28);
    // Reading takes a quarter of a gigabyte, drawing two more.
    const args = ["--conditions=firstlight-source", bin, "fits", "png", path, join(cli.folder, "wide.png")];
    const limited = spawnSync("sh", ["-c", 'ulimit -v 4000000 && exec "$@"', "sh", process.execPath, ...args], {
      encoding: "utf8",
    });
    expect(limited.stderr).toMatch(/FITS_MEMORY: .*wide\.fits/);
    expect(limited.status).not.toBe(0);
  });

  test("table refuses a table by name", async () => {
    const path = await vast(
      "rows.fits",
      { SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true },
      {
        ...{ XTENSION: "BINTABLE", BITPIX: 8, NAXIS: 2, NAXIS1: 8, NAXIS2: 2 ** 37, PCOUNT: 0, GCOUNT: 1 },
        ...{ TFIELDS: 1, TTYPE1: "TIME", TFORM1: "1D" },
      },
    );
    const { code, stderr } = await fits("table", path);
    expect(stderr).toMatch(/FITS_MEMORY: .*rows\.fits/);
    expect(code).not.toBe(0);
  });
});
