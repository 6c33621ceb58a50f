import { openKernels } from "./kernels.ts";

export type RicePixels = Int32Array | Int16Array | Uint8Array;

export interface RiceTile {
  readonly count: number;
  readonly blockSize: number;
  readonly pixelBytes: 1 | 2 | 4;
}

export interface TileQuantities {
  readonly scale: number;
  readonly zero: number;
  /** The integer that stands for an undefined pixel. */
  readonly blank: number | undefined;
  /** Where the random numbers start, 0 to 9999; `undefined` without a dither. */
  readonly round: number | undefined;
  /** The integer of an exact zero is one. */
  readonly keepsZero: boolean;
}

/** What tiles are decoded with. Its results are valid until the next call. */
export interface TileKernels {
  /** The pixels, `"cut"` where the bytes end too early, or the code of a block that is none. */
  decodeRice(bytes: Uint8Array, tile: RiceTile): RicePixels | "cut" | number;
  /** Reals in the precision asked for, of integers that `decodeRice` has just returned or of others. */
  dequantize(
    integers: Int32Array,
    quantities: TileQuantities,
    precision: "float32" | "float64",
  ): Float32Array | Float64Array;
  readonly sums: TileSums;
}

/** Sums of decoded pixels, in memory that all share: who stops to let others have their turn takes them out before, and puts them back. */
export interface TileSums {
  /** At most `tileSumPixels`. */
  set(sums: Float64Array): void;
  /** Adds pixels, each with `offset` more, to the sums from `at` on. */
  add(pixels: RicePixels | Float32Array | Float64Array, at: number, offset: number): void;
  /** A view of them, valid until the next call. */
  get(count: number): Float64Array<ArrayBuffer>;
  /** They divided, rounded once to float32; valid until the next call. */
  means(count: number, divisor: number): Float32Array<ArrayBuffer>;
}

export const tileSumPixels = 2 ** 16;

/** Tiles beyond that are rare, and their memory would stay. */
export const tileKernelPixels = 2 ** 20;
const mostBytes = 2 ** 23;

let shared: TileKernels | undefined;

/** For all tiles of the process, as each is done with before the next is begun. */
export function tileKernels(): TileKernels {
  shared ??= makeTileKernels();
  return shared;
}

export function fitsTileKernels(count: number, sizeBytes: number): boolean {
  return count <= tileKernelPixels && sizeBytes <= mostBytes;
}

const arrays = { 1: Uint8Array, 2: Int16Array, 4: Int32Array } as const;

function makeTileKernels(): TileKernels {
  const kernels = openKernels();
  const { run } = kernels;
  const decoders = { 1: run.decodeRice8, 2: run.decodeRice16, 4: run.decodeRice32 } as const;
  let room = { bytes: 0, pixels: 0 };
  // The sums come first, where they stay when the rest grows.
  const layOut = () => {
    const sizes = [tileSumPixels * 8, room.bytes, room.bytes + 64, room.pixels * 4, room.pixels * 8];
    const [sums = 0, source = 0, scratch = 0, integers = 0, reals = 0] = kernels.regions(sizes);
    return { sums, source, scratch, integers, reals };
  };
  let places = layOut();
  const need = (bytes: number, pixels: number): void => {
    if (bytes <= room.bytes && pixels <= room.pixels) return;
    room = { bytes: Math.max(room.bytes, bytes), pixels: Math.max(room.pixels, pixels) };
    places = layOut();
  };
  const sumsOf = (count: number) => new Float64Array(run.memory.buffer, places.sums, count);
  const addOf = (pixels: RicePixels | Float32Array | Float64Array) => {
    if (pixels instanceof Uint8Array) return run.addOwnU8;
    if (pixels instanceof Int16Array) return run.addOwnI16;
    if (pixels instanceof Int32Array) return run.addOwnI32;
    return pixels instanceof Float32Array ? run.addOwnF32 : run.addOwnF64;
  };
  return {
    decodeRice(bytes, { count, blockSize, pixelBytes }) {
      need(bytes.length, count);
      const { source, scratch, integers } = places;
      kernels.bytes(source, bytes.length).set(bytes);
      const outcome = decoders[pixelBytes](source, bytes.length, scratch, integers, count, blockSize);
      if (outcome !== 0) return outcome < 0 ? "cut" : outcome;
      return new arrays[pixelBytes](run.memory.buffer, integers, count);
    },
    dequantize(integers, { scale, zero, blank, round, keepsZero }, precision) {
      const { length, buffer, byteOffset } = integers;
      const isHere = buffer === run.memory.buffer && byteOffset === places.integers;
      if (!isHere) {
        need(0, length);
        new Int32Array(run.memory.buffer, places.integers, length).set(integers);
      }
      const is32 = precision === "float32";
      const hasBlank = blank !== undefined && blank === (blank | 0);
      (is32 ? run.dequantizeF32 : run.dequantizeF64)(
        places.integers,
        places.reals,
        length,
        scale,
        zero,
        hasBlank ? blank : 0,
        hasBlank ? 1 : 0,
        round ?? -1,
        keepsZero ? 1 : 0,
      );
      return new (is32 ? Float32Array : Float64Array)(run.memory.buffer, places.reals, length);
    },
    sums: {
      set(sums) {
        if (sums.length > tileSumPixels)
          throw new RangeError(`${sums.length} sums; there is room for ${tileSumPixels}.`);
        sumsOf(sums.length).set(sums);
      },
      add(pixels, at, offset) {
        if (at < 0 || at + pixels.length > tileSumPixels) throw new RangeError("Pixels beyond the sums.");
        let { byteOffset } = pixels;
        if (pixels.buffer !== run.memory.buffer) {
          need(0, pixels.length);
          byteOffset = places.reals;
          kernels
            .bytes(byteOffset, pixels.byteLength)
            .set(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
        }
        addOf(pixels)(byteOffset, places.sums + at * 8, pixels.length, offset);
      },
      get: sumsOf,
      means(count, divisor) {
        need(0, count);
        run.divideF32(places.sums, places.reals, count, divisor);
        return new Float32Array(run.memory.buffer, places.reals, count);
      },
    },
  };
}
