import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { openFile } from "../../src/core/file.ts";
import {
  encodeFits,
  type FileToPack,
  Header,
  openFits,
  openWorkers,
  packFiles,
  packFits,
} from "../../src/fits/index.ts";
import { randomFrom } from "./random.ts";

const workers = openWorkers(2);
afterAll(() => workers[Symbol.asyncDispose]());

const random = randomFrom(41);
const frames = Array.from({ length: 7 }, (_, i) =>
  encodeFits([
    {
      header: Header.from({ FRAME: i }),
      image: { data: Int16Array.from({ length: 64 * 48 }, () => 300 * random()), shape: [64, 48] },
    },
  ]),
);

let folder: string;
/** The frames in the folder, one of them as a gzip file. */
let files: readonly FileToPack[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-pack-files-"));
  files = frames.map((_, i) => ({
    from: join(folder, `frame${i}.fits`),
    to: join(folder, "out", `frame${i}.fits.fz`),
  }));
  await Promise.all(
    files.map(({ from }, i) => writeFile(from, i === 3 ? gzipSync(frames[i] ?? "") : (frames[i] ?? ""))),
  );
});
afterEach(() => rm(folder, { recursive: true }));

const made = async (): Promise<readonly string[]> => (await readdir(join(folder, "out"))).sort();

describe.each([
  ["one thread", 1],
  ["two threads", workers],
  ["more threads than files", 9],
] as const)("%s", (_, by) => {
  test("make of each file what packFits makes of it", async () => {
    await packFiles(files, { workers: by, sync: false, compression: "fpack" });
    for (const [i, { to }] of files.entries()) {
      const alone = packFits(await openFits(bytesSource(frames[i] as Uint8Array)), { compression: "fpack" });
      expect((await readFile(to)).equals(Buffer.concat(await Array.fromAsync(alone)))).toBe(true);
    }
    expect(await made()).toEqual(files.map((_, i) => `frame${i}.fits.fz`));
  });

  test("name the file that cannot be read, packed or written, and leave nothing half done", async () => {
    const [first, second, third] = files as readonly [FileToPack, FileToPack, FileToPack];
    const missing = { ...second, from: join(folder, "none.fits") };
    await expect(packFiles([first, missing], { workers: by })).rejects.toMatchObject({
      code: "FITS_FILE",
      message: expect.stringMatching(/^The file .*none\.fits cannot be read: ENOENT.*\. Check the path\.$/),
    });
    const cut = join(folder, "cut.fits");
    await writeFile(cut, (frames[0] as Uint8Array).subarray(0, 4000));
    await expect(packFiles([{ from: cut, to: second.to }], { workers: by })).rejects.toMatchObject({
      code: "FITS_TRUNCATED",
      message: expect.stringContaining(cut),
    });
    await expect(packFiles([{ ...third, to: join(cut, "beneath") }], { workers: by })).rejects.toMatchObject({
      code: "FITS_FILE",
      message: expect.stringMatching(/^The file .*beneath cannot be written: .*\. Name another place\.$/),
    });
    await expect(packFiles([second], { workers: by, compression: { tile: [0, 4] } })).rejects.toMatchObject({
      code: "FITS_COMPRESSION",
      message: expect.stringMatching(/^.*frame1\.fits, HDU 0: A compression was asked for with /),
      fields: { file: second.from, hdu: 0 },
    });
    // The first may have been done before the other failed.
    expect(["", "frame0.fits.fz"]).toContain((await made()).join());
  });

  test("replace a copy only where that was asked for", async () => {
    const [first] = files as readonly [FileToPack];
    await packFiles([first], { workers: by });
    const before = await readFile(first.to);
    await expect(packFiles([first], { workers: by })).rejects.toMatchObject({
      code: "FITS_FILE",
      message: `The file ${first.to} is there already. Name another, or pass overwrite.`,
    });
    await packFiles([first], { workers: by, overwrite: true, compression: "lossless" });
    expect((await readFile(first.to)).equals(before)).toBe(false);
  });

  test("stop for a signal", async () => {
    await expect(packFiles(files, { workers: by, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
    const late = new AbortController();
    const packing = packFiles(files, { workers: by, signal: late.signal });
    setImmediate(() => late.abort(new Error("enough")));
    await expect(packing).rejects.toThrow("enough");
    const names = await readdir(join(folder, "out")).catch((): string[] => []);
    expect(names.filter((name) => !name.endsWith(".fz"))).toEqual([]);
  });
});

test("two copies of one name are refused before anything is made", async () => {
  const [first, second] = files as readonly [FileToPack, FileToPack];
  await expect(packFiles([first, { ...second, to: first.to }])).rejects.toMatchObject({
    code: "FITS_FILE",
    message: `Of ${first.from} and of ${second.from} the copy would be ${first.to}. Give each a name of its own.`,
  });
  expect(await readdir(folder)).not.toContain("out");
});

test("a copy in the place of another file that is to be packed is refused, and one in its own place is not", async () => {
  const [first, second] = files as readonly [FileToPack, FileToPack];
  const place = join(folder, "out", "..", "frame1.fits");
  await expect(packFiles([{ ...first, to: place }, second], { overwrite: true })).rejects.toMatchObject({
    code: "FITS_FILE",
    message: `The copy of ${first.from} would be ${place}, which is to be packed itself. Give it another name.`,
  });
  await packFiles([{ from: first.from, to: first.from }], { overwrite: true });
  await using source = await openFile(first.from);
  expect((await openFits(source)).hdus[1]?.tiles).toBeDefined();
});

test("links hide neither a file that is to be packed nor a second copy in one place", async () => {
  const [first, second] = files as readonly [FileToPack, FileToPack];
  const today = join(folder, "today");
  await symlink(folder, today);
  const replacing = packFiles([{ ...first, to: join(today, "frame1.fits") }, second], { overwrite: true });
  await expect(replacing).rejects.toMatchObject({ message: expect.stringContaining("is to be packed itself") });
  await symlink(second.from, join(folder, "link.fits"));
  for (const to of [second.from, join(folder, "link.fits")]) {
    const linked = packFiles(
      [
        { ...first, to },
        { ...second, from: join(folder, "link.fits") },
      ],
      { overwrite: true },
    );
    await expect(linked).rejects.toMatchObject({ message: expect.stringContaining("is to be packed itself") });
  }
  const twice = [
    { ...first, to: join(folder, "o", "a.fz") },
    { ...second, to: join(today, "o", "a.fz") },
  ];
  await expect(packFiles(twice, { overwrite: true })).rejects.toMatchObject({
    message: expect.stringContaining("Give each a name of its own"),
  });
  expect((await readFile(second.from)).equals(frames[1] as Uint8Array)).toBe(true);
});

test("settings that an object has from its class count like its own", async () => {
  const real = encodeFits([
    { header: Header.from({}), image: { data: Float32Array.from({ length: 64 }, random), shape: [8, 8] } },
  ]);
  class Lossless {
    get algorithm() {
      return "GZIP_2" as const;
    }
  }
  const [from, to] = [join(folder, "real.fits"), join(folder, "real.fz")];
  await writeFile(from, real);
  await packFiles([{ from, to }], { compression: new Lossless() });
  const alone = packFits(await openFits(bytesSource(real)), { compression: { algorithm: "GZIP_2" } });
  expect((await readFile(to)).equals(Buffer.concat(await Array.fromAsync(alone)))).toBe(true);
});

test("a signal ends the taking of a list", async () => {
  const stop = new AbortController();
  async function* endless(): AsyncGenerator<FileToPack> {
    for (;;) {
      stop.abort(new Error("enough"));
      yield* files;
    }
  }
  await expect(packFiles(endless(), { signal: stop.signal })).rejects.toThrow("enough");
});

test("files may come one by one; what is no list of them is refused", async () => {
  async function* oneByOne(): AsyncGenerator<FileToPack> {
    yield* files.slice(0, 2);
  }
  await packFiles(oneByOne());
  expect(await made()).toEqual(["frame0.fits.fz", "frame1.fits.fz"]);
  for (const none of [files[0], undefined, "frame.fits", [{ from: "a" }], [null]]) {
    await expect(packFiles(none as unknown as FileToPack[])).rejects.toMatchObject({
      code: "FITS_FILE",
      message: expect.stringMatching(/^Files to be packed are a list of \{ from, to \}, two paths each; found /),
      fields: {},
    });
  }
});

test("settings that no other thread can be given are refused at once, and the threads are as good as before", async () => {
  const odd = { algorithm: "RICE_1", seed: (() => 1) as unknown as number } as const;
  await expect(packFiles(files, { workers, compression: odd })).rejects.toMatchObject({
    code: "FITS_COMPRESSION",
    message: expect.stringMatching(
      /^The compression holds what no other thread can be given: .* could not be cloned\./,
    ),
  });
  await packFiles(files, { workers });
  expect(await made()).toHaveLength(files.length);
});

test("no files are no work", async () => {
  await expect(packFiles([], { workers: 2 })).resolves.toBeUndefined();
});
