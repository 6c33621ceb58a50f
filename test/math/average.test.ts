import { describe, expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import type { NdArray, PixelArray } from "../../src/core/ndarray.ts";
import { Header } from "../../src/fits/header.ts";
import { average } from "../../src/math/average.ts";
import { meanAndDeviation } from "../../src/math/mean-and-deviation.ts";

const row = (data: PixelArray): NdArray => ({ data, shape: [1, data.length] });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isFirstlightError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

describe("average", () => {
  test("of 16-bit integers does not overflow and is exact", async () => {
    const frames = Array.from({ length: 5 }, () => row(Int16Array.of(32767, -32768, 3)));
    const mean = await average([...frames, row(Int16Array.of(32767, -32768, 9))]);
    expect(mean.data).toEqual(Float32Array.of(32767, -32768, 4));
  });

  test("takes arrays from an async iterable and spans several chunks", async () => {
    const size = 5000;
    async function* frames() {
      for (let k = 1; k <= 4; k++)
        yield { data: Uint16Array.from({ length: size }, (_, i) => k * i), shape: [50, 100] };
    }
    const mean = await average(frames());
    expect(mean.shape).toEqual([50, 100]);
    expect(mean.data).toEqual(Float32Array.from({ length: size }, (_, i) => 2.5 * i));
  });

  test("is float32 for narrow pixels, float64 for wide ones, and what the caller asks", async () => {
    expect((await average([row(Float32Array.of(1))])).data).toBeInstanceOf(Float32Array);
    expect((await average([row(Int32Array.of(1))])).data).toBeInstanceOf(Float64Array);
    expect((await average([row(BigInt64Array.of(1n, 4n)), row(BigInt64Array.of(2n, 8n))])).data).toEqual(
      Float64Array.of(1.5, 6),
    );
    expect((await average([row(Uint8Array.of(1))], { precision: "float64" })).data).toBeInstanceOf(Float64Array);
  });

  test("of frames keeps the first header, all flags, and the variance of the mean", async () => {
    const frame = (value: number, flag: number) => ({
      header: Header.from({ NUMBER: value }),
      image: row(Float32Array.of(value, value)),
      mask: { data: Uint32Array.of(flag, 0), shape: [1, 2] },
      variance: row(Float32Array.of(4, 8)),
    });
    const mean = await average([frame(1, 1), frame(3, 4)]);
    expect(mean.header.get("NUMBER")).toBe(1);
    expect(mean.image.data).toEqual(Float32Array.of(2, 2));
    expect(mean.mask?.data).toEqual(Uint32Array.of(5, 0));
    expect(mean.variance?.data).toEqual(Float32Array.of(2, 4));
  });

  test("of frames without mask and variance has neither", async () => {
    const mean = await average([{ header: new Header(), image: row(Float32Array.of(1)) }]);
    expect(Object.keys(mean).sort()).toEqual(["header", "image"]);
  });

  test("refuses nothing, an array without elements, and shapes that differ, naming both", async () => {
    expect(await codeOf(average([]))).toMatch(/^ARRAY_EMPTY/);
    expect(await codeOf(average([row(new Uint8Array(0))]))).toMatch(/^ARRAY_EMPTY/);
    const other = { data: new Uint8Array(6), shape: [3, 2] };
    expect(await codeOf(average([row(new Uint8Array(6)), other]))).toMatch(/^ARRAY_SHAPE: .*1 x 6 and 3 x 2/);
  });

  test("refuses a mask or variance whose shape is not the image's", async () => {
    const image = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
    const frame = { header: new Header(), image };
    const short = { ...frame, variance: row(Float32Array.of(1, 1)) };
    expect(await codeOf(average([frame, short]))).toMatch(/^ARRAY_SHAPE: .*variance.*2 x 2 and 1 x 2/);
    const wide = { ...frame, mask: { data: new Uint32Array(4), shape: [1, 4] } };
    expect(await codeOf(average([wide]))).toMatch(/^ARRAY_SHAPE: .*mask.*2 x 2 and 1 x 4/);
    const unfilled = { ...frame, variance: { data: new Float32Array(2), shape: [2, 2] } };
    expect(await codeOf(average([unfilled]))).toMatch(/^ARRAY_SHAPE/);
  });

  test("of one frame has a mask of its own", async () => {
    const mask = { data: Uint32Array.of(1), shape: [1, 1] };
    const mean = await average([{ header: new Header(), image: row(Float32Array.of(1)), mask }]);
    mean.mask!.data[0] = 64;
    expect(mask.data).toEqual(Uint32Array.of(1));
  });

  test("stops at an aborted signal", async () => {
    await expect(average([row(Uint8Array.of(1))], { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});

describe("meanAndDeviation", () => {
  test("gives numpy's std with ddof 0, and the sample's with ddof 1", async () => {
    const frames = [1, 2, 3, 4].map((value) => row(Float64Array.of(value, 1e9 + value, 7)));
    const population = await meanAndDeviation(frames);
    expect(population.count).toBe(4);
    expect(population.mean.data).toEqual(Float64Array.of(2.5, 1e9 + 2.5, 7));
    expect(population.deviation.data[0]).toBeCloseTo(Math.sqrt(1.25), 14);
    expect(population.deviation.data[1]).toBeCloseTo(Math.sqrt(1.25), 12);
    expect(population.deviation.data[2]).toBe(0);
    const sample = await meanAndDeviation(frames, { ddof: 1 });
    expect(sample.deviation.data[0]).toBeCloseTo(Math.sqrt(5 / 3), 14);
  });

  test("needs two arrays", async () => {
    expect(await codeOf(meanAndDeviation([row(Uint8Array.of(1))]))).toMatch(/^ARRAY_EMPTY.*found 1/);
  });
});
