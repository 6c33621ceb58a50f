import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type ByteSink, type ByteSource, bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, Header, openFits, openWorkers, packFits, packFitsTo } from "../../src/fits/index.ts";
import { randomFrom } from "./random.ts";

const workers = openWorkers(2);
afterAll(() => workers[Symbol.asyncDispose]());

const random = randomFrom(4);
const header = new Header();
// More pieces than are on their way at a time, the last of them shorter, and more than a piece in one thread.
const large = Int16Array.from({ length: 3 * 401 * 1001 }, () => 300 * random());
const file = encodeFits(
  [
    { header, image: { data: large, shape: [3, 401, 1001] } },
    { header, image: { data: Float32Array.from({ length: 700 * 900 }, random), shape: [700, 900] } },
    { header, columns: [{ name: "A", type: "number", data: Int32Array.of(1, 2, 3) }] },
    { header, image: { data: Float64Array.of(1, 2, 3, Number.NaN), shape: [4] } },
  ],
  { checksum: true },
);

/** A sink in memory, and what is in it. */
function memorySink(
  canChange: boolean,
): ByteSink & { readonly bytes: () => Buffer; readonly isCommitted: () => boolean } {
  let all = Buffer.alloc(0);
  let committed = false;
  return {
    write: async (bytes) => {
      all = Buffer.concat([all, bytes]);
    },
    ...(canChange
      ? {
          writeAt: async (offset: number, bytes: Uint8Array) => {
            expect(offset + bytes.length).toBeLessThanOrEqual(all.length);
            all.set(bytes, offset);
          },
        }
      : {}),
    commit: async () => {
      committed = true;
    },
    [Symbol.asyncDispose]: async () => undefined,
    bytes: () => all,
    isCommitted: () => committed,
  };
}

const parts = await Array.fromAsync(packFits(await openFits(bytesSource(file))));
const packed = Buffer.concat(parts);

test.each([
  ["one thread", 1, true],
  ["two threads", workers, true],
  ["a sink that cannot change what was written", 1, false],
  ["the same in two threads", workers, false],
] as const)("a sink gets the bytes that packFits gives: %s", async (_, by, canChange) => {
  const sink = memorySink(canChange);
  await packFitsTo(sink, await openFits(bytesSource(file)), { workers: by });
  expect(sink.bytes().equals(packed)).toBe(true);
  expect(sink.isCommitted()).toBe(true);
});

test("a path gets them whole, or not at all", async () => {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-pack-"));
  const path = join(folder, "packed.fits");
  await packFitsTo(path, await openFits(bytesSource(file)));
  expect((await readFile(path)).equals(packed)).toBe(true);
  await expect(packFitsTo(path, await openFits(bytesSource(file)))).rejects.toMatchObject({
    code: "EEXIST",
    message: expect.stringMatching(
      /^The file .*\.fits is there already. Name another, or replace it with the option overwrite\.$/,
    ),
  });
  await packFitsTo(path, await openFits(bytesSource(file)), { overwrite: true });
  expect(await readdir(folder)).toEqual(["packed.fits"]);
  await rm(folder, { recursive: true });
});

test.each([
  ["one thread", 1],
  ["two threads", workers],
] as const)("what fails ends it, and nothing waits: %s", async (_, by) => {
  const source = bytesSource(file);
  const short: ByteSource = { ...source, read: async (offset, into) => (offset > 1e6 ? 0 : source.read(offset, into)) };
  const open = await openFits(source);
  await expect(packFitsTo(memorySink(true), { ...open, source: short }, { workers: by })).rejects.toMatchObject({
    code: "FITS_TRUNCATED",
  });
  const full: ByteSink = { ...memorySink(true), write: async () => Promise.reject(new Error("no room")) };
  await expect(packFitsTo(full, open, { workers: by })).rejects.toThrow("no room");
  const late = new AbortController();
  const aborting = memorySink(true);
  const slow: ByteSink = {
    ...aborting,
    write: async (bytes) => {
      if (aborting.bytes().length > 1e5) late.abort(new Error("enough"));
      await aborting.write(bytes);
    },
  };
  await expect(packFitsTo(slow, open, { workers: by, signal: late.signal })).rejects.toThrow("enough");
  expect(aborting.isCommitted()).toBe(false);
  // The threads are as good as before.
  const again = memorySink(true);
  await packFitsTo(again, open, { workers: by });
  expect(again.bytes().equals(packed)).toBe(true);
});

test("what packFits gave stays as it is", () => {
  expect(Buffer.concat(parts).equals(packed)).toBe(true);
});
