import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, Header, readHeader, readHeaders } from "../../src/fits/index.ts";
import { openFilesOf } from "../fixtures/open-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-headers-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const image = { data: Int16Array.of(1, 2), shape: [2] };

async function frames(): Promise<string[]> {
  const bytes = [
    encodeFits([{ header: Header.from({ FRAME: 1, OBJECT: "Sun" }), image }]),
    gzipSync(encodeFits([{ header: Header.from({ FRAME: 2, OBJECT: "Sun" }), image }])),
    encodeFits([{ header: Header.from({ FRAME: 0 }) }, { header: Header.from({ FRAME: 3, EXTNAME: "SCI" }), image }]),
    encodeFits([{ header: Header.from({ FRAME: 4 }) }]),
  ];
  const paths = bytes.map((_, i) => join(folder, `${i}.fits`));
  await Promise.all(paths.map((path, i) => writeFile(path, bytes[i] as Uint8Array)));
  return paths;
}

test("headers of many files come in their order, gzip files and extensions among them", async () => {
  const paths = await frames();
  const found = await Array.fromAsync(readHeaders(paths), ([path, header]) => [path, header.get("FRAME")]);
  expect(found).toEqual(paths.map((path, i) => [path, i + 1]));
  const primaries = await Array.fromAsync(readHeaders(paths, { hdu: 0 }), ([, header]) => header.get("FRAME"));
  expect(primaries).toEqual([1, 2, 0, 4]);
});

test.runIf(process.platform === "linux")(
  "no file is open while its header is looked at, and none at the end",
  async () => {
    const paths = await frames();
    const open: number[] = [];
    for await (const _ of readHeaders(paths)) open.push(openFilesOf(folder).length);
    expect([open, openFilesOf(folder)]).toEqual([[0, 0, 0, 0], []]);
  },
);

test("a file that lacks the HDU, one that is no FITS, and one that is not there are named", async () => {
  const paths = await frames();
  const read = (...others: readonly string[]) =>
    Array.fromAsync(readHeaders([...paths.slice(2, 3), ...others], { hdu: "SCI" }));
  await expect(read()).resolves.toHaveLength(1);
  await expect(read(paths[0] as string)).rejects.toMatchObject({ code: "FITS_NO_HDU", fields: { file: paths[0] } });
  await writeFile(join(folder, "no.fits"), "text");
  await expect(read(join(folder, "no.fits"))).rejects.toMatchObject({ code: "FITS_NOT_FITS" });
  await expect(read(join(folder, "none.fits"))).rejects.toMatchObject({
    code: "ENOENT",
    path: join(folder, "none.fits"),
  });
});

test("a signal ends the reading", async () => {
  const paths = await frames();
  const stop = new AbortController();
  const seen: string[] = [];
  await expect(async () => {
    for await (const [path] of readHeaders(paths, { signal: stop.signal })) {
      seen.push(path);
      stop.abort(new Error("enough"));
    }
  }).rejects.toThrow("enough");
  expect(seen).toEqual(paths.slice(0, 1));
});

test("headers that differ from one before in a few characters come as if they were read alone, and stay so", async () => {
  const record = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`KEY${i}`, i % 3 === 0 ? `text ${i}` : i / 4]),
  );
  const first = encodeFits([
    {
      header: Header.from({ DATE: "2026-01-01", ...record })
        .addComment("one")
        .addHistory("two"),
      image,
    },
  ]);
  const extension = encodeFits([
    { header: new Header() },
    { header: Header.from({ EXTNAME: "SCI", ...record }), image },
  ]);
  const change = fc.record({
    of: fc.constantFrom(first, extension),
    at: fc.array(fc.tuple(fc.nat(44 * 80), fc.constantFrom(...[..." =/'ETN19é\u0000D&"])), { maxLength: 6 }),
    cut: fc.constantFrom(0, 0, 0, 0, 1, 2880, 5000),
  });
  const nth = (i: number): string => join(folder, `${i}.fits`);
  const asked = fc.asyncProperty(fc.array(change, { minLength: 3, maxLength: 8 }), async (changes) => {
    const files = [first, extension].concat(
      changes.map(({ of, at, cut }) => {
        const bytes = of.slice(0, of.length - cut);
        for (const [place, character] of at) bytes[place] = character.charCodeAt(0);
        return bytes;
      }),
    );
    await Promise.all(files.map((bytes, i) => writeFile(nth(i), bytes)));
    const alone = await Promise.all(files.map((bytes, i) => told(() => readHeader(bytesSource(bytes, nth(i))))));
    const headers = [];
    for (const i of files.keys()) {
      headers.push(
        await attempt(async () => (await Array.fromAsync(readHeaders([nth(0), nth(1), nth(i)]))).at(-1)?.[1]),
      );
    }
    // All of them are read before any is looked at.
    for (const [i, header] of headers.entries()) expect(await told(header)).toEqual(alone[i]);
  });
  await fc.assert(asked, { seed: 1, numRuns: 40 });
});

async function attempt<T>(work: () => Promise<T>): Promise<() => T> {
  try {
    const result = await work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

/** The characters of all cards, and what is got of some, or the error. */
async function told(work: () => Header | undefined | Promise<Header | undefined>): Promise<unknown> {
  try {
    const header = await work();
    const got = ["KEY4", "KEY3", "NAXIS1", "EXTNAME", "T"].map((key) => header?.card(key)?.image);
    return [got, header?.cards.map((card) => card.image)];
  } catch (error) {
    return String(error);
  }
}
