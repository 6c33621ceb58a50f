import { type Kernels, openKernels } from "./kernels.ts";

/** Bins of equal width from `low` to `high`; `scale` is how many there are in a unit. */
export interface Bins {
  readonly low: number;
  readonly high: number;
  readonly scale: number;
}

/** Looks at the values of pixels, portion by portion. What it gives of a portion is valid until the next call. */
export interface ValueKernels {
  /** Where at most `valuePortion` pixels are to be put, in one of two precisions. */
  readonly float32: Float32Array;
  readonly float64: Float64Array;
  /** Of the finite ones among the first `count` pixels: least, greatest, sum, and how many. */
  census(is32: boolean, count: number): readonly [least: number, greatest: number, sum: number, finite: number];
  /** The sums of the first four powers of each value less `guess`; NaN is left out. */
  moments(is32: boolean, count: number, guess: number): readonly [number, number, number, number];
  /** Numbers of pixels by bin, which `count` adds to; to be filled with zeros first. */
  readonly counts: Uint32Array;
  count(is32: boolean, count: number, bins: Bins): void;
  /** A number from 1 for each bin whose values are wanted. */
  readonly wanted: Uint8Array;
  /** The values of wanted bins and their numbers. */
  pick(is32: boolean, count: number, bins: Bins): { readonly values: Float64Array; readonly numbers: Uint8Array };
}

export const valueBins = 16_384;
/** It fits in the second-level cache. */
export const valuePortion = 2 ** 15;

let shared: ValueKernels | undefined;

/** For all of the process: who uses it is done before it returns. */
export function valueKernels(): ValueKernels {
  shared ??= makeValueKernels(openKernels());
  return shared;
}

function makeValueKernels({ run, regions }: Kernels): ValueKernels {
  const sizes = [valuePortion * 8, 64, valueBins * 4, valueBins, valuePortion * 8 + 8, valuePortion + 1];
  const [source = 0, output = 0, counts = 0, wanted = 0, values = 0, numbers = 0] = regions(sizes);
  const { buffer } = run.memory;
  const results = new Float64Array(buffer, output, 4);
  const requireRoom = (count: number): void => {
    if (!(count >= 0 && count <= valuePortion)) {
      throw new RangeError(`${count} pixels; there is room for ${valuePortion}.`);
    }
  };
  const four = (): readonly [number, number, number, number] => [...results] as [number, number, number, number];
  return {
    float32: new Float32Array(buffer, source, valuePortion),
    float64: new Float64Array(buffer, source, valuePortion),
    counts: new Uint32Array(buffer, counts, valueBins),
    wanted: new Uint8Array(buffer, wanted, valueBins),
    census(is32, count) {
      requireRoom(count);
      (is32 ? run.censusF32 : run.censusF64)(source, count, output);
      return four();
    },
    moments(is32, count, guess) {
      requireRoom(count);
      (is32 ? run.momentsF32 : run.momentsF64)(source, count, guess, output);
      return four();
    },
    count(is32, count, { low, high, scale }) {
      requireRoom(count);
      (is32 ? run.countBinsF32 : run.countBinsF64)(source, count, low, high, scale, valueBins, counts);
    },
    pick(is32, count, { low, high, scale }) {
      requireRoom(count);
      const pick = is32 ? run.pickBinsF32 : run.pickBinsF64;
      const kept = pick(source, count, low, high, scale, valueBins, wanted, values, numbers);
      return { values: new Float64Array(buffer, values, kept), numbers: new Uint8Array(buffer, numbers, kept) };
    },
  };
}
