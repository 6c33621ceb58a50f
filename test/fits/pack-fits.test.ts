import { afterAll, expect, test } from "vitest";
import { bytesSource } from "../../src/core/byte-source.ts";
import { encodeFits, Header, openFits, openWorkers, packFits, type TileCompression } from "../../src/fits/index.ts";
import { randomFrom } from "./random.ts";

const workers = openWorkers(3);
afterAll(() => workers[Symbol.asyncDispose]());

const random = randomFrom(1);
const reals = Float32Array.from({ length: 90 * 200 }, (_, i) =>
  i % 400 === 7 ? Number.NaN : i % 90 === 3 ? 0 : 1000 * random(),
);
// Tiles without noise are kept by gzip, among others.
reals.fill(5, 1000, 3000);
const unsigned = Uint16Array.from({ length: 90 * 200 }, () => 65_535 * random());
const file = encodeFits(
  [
    { header: new Header(), image: { data: reals, shape: [90, 200] } },
    { header: new Header(), image: { data: unsigned, shape: [2, 45, 200] } },
    { header: new Header(), image: { data: Float64Array.from(reals), shape: [90, 200] } },
  ],
  { checksum: true },
);

async function packed(options: Parameters<typeof packFits>[1]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(packFits(await openFits(bytesSource(file)), options)));
}

test.each<[TileCompression]>([
  [{}],
  [{ dither: "SUBTRACTIVE_DITHER_1", tile: [7, 30] }],
  [{ dither: "NO_DITHER", level: 16 }],
  [{ seed: 77, step: 0.5 }],
  [{ algorithm: "GZIP_2" }],
  [{ algorithm: "GZIP_1", level: 8 }],
])("several threads write the bytes that one writes: %j", async (compression) => {
  const alone = await packed({ compression });
  expect((await packed({ compression, workers })).equals(alone)).toBe(true);
});

test("a number of threads is opened, and one that is none refused", async () => {
  expect((await packed({ workers: 2 })).equals(await packed({}))).toBe(true);
  await expect(packed({ workers: 0 })).rejects.toMatchObject({ code: "WORKER_COUNT" });
});

test("the signal ends it", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(packed({ workers, signal })).rejects.toThrow("enough");
});
