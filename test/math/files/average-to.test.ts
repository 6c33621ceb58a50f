import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ByteSink, bytesSource } from "../../../src/core/byte-source.ts";
import type { NdArray } from "../../../src/core/ndarray.ts";
import { encodeFits, encodeFrame, type Frame, Header, readFrame, verifyFits } from "../../../src/fits/index.ts";
import { average, averageTo, openWorkers, random } from "../../../src/math/index.ts";

// Several strips, the last of them not full.
const shape = [300, 501];
const size = 300 * 501;
const draws = random("average to");
const workers = openWorkers(3);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-average-"));
});
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

let made = 0;
async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${made++}.fits`);
  await writeFile(path, bytes);
  return path;
}

const header = Header.from({ OBSERVER: "first", BZERO: 7, EXPTIME: [1.5, "s"] });
const integers = (): NdArray => ({ data: Uint16Array.from({ length: size }, () => 65_536 * draws.uniform()), shape });
const wide = (): NdArray => ({ data: Int32Array.from({ length: size }, () => 2e9 * draws.uniform()), shape });
const several = (make: () => Uint8Array): Promise<string[]> =>
  Promise.all(Array.from({ length: 5 }, () => file(make())));

const kinds: readonly (readonly [string, () => Uint8Array])[] = [
  ["plain", () => encodeFits([{ header, image: integers() }])],
  ["wide, as float64", () => encodeFits([{ header, image: wide() }])],
  ["compressed", () => encodeFits([{ header, image: integers() }], { compression: "fpack" })],
  [
    "with mask and variance",
    () => {
      const mask = { data: Uint32Array.from({ length: size }, () => Number(draws.uniform() > 0.9)), shape };
      const frame: Frame = { header, image: integers(), mask, variance: integers() };
      return encodeFrame(frame);
    },
  ],
];

test.each(kinds)("a file holds what average gives, whoever computes it: %s", async (_, make) => {
  const paths = await several(make);
  const expected = await average(paths);
  const ways = [{}, { workers }, { maxOpenFiles: 2 }, { workers, maxOpenFiles: 3, checksum: false }];
  for (const way of ways) {
    const path = join(folder, `${made++}.fits`);
    await averageTo(path, paths, { ...way, header: (first) => first.clone().set("NFRAMES", 5) });
    const bytes = await readFile(path);
    const { image, mask, variance, ...own } = await readFrame(bytesSource(bytes), { checksum: true });
    expect(image.data).toEqual(expected.image.data);
    expect([image.shape, mask, variance]).toEqual([shape, expected.mask, expected.variance]);
    const cards = ["OBSERVER", "EXPTIME", "NFRAMES", "BZERO"].map((key) => own.header.get(key));
    expect(cards).toEqual(["first", 1.5, 5, undefined]);
    expect(own.header.has("DATASUM")).toBe(way.checksum !== false);
    expect(bytes.length % 2880).toBe(0);
    expect((await verifyFits(bytesSource(bytes))).problems).toEqual([]);
  }
});

test("a sink that only appends gets the same bytes", async () => {
  const paths = await several(kinds[0]?.[1] as () => Uint8Array);
  const path = join(folder, "there.fits");
  await averageTo(path, paths);
  const parts: Uint8Array[] = [];
  const sink: ByteSink = {
    write: async (bytes) => void parts.push(bytes.slice()),
    commit: async () => void parts.push(Buffer.from("committed")),
    [Symbol.asyncDispose]: async () => undefined,
  };
  await averageTo(sink, paths);
  expect(Buffer.concat(parts).equals(Buffer.concat([await readFile(path), Buffer.from("committed")]))).toBe(true);
});

test("a file that is there stays unless it may be replaced, and of what fails nothing remains", async () => {
  const paths = await several(kinds[0]?.[1] as () => Uint8Array);
  const output = await mkdtemp(join(folder, "out-"));
  const path = join(output, "mean.fits");
  await averageTo(path, paths);
  const before = await readFile(path);
  await expect(averageTo(path, paths.slice(0, 2))).rejects.toMatchObject({
    code: "EEXIST",
    message: expect.stringMatching(
      /^The file .*\.fits is there already. Name another, or replace it with the option overwrite\.$/,
    ),
  });
  expect((await readFile(path)).equals(before)).toBe(true);
  await averageTo(path, paths.slice(0, 2), { overwrite: true });
  expect((await readFile(path)).equals(before)).toBe(false);

  const stop = new AbortController();
  const stopping = (first: Header): Header => {
    stop.abort(new Error("enough"));
    return first;
  };
  const other = join(output, "other.fits");
  for (const by of [1, workers]) {
    const options = { workers: by, signal: stop.signal, header: stopping };
    await expect(averageTo(other, paths, options)).rejects.toThrow("enough");
    await expect(averageTo(other, [...paths, join(folder, "none.fits")], { workers: by })).rejects.toMatchObject({
      code: "FITS_FILE",
    });
    await expect(averageTo(other, [], { workers: by })).rejects.toMatchObject({ code: "ARRAY_EMPTY" });
  }
  const full: ByteSink = {
    write: async () => undefined,
    writeAt: async () => Promise.reject(new Error("no room")),
    commit: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
  for (const by of [1, workers]) await expect(averageTo(full, paths, { workers: by })).rejects.toThrow("no room");
  expect(await readdir(output)).toEqual(["mean.fits"]);
});
