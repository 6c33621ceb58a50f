import { encodeKernelPixels, encodeKernels } from "../../kernels/encode-kernels.ts";
import { swapWords } from "../byte-order.ts";
import type { TilePlan, TileQuantization } from "./compression.ts";
import type { TileValues } from "./decode-tile.ts";
import { ditherLength } from "./dither.ts";
import { encodeRice, riceMostBytes } from "./encode-rice.ts";
import { gzipTile, shuffle } from "./gzip-tile.ts";
import { type Levels, levelsOf, quantize } from "./quantize.ts";
import type { RiceParameters } from "./rice.ts";
import { kernelNoise, noiseRowLength, type TileNoise, tileNoise } from "./tile-noise.ts";

/** Pixels that share one split of bits, as every writer has it. */
export const riceBlockSize = 32;

/** Bytes of one tile for the heap; valid until the next is encoded. */
export interface EncodedTile {
  /** `gzip`: the reals as they are, where no levels can hold them or should not. */
  readonly kind: "compressed" | "gzip";
  readonly bytes: Uint8Array;
  /** `undefined` where pixels are kept as they are. */
  readonly levels: Levels | undefined;
}

export interface TileEncoder {
  /** Pixels as they are stored, in this machine's order; they are the encoder's to overwrite. `width` is that of the tile's rows. */
  encode(pixels: TileValues, width: number, tileIndex: number): EncodedTile;
  /** ZDITHER0; known once the first tile is there. */
  readonly seed: number;
}

/** The encoder of an image's tiles, which come in their order. */
export function tileEncoder({ algorithm, bitpix, quantization }: TilePlan): TileEncoder {
  const pixelBytes = quantization === undefined ? Math.abs(bitpix) / 8 : 4;
  const compress = compressor(algorithm, pixelBytes);
  const toLevels = quantization?.steps === undefined ? undefined : quantizer(quantization, quantization.steps);
  return {
    get seed() {
      return toLevels?.seed ?? 1;
    },
    encode(pixels, width, tileIndex) {
      if (quantization === undefined) return { kind: "compressed", bytes: compress(pixels), levels: undefined };
      const reals = pixels as Float32Array | Float64Array;
      const found = toLevels?.find(reals, width, tileIndex);
      if (found === undefined) return { kind: "gzip", bytes: gzipTile(bigEndian(reals)), levels: undefined };
      return { kind: "compressed", bytes: compress(found.integers), levels: found.levels };
    },
  };
}

function compressor(algorithm: TilePlan["algorithm"], pixelBytes: number): (pixels: TileValues) => Uint8Array {
  if (algorithm === "RICE_1") {
    const parameters = { blockSize: riceBlockSize, pixelBytes } as RiceParameters;
    const differences = new Int32Array(riceBlockSize);
    let output = new Uint8Array(0);
    return (pixels) => {
      const most = riceMostBytes(pixels.length, parameters);
      if (pixels.length <= encodeKernelPixels) {
        return encodeKernels().encodeRice(pixels as Int32Array, riceBlockSize, most);
      }
      if (output.length < most) output = new Uint8Array(most);
      const length = encodeRice(pixels as Int32Array, output, parameters, differences);
      return output.subarray(0, length);
    };
  }
  if (algorithm === "GZIP_1") return (pixels) => gzipTile(bigEndian(pixels));
  return (pixels) => gzipTile(shuffle(bigEndian(pixels), pixelBytes));
}

function bigEndian(pixels: TileValues): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  swapWords(bytes, pixels.BYTES_PER_ELEMENT);
  return bytes;
}

function quantizer({ dither, nan, seed: asked }: TileQuantization, steps: NonNullable<TileQuantization["steps"]>) {
  let seed = asked === "checksum" ? undefined : asked;
  let memory: ReturnType<typeof memoryFor> | undefined;
  let integers = new Int32Array(0);
  return {
    get seed() {
      return seed;
    },
    find(pixels: Float32Array | Float64Array, width: number, tileIndex: number) {
      seed ??= checksumSeed(pixels);
      const rowLength = noiseRowLength(pixels.length, width);
      const isKept = ({ definedCount }: TileNoise): boolean => nan === "gzip" && definedCount < pixels.length;
      const stepOf = (noise: TileNoise): number => ("step" in steps ? steps.step : noise.noise / steps.level);
      if (pixels.length <= encodeKernelPixels) {
        const kernels = encodeKernels();
        kernels.put(pixels);
        const noise = kernelNoise(kernels, pixels.length, rowLength);
        const levels = isKept(noise) ? undefined : levelsOf(noise, stepOf(noise), pixels.length, dither);
        if (levels === undefined) return undefined;
        const round = dither === "NO_DITHER" ? undefined : (tileIndex + seed - 1) % ditherLength;
        const keepsZero = dither === "SUBTRACTIVE_DITHER_2";
        return { integers: kernels.quantize({ ...levels, round, keepsZero }), levels };
      }
      if (memory === undefined || memory.second.length < rowLength) memory = memoryFor(pixels, rowLength);
      if (integers.length < pixels.length) integers = new Int32Array(pixels.length);
      const noise = tileNoise(pixels, rowLength, memory);
      const levels = isKept(noise) ? undefined : levelsOf(noise, stepOf(noise), pixels.length, dither);
      if (levels === undefined) return undefined;
      const output = integers.subarray(0, pixels.length);
      quantize(pixels, levels, dither, tileIndex + seed - 1, output);
      return { integers: output, levels };
    },
  };
}

function memoryFor(pixels: Float32Array | Float64Array, length: number) {
  const make = () => (pixels instanceof Float32Array ? new Float32Array(length) : new Float64Array(length));
  return { second: make(), third: make(), fifth: make() };
}

/** The seed that follows from the bytes of the first tile, whatever their order. */
export function checksumSeed(pixels: Float32Array | Float64Array): number {
  let sum = 0;
  for (const byte of new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)) sum += byte;
  return (sum % ditherLength) + 1;
}
