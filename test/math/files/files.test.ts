import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NdArray, PixelArray } from "../../../src/core/ndarray.ts";
import { encodeFits, encodeFrame, type Frame, Header } from "../../../src/fits/index.ts";
import {
  average,
  extremes,
  type FilesOptions,
  meanAndDeviation,
  medianAcross,
  openWorkers,
  percentilesAcross,
  random,
  type SumOptions,
  sigmaClippedMean,
  sigmaClippedMeanAcross,
  sum,
} from "../../../src/math/index.ts";

// Three strips of the usual length, the last one not full.
const shape = [300, 501];
const size = 300 * 501;
const draws = random("files");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-files-"));
});
const workers = openWorkers(3);
afterAll(async () => {
  await workers[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const pixels = (): NdArray<Uint16Array> => ({
  data: Uint16Array.from({ length: size }, () => Math.floor(65_536 * draws.uniform())),
  shape,
});
const frameOf = (image: NdArray, more: Partial<Frame> = {}): Frame => ({
  header: Header.from({ OBSERVER: "first" }),
  image,
  ...more,
});

let made = 0;
async function file(frame: Frame, ...[options]: Parameters<typeof encodeFrame>[1][]): Promise<string> {
  const path = join(folder, `${made++}.fits`);
  await writeFile(path, encodeFrame(frame, options));
  return path;
}

/** Whatever the values are: how the files are read must not show in them. */
const ways: readonly (readonly [string, FilesOptions])[] = [
  ["all open at a time", {}],
  ["two open at a time", { maxOpenFiles: 2 }],
  ["in three threads", { workers }],
  ["in three threads, six open at a time", { workers, maxOpenFiles: 6 }],
];

describe.each(ways)("over files, %s", (_, options) => {
  test("each verb finds what it finds over the arrays", async () => {
    const images = Array.from({ length: 5 }, pixels);
    const paths = await Promise.all(images.map((image) => file(frameOf(image))));
    expect((await average(paths, options)).image).toEqual(await average(images));
    expect((await sum(paths, options)).image).toEqual(await sum(images));
    const { mean, deviation } = await meanAndDeviation(paths, options);
    expect({ mean: mean.image, deviation: deviation.image, count: 5 }).toEqual(await meanAndDeviation(images));
    const { min, max } = await extremes(paths, options);
    expect({ min: min.image, max: max.image }).toEqual(await extremes(images));
    expect((await medianAcross(paths, options)).image).toEqual(await medianAcross(images));
    const found = await percentilesAcross(paths, [10, 75], options);
    expect(found.map(({ image }) => image)).toEqual(await percentilesAcross(images, [10, 75]));
    const clipped = await sigmaClippedMeanAcross(paths, { sigma: 1.2, ...options });
    expect({ ...clipped, mean: clipped.mean.image }).toEqual(sigmaClippedMean(images, { sigma: 1.2 }));
  });

  test("gzip files and compressed images come among plain ones", async () => {
    const images = Array.from({ length: 3 }, pixels);
    const zipped = join(folder, `${made++}.fits.gz`);
    await writeFile(zipped, gzipSync(encodeFrame(frameOf(images[0]!))));
    const paths = [
      await file(frameOf(images[1]!)),
      zipped,
      await file(frameOf(images[2]!), { compression: { algorithm: "RICE_1", tile: [7, 501] } }),
    ];
    expect((await average(paths, options)).image).toEqual(await average(images));
    expect((await medianAcross(paths, options)).image).toEqual(await medianAcross(images));
  });

  test("masks and variances are carried, and the first header", async () => {
    const frames = Array.from({ length: 4 }, (_item, k) =>
      frameOf(pixels(), {
        header: Header.from({ NUMBER: k }),
        ...(k === 2 ? {} : { mask: { data: new Uint32Array(size).fill(2 ** k), shape } }),
        variance: { data: new Float32Array(size).fill(k + 1), shape },
      }),
    );
    const paths = await Promise.all(frames.map((frame) => file(frame)));
    const mean = await average(paths, options);
    const held = await average(frames);
    expect(mean.header.get("NUMBER")).toBe(0);
    expect(mean.image).toEqual(held.image);
    expect(mean.mask).toEqual(held.mask);
    expect(mean.variance).toEqual(held.variance);
  });

  test("whatever masks leave out, and all variances, count as they do over frames", async () => {
    carrying ??= carried();
    const { paths, expected } = await carrying;
    for (const { name, verb, leaveOut, found } of expected) {
      expect(await verb(paths, { ...options, leaveOut }), `${name}, leaving out ${leaveOut}`).toEqual(found);
    }
  });
});

type Stack = readonly Frame[] | readonly string[];

/** Far sooner told apart than all their pixels are. */
const bytesOf = (part: NdArray | undefined) =>
  part && createHash("sha256").update(new Uint8Array(part.data.buffer)).digest("hex");
const parts = ({ image, mask, variance }: Frame) => [image, mask, variance].map(bytesOf);
/** Each verb that carries what frames have, and all parts of what it finds. */
const ofFrames = {
  sum: async (stack: Stack, own: SumOptions) => parts(await sum(stack as Frame[], own)),
  average: async (stack: Stack, own: SumOptions) => parts(await average(stack as Frame[], own)),
  medianAcross: async (stack: Stack, own: SumOptions) => parts(await medianAcross(stack as Frame[], own)),
  percentilesAcross: async (stack: Stack, own: SumOptions) =>
    (await percentilesAcross(stack as Frame[], [5, 80], own)).map(parts),
  extremes: async (stack: Stack, own: SumOptions) => {
    const { min, max } = await extremes(stack as Frame[], own);
    return [parts(min), parts(max)];
  },
  meanAndDeviation: async (stack: Stack, own: SumOptions) => {
    const { mean, deviation } = await meanAndDeviation(stack as Frame[], own);
    return [parts(mean), parts(deviation)];
  },
  sigmaClippedMeanAcross: async (stack: Stack, own: SumOptions) => {
    const { mean, kept } = await sigmaClippedMeanAcross(stack as Frame[], { sigma: 1, ...own });
    return [parts(mean), bytesOf(kept)];
  },
};

/** Two strips, the last one not full. */
const shortShape = [140, 501];
let carrying: ReturnType<typeof carried> | undefined;

/** Files of frames with masks and variances, some without, and what is found over the frames themselves. */
async function carried() {
  const length = 140 * 501;
  const own = <T extends PixelArray>(data: T): NdArray<T> => ({ data, shape: shortShape });
  const frames = Array.from({ length: 4 }, (_, k) =>
    frameOf(own(Uint16Array.from({ length }, () => draws.integer(65_536))), {
      ...(k === 2 ? {} : { mask: own(Uint32Array.from({ length }, () => draws.integer(4))) }),
      ...(k === 1 ? {} : { variance: own(Float32Array.from({ length }, () => draws.uniform())) }),
    }),
  );
  const paths = await Promise.all(
    frames.map((frame, k) => file(frame, k === 3 ? { compression: { algorithm: "GZIP_2" } } : {})),
  );
  const each = [0, 1].flatMap((leaveOut) => Object.entries(ofFrames).map(([name, verb]) => ({ name, verb, leaveOut })));
  const expected = await Promise.all(
    each.map(async (one) => ({ ...one, found: await one.verb(frames, { leaveOut: one.leaveOut }) })),
  );
  return { paths, expected };
}

test.each<[string, PixelArray]>([
  ["8-bit integers", Uint8Array.of(1, 255)],
  ["signed 8-bit integers", Int8Array.of(-128, 127)],
  ["16-bit integers", Int16Array.of(-32768, 32767)],
  ["32-bit integers", Int32Array.of(-(2 ** 31), 5)],
  ["unsigned 32-bit integers", Uint32Array.of(2 ** 32 - 1, 5)],
  ["64-bit integers", BigInt64Array.of(2n ** 52n, -7n)],
  ["reals", Float32Array.of(Number.NaN, 0.1)],
  ["wide reals", Float64Array.of(Number.POSITIVE_INFINITY, 0.1)],
])("%s are averaged over files as over arrays", async (_, data) => {
  const image = { data, shape: [1, 2] };
  const path = await file(frameOf(image));
  expect((await average([path, path])).image).toEqual(await average([image, image]));
});

test("scaled pixels and undefined ones are averaged as they are read", async () => {
  const header = Header.from({ BSCALE: 0.5, BZERO: 10, BLANK: -1 });
  const stored = encodeFits([{ header: new Header(), image: { data: Int16Array.of(-1, 4), shape: [1, 2] } }]);
  const text = Buffer.from(stored).toString("latin1");
  const cards = header.cards.map(({ image }) => image).join("");
  const end = text.indexOf("END".padEnd(80));
  const path = join(folder, `${made++}.fits`);
  await writeFile(
    path,
    Buffer.from(text.slice(0, end) + cards + text.slice(end, 2880 - cards.length) + text.slice(2880), "latin1"),
  );
  expect((await average([path, path])).image.data).toEqual(Float32Array.of(Number.NaN, 12));
});

test("one path by itself is a file, and not so many letters", async () => {
  const image = pixels();
  const path = await file(frameOf(image));
  expect((await sum(path)).image).toEqual(await sum([image]));
  expect((await extremes(path)).max.image).toEqual((await extremes([image])).max);
});

describe("files that cannot be averaged", () => {
  const code = (code: string, message: RegExp) =>
    expect.objectContaining({ code, message: expect.stringMatching(message) });

  test("of different shapes: both are named", async () => {
    const [one, other] = [
      await file(frameOf({ data: Uint8Array.of(1, 2), shape: [1, 2] })),
      await file(frameOf({ data: Uint8Array.of(1, 2), shape: [2, 1] })),
    ];
    await expect(average([one, other])).rejects.toEqual(code("ARRAY_SHAPE", new RegExp(`${other}.*${one}`)));
  });

  test("a missing one is named; none at all is said", async () => {
    await expect(average([join(folder, "gone.fits")])).rejects.toEqual(code("FITS_FILE", /gone\.fits.*ENOENT/));
    await expect(average([] as string[])).rejects.toEqual(code("ARRAY_EMPTY", /no arrays/));
  });

  test("one that ends too early, and one without an image, are named", async () => {
    const whole = encodeFrame(frameOf(pixels()));
    const cut = join(folder, "cut.fits");
    await writeFile(cut, whole.subarray(0, 2880 * 20));
    await expect(average([cut])).rejects.toEqual(code("FITS_TRUNCATED", /cut\.fits/));
    const bare = join(folder, "bare.fits");
    await writeFile(bare, encodeFits([{ header: new Header() }]));
    await expect(average([bare])).rejects.toEqual(code("FITS_NO_HDU", /bare\.fits/));
  });

  test("nothing goes on once the signal fires", async () => {
    const path = await file(frameOf(pixels()));
    await expect(average([path], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
  });
});
