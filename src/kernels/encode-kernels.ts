import { openKernels } from "./kernels.ts";
import type { RicePixels } from "./tile-kernels.ts";

/** What a row of reals tells of its noise; a median of none is 0. */
export interface RowNoise {
  /** How many differences of second order there are, and of third and fifth. */
  readonly seconds: number;
  readonly second: number;
  readonly thirds: number;
  readonly third: number;
  readonly fifth: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly definedCount: number;
}

export interface LevelPlaces {
  readonly scale: number;
  readonly zero: number;
  /** Where the random numbers start, 0 to 9999; `undefined` without a dither. */
  readonly round: number | undefined;
  readonly keepsZero: boolean;
}

/** What tiles are encoded with. Its results are valid until the next call. */
export interface EncodeKernels {
  /** Takes the reals of a tile, for `noise` and `quantize`. */
  put(pixels: Float32Array | Float64Array): void;
  /** Of so many pixels from the one of that index on. */
  noise(start: number, count: number): RowNoise;
  /** The levels of all. */
  quantize(places: LevelPlaces): Int32Array;
  /** Of levels just made, or of other pixels. */
  encodeRice(pixels: RicePixels, blockSize: number, mostBytes: number): Uint8Array;
}

/** Tiles beyond that are rare, and their memory would stay. */
export const encodeKernelPixels = 2 ** 20;
const mostBlock = 2 ** 10;

let shared: EncodeKernels | undefined;

/** For all tiles of the process, as each is done with before the next is begun. */
export function encodeKernels(): EncodeKernels {
  shared ??= makeEncodeKernels();
  return shared;
}

function makeEncodeKernels(): EncodeKernels {
  const kernels = openKernels();
  const { run } = kernels;
  let room = 0;
  let places = { reals: 0, integers: 0, output: 0, work: 0, differences: 0, results: 0 };
  let count = 0;
  let is32 = true;
  const need = (pixels: number): void => {
    if (pixels > encodeKernelPixels) throw new RangeError(`A tile of ${pixels} pixels; at most ${encodeKernelPixels}.`);
    if (pixels <= room) return;
    room = pixels;
    // Before the first pixel there has to be room for another.
    const sizes = [room * 8, room * 4, room * 5 + 4096, 4 * (room * 8 + 16), mostBlock * 4, 64, 64];
    const [reals = 0, integers = 0, output = 0, work = 0, differences = 0, results = 0] = kernels.regions(sizes);
    places = { reals, integers: integers + 16, output, work, differences, results };
  };
  const encoders = { 1: run.encodeRice8, 2: run.encodeRice16, 4: run.encodeRice32 } as const;
  return {
    put(pixels) {
      need(pixels.length);
      count = pixels.length;
      is32 = pixels instanceof Float32Array;
      new (is32 ? Float32Array : Float64Array)(run.memory.buffer, places.reals, count).set(pixels);
    },
    noise(start, length) {
      if (!(start >= 0 && length >= 0 && start + length <= count)) throw new RangeError("A row beyond the tile.");
      const { reals, work, results } = places;
      (is32 ? run.noiseRowF32 : run.noiseRowF64)(reals + start * (is32 ? 4 : 8), length, work, results);
      const found = new Float64Array(run.memory.buffer, results, 8);
      const [seconds = 0, second = 0, thirds = 0, third = 0, fifth = 0, minimum = 0, maximum = 0, definedCount = 0] =
        found;
      return { seconds, second, thirds, third, fifth, minimum, maximum, definedCount };
    },
    quantize({ scale, zero, round, keepsZero }) {
      const { reals, integers } = places;
      const quantize = is32 ? run.quantizeF32 : run.quantizeF64;
      quantize(reals, integers, count, scale, zero, round ?? -1, keepsZero ? 1 : 0);
      return new Int32Array(run.memory.buffer, integers, count);
    },
    encodeRice(pixels, blockSize, mostBytes) {
      const { length, BYTES_PER_ELEMENT } = pixels;
      if (blockSize > mostBlock) throw new RangeError(`Blocks of ${blockSize} pixels; at most ${mostBlock}.`);
      need(length);
      const { integers, output, differences } = places;
      if (pixels.buffer !== run.memory.buffer || pixels.byteOffset !== integers) {
        kernels
          .bytes(integers, pixels.byteLength)
          .set(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
      }
      const encode = encoders[BYTES_PER_ELEMENT as 1 | 2 | 4];
      const most = Math.min(mostBytes + 1024, room * 5 + 4096);
      const sizeBytes = encode(integers, length, output, most, blockSize, differences);
      if (sizeBytes < 0) throw new RangeError(`More than ${mostBytes} bytes of ${length} pixels.`);
      return kernels.bytes(output, sizeBytes);
    },
  };
}
