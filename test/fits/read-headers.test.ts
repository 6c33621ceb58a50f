import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeFits, Header, readHeaders } from "../../src/fits/index.ts";

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
