import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFrame, type Frame, Header } from "../../src/fits/index.ts";
import {
  average,
  extremes,
  meanAndDeviation,
  medianAcross,
  percentilesAcross,
  pixelFlags,
  random,
  sigmaClippedMeanAcross,
  sum,
} from "../../src/math/index.ts";
import { percentileVariance } from "../../src/math/percentile-variance.ts";

const shape = [2, 3];
const frameOf = (value: number, more: Partial<Frame> = {}): Frame => ({
  header: Header.from({ NUMBER: Number.isNaN(value) ? 0 : value }),
  image: { data: new Float32Array(6).fill(value), shape },
  ...more,
});
const flags = (flag: number) => ({ data: new Uint32Array(6).fill(flag), shape });
const variance = (value: number) => ({ data: new Float32Array(6).fill(value), shape });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-stack-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(frames: readonly Frame[]): Promise<string[]> {
  const paths = frames.map((_, i) => join(folder, `${i}.fits`));
  for (const [i, frame] of frames.entries()) await writeFile(paths[i]!, encodeFrame(frame));
  return paths;
}

/** What is found of a pixel of each, over frames held and over files. */
async function ofBoth<T>(frames: readonly Frame[], find: (stack: Frame[]) => Promise<T>): Promise<T> {
  const held = await find([...frames]);
  expect(await find((await written(frames)) as never)).toEqual(held);
  return held;
}
const pixel = ({ image, mask, variance: of }: Frame) => [image, mask, of].map((part) => part?.data[0]);

describe("a stack of frames", () => {
  const frames = [
    frameOf(3, { variance: variance(4) }),
    frameOf(1, { mask: flags(2), variance: variance(2) }),
    frameOf(2, { mask: flags(8) }),
  ];

  test("has a median with the first header, all flags and the variance, over arrays and files alike", async () => {
    const median = await medianAcross(frames);
    expect(median.header.integer("NUMBER")).toBe(3);
    expect(median.image).toEqual(frameOf(2).image);
    expect(await ofBoth(frames, async (stack) => pixel(await medianAcross(stack)))).toEqual([
      2,
      10,
      Math.fround((Math.PI / 2 / 3) * 2),
    ]);
  });

  test("has percentiles with the variance of each", async () => {
    const found = await ofBoth(frames, async (stack) => (await percentilesAcross(stack, [0, 50, 75])).map(pixel));
    const expected = [0, 50, 75].map((percent) => Math.fround(2 * percentileVariance(percent, 3)));
    expect(found).toEqual([
      [1, 10, expected[0]],
      [2, 10, expected[1]],
      [2.5, 10, expected[2]],
    ]);
  });

  test("has extremes with the variance of the value that each is", async () => {
    const found = await ofBoth(frames, async (stack) => {
      const { min, max } = await extremes(stack);
      return [pixel(min), pixel(max)];
    });
    expect(found).toEqual([
      [1, 10, 2],
      [3, 10, 4],
    ]);
    // Exact ones and frames without any number come before the first variance.
    const later = [frameOf(5), frameOf(Number.NaN), frameOf(5, { variance: variance(7) }), frameOf(4)];
    expect(pixel((await extremes(later)).max)).toEqual([5, undefined, 0]);
    expect(pixel((await extremes(later)).min)).toEqual([4, undefined, 0]);
  });

  test("has a mean and a deviation with their variances", async () => {
    const found = await ofBoth(frames, async (stack) => {
      const { mean, deviation, count } = await meanAndDeviation(stack, { ddof: 1 });
      return [pixel(mean), pixel(deviation), count];
    });
    expect(found).toEqual([[2, 10, Math.fround(6 / 9)], [1, 10, Math.fround(2 / 4)], 3]);
    const { image, mask, variance: of } = await average(frames);
    expect((await meanAndDeviation(frames)).mean).toMatchObject({ image, mask, variance: of });
  });

  test("has a clipped mean with the variance of the values kept", async () => {
    const found = await ofBoth(frames, async (stack) => {
      const { mean, kept } = await sigmaClippedMeanAcross(stack, { sigma: 1 });
      return [...pixel(mean), kept.data[0]];
    });
    expect(found).toEqual([2, 10, 2, 1]);
  });

  test("gives no more than pixels where the frames have not, and arrays where they are arrays", async () => {
    const bare = [frameOf(1), frameOf(2)];
    const keys = ["header", "image"];
    expect(Object.keys(await medianAcross(bare))).toEqual(keys);
    expect(Object.keys((await extremes(bare)).min)).toEqual(keys);
    expect(Object.keys((await meanAndDeviation(bare)).deviation)).toEqual(keys);
    expect(Object.keys((await sigmaClippedMeanAcross(bare)).mean)).toEqual(keys);
    expect((await medianAcross([frameOf(1, { variance: variance(4) }), frameOf(2)])).variance?.data[0]).toBe(1);
    expect(await medianAcross(bare.map(({ image }) => image))).toEqual(frameOf(1.5).image);
  });

  test("takes no variance of a value that is none", async () => {
    const holed = [
      frameOf(Number.NaN, { variance: variance(Number.NaN) }),
      frameOf(1, { variance: variance(4) }),
      frameOf(3, { variance: variance(8) }),
    ];
    expect(pixel(await medianAcross(holed))).toEqual([2, undefined, 3]);
    expect(pixel((await sigmaClippedMeanAcross(holed)).mean)).toEqual([2, undefined, 3]);
  });
});

describe("what masks leave out", () => {
  const { cosmicRay, hot } = pixelFlags;
  const frames = [
    frameOf(900, { mask: flags(cosmicRay), variance: variance(900) }),
    frameOf(1, { mask: flags(hot), variance: variance(2) }),
    frameOf(3, { variance: variance(4) }),
  ];
  const options = { leaveOut: cosmicRay | pixelFlags.missing };

  test("no verb over a stack takes into account", async () => {
    const found = await ofBoth(frames, async (stack) => [
      pixel(await average(stack, options)),
      pixel(await sum(stack, options)),
      pixel(await medianAcross(stack, options)),
      pixel((await sigmaClippedMeanAcross(stack, options)).mean),
      pixel((await extremes(stack, options)).max),
      pixel((await meanAndDeviation(stack, { ddof: 1, ...options })).mean),
      pixel((await meanAndDeviation(stack, { ddof: 1, ...options })).deviation),
    ]);
    expect(found).toEqual([
      [2, hot, 1.5],
      [4, hot, 6],
      [2, hot, 1.5],
      [2, hot, 1.5],
      [3, hot, 4],
      [2, hot, 1.5],
      [Math.fround(Math.SQRT2), hot, 1.5],
    ]);
  });

  test("counts unless it is asked for", async () => {
    expect(pixel(await medianAcross(frames)).slice(0, 2)).toEqual([3, cosmicRay | hot]);
  });

  test("leaves NaN with all flags where nothing is left", async () => {
    const none = [frames[0]!, { ...frames[1]!, mask: flags(pixelFlags.missing) }];
    const lost = [Number.NaN, cosmicRay | pixelFlags.missing, Number.NaN];
    for (const stack of [none, await written(none)] as Frame[][]) {
      expect(pixel(await average(stack, options))).toEqual(lost);
      expect(pixel(await sum(stack, options))).toEqual(lost);
      expect(pixel(await medianAcross(stack, options))).toEqual(lost);
      expect(pixel((await extremes(stack, options)).min)).toEqual(lost);
      expect(pixel((await meanAndDeviation(stack, options)).deviation)).toEqual(lost);
    }
  });
});

describe("the variances of medians, percentiles and clipped means", () => {
  test("tell how far they scatter", async () => {
    const draws = random("stack");
    const size = 20_000;
    const noise = (): Frame => ({
      header: new Header(),
      image: { data: Float32Array.from({ length: size }, () => 5 * draws.gaussian()), shape: [size] },
      variance: { data: new Float32Array(size).fill(25), shape: [size] },
    });
    const frames = Array.from({ length: 25 }, noise);
    const [low, high] = await percentilesAcross(frames, [20, 80]);
    const { deviation } = await meanAndDeviation(frames, { ddof: 1 });
    const { mean: clipped } = await sigmaClippedMeanAcross(frames);
    // Between two ranks a percentile scatters a little less.
    const found = [
      [await medianAcross(frames), 0.03],
      [clipped, 0.03],
      [deviation, 0.03],
      [low!, 0.05],
      [high!, 0.05],
    ] as const;
    for (const [{ image, variance: told }, within] of found) {
      const values = image.data as Float32Array;
      const mean = values.reduce((total, value) => total + value, 0) / size;
      const pulls = Array.from(values, (value, i) => (value - mean) / Math.sqrt(Number(told?.data[i])));
      const scatter = Math.sqrt(pulls.reduce((total, pull) => total + pull * pull, 0) / size);
      expect(Math.abs(scatter - 1)).toBeLessThan(within);
    }
  });

  // Variances of normal order statistics: D. Teichroew, Annals of Mathematical Statistics 27 (1956) 410.
  test.each([
    [0, 1, 1, 1e-12],
    [0, 2, 0.681690114, 1e-9],
    [50, 2, 0.5, 1e-12],
    [0, 5, 0.4475340691, 0.02],
    [50, 25, Math.PI / 2 / 25, 1e-12],
    [0, 10, 0.3443438233, 0.15],
  ])("of the percentile %d of %d values is %d", (percent, count, expected, within) => {
    expect(Math.abs(percentileVariance(percent, count) / expected - 1)).toBeLessThan(within);
    expect(percentileVariance(100 - percent, count)).toBeCloseTo(percentileVariance(percent, count), 12);
  });
});

test("frames of different shapes, no frames, and files are refused by name", async () => {
  const other = { ...frameOf(1), image: { data: new Float32Array(4), shape: [2, 2] } };
  const code = (expected: string) => expect.objectContaining({ code: expected });
  const paths = await written([frameOf(1), other]);
  const narrow = frameOf(1, { variance: { data: new Float32Array(4), shape: [2, 2] } });
  for (const verb of [medianAcross, extremes, meanAndDeviation, sigmaClippedMeanAcross] as (typeof medianAcross)[]) {
    await expect(verb([frameOf(1), other])).rejects.toThrow(code("ARRAY_SHAPE"));
    await expect(verb([frameOf(1), narrow])).rejects.toThrow(code("ARRAY_SHAPE"));
    await expect(verb([] as Frame[])).rejects.toThrow(code("ARRAY_EMPTY"));
    await expect(verb(paths)).rejects.toThrow(/1\.fits has the shape 2 x 2, that of .*0\.fits/);
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(verb(paths, { signal })).rejects.toThrow("stop");
    await expect(verb([frameOf(1), frameOf(1)], { signal })).rejects.toThrow("stop");
  }
});
