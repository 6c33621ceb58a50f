import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeFrame, type Frame, Header } from "../../src/fits/index.ts";
import { medianFrame, random, sigmaClippedFrame } from "../../src/math/index.ts";

const shape = [2, 3];
const frameOf = (value: number, more: Partial<Frame> = {}): Frame => ({
  header: Header.from({ NUMBER: value }),
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

describe("the median and the clipped mean of frames", () => {
  test("carry the first header, all flags and the variance, over arrays and files alike", async () => {
    const frames = [
      frameOf(3, { variance: variance(4) }),
      frameOf(1, { mask: flags(2), variance: variance(2) }),
      frameOf(2, { mask: flags(8) }),
    ];
    const paths = await written(frames);
    for (const stack of [frames, paths]) {
      const median = await medianFrame(stack as Frame[]);
      expect(median.header.integer("NUMBER")).toBe(3);
      expect(median.image).toEqual(frameOf(2).image);
      expect(median.mask).toEqual(flags(10));
      expect(median.variance?.data[0]).toBe(Math.fround((Math.PI / 2 / 3) * 2));
      const { frame, kept } = await sigmaClippedFrame(stack as Frame[], { sigma: 1 });
      expect(kept.data[0]).toBe(1);
      expect(frame.image).toEqual(frameOf(2).image);
      expect(frame.mask).toEqual(flags(10));
      expect(frame.variance?.data[0]).toBe(2);
    }
  });

  test("have no more than their pixels where the frames have not", async () => {
    expect(Object.keys(await medianFrame([frameOf(1), frameOf(2)]))).toEqual(["header", "image"]);
    expect((await medianFrame([frameOf(1, { variance: variance(4) }), frameOf(2)])).variance?.data[0]).toBe(1);
  });

  test("tell how far they scatter", async () => {
    const draws = random("stack");
    const size = 20_000;
    const noise = (): Frame => ({
      header: new Header(),
      image: { data: Float32Array.from({ length: size }, () => 5 * draws.gaussian()), shape: [size] },
      variance: { data: new Float32Array(size).fill(25), shape: [size] },
    });
    const frames = Array.from({ length: 25 }, noise);
    for (const { image, variance: told } of [await medianFrame(frames), (await sigmaClippedFrame(frames)).frame]) {
      const pulls = Array.from(image.data as Float32Array, (value, i) => value / Math.sqrt(Number(told?.data[i])));
      const scatter = Math.sqrt(pulls.reduce((sum, pull) => sum + pull * pull, 0) / size);
      expect(Math.abs(scatter - 1)).toBeLessThan(0.03);
    }
  });

  test("refuse frames of different shapes, no frames, and files by name", async () => {
    const other = { ...frameOf(1), image: { data: new Float32Array(4), shape: [2, 2] } };
    await expect(medianFrame([frameOf(1), other])).rejects.toThrow(expect.objectContaining({ code: "ARRAY_SHAPE" }));
    await expect(sigmaClippedFrame([])).rejects.toThrow(expect.objectContaining({ code: "ARRAY_EMPTY" }));
    const paths = await written([frameOf(1), other]);
    await expect(medianFrame(paths)).rejects.toThrow(/1\.fits/);
    await expect(medianFrame(paths, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});
