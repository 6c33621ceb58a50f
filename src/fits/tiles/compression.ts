import { inspect } from "node:util";
import { FirstlightError } from "../../core/errors.ts";
import type { Bitpix } from "../bitpix.ts";
import type { Dither } from "./dequantize.ts";
import { ditherLength } from "./dither.ts";
import { tilesAlong } from "./tiled-image.ts";

/** The algorithms that are written. */
export type TileAlgorithm = "RICE_1" | "GZIP_1" | "GZIP_2";

/** How an image is to be compressed, tile by tile (FITS 4.0 §10). All of it may be left out. */
export interface TileCompression {
  /** Default RICE_1; for integers of 64 bits, which it does not know, GZIP_2. */
  readonly algorithm?: TileAlgorithm | undefined;
  /** The shape of a tile in C order, as the image's; shorter ones count from the last axis. Default: a row. */
  readonly tile?: readonly number[] | undefined;
  /**
   * Reals are kept in steps of their noise divided by `level`: the higher, the truer and the larger. Default 4 for RICE_1. GZIP_1 and
   * GZIP_2 keep reals bit by bit unless a level or a step is given. Integers are always kept as they are.
   */
  readonly level?: number | undefined;
  /** Instead of a level: the step itself, in the unit of the stored pixels. */
  readonly step?: number | undefined;
  /** Of quantised reals. Default SUBTRACTIVE_DITHER_2, which keeps pixels of exactly 0. */
  readonly dither?: Dither | undefined;
  /**
   * How quantised reals keep NaN. `"gzip"`: a tile that holds one is kept bit by bit, as every reader has it. `"level"`: as a level of
   * its own (ZBLANK), which is smaller, but comes as a number from astropy 5.2 and fitsio. Default `"gzip"`.
   */
  readonly nan?: "gzip" | "level" | undefined;
  /** Where the random numbers start, 1 to 10000 (ZDITHER0). Default `"checksum"`: it follows from the pixels of the first tile. */
  readonly seed?: number | "checksum" | undefined;
}

/** Settings by name. What names no algorithm has RICE_1, and GZIP_2 for integers of 64 bits, which RICE_1 does not know. */
export const compressionPresets = {
  /** As the DKIST archive's frames are: steps of a sixteenth of the noise, plain rounding, tiles of a row. */
  dkist: { level: 16, dither: "NO_DITHER" },
  /** As fpack does where nothing is asked of it. */
  fpack: { level: 4, dither: "SUBTRACTIVE_DITHER_1", nan: "level" },
  /** Every bit is kept. */
  lossless: { algorithm: "GZIP_2" },
} as const satisfies Readonly<Record<string, TileCompression>>;

export type CompressionPreset = keyof typeof compressionPresets;

/** Of images that stand beside others. */
export interface TileSettings extends TileCompression {
  /**
   * Reals bit by bit, as tiles for which no levels are found: in GZIP_COMPRESSED_DATA, whatever the algorithm. Tiles that are parts of
   * several rows become rows.
   */
  readonly fallsBack?: boolean | undefined;
}

/**
 * For variances: in steps of its noise a small one becomes negative. Beside images of levels it is not said to have none (ZQUANTIZ
 * NONE): cfitsio, once it has read such an image, takes the levels of the next for the reals of it.
 */
export function withoutLoss(asked: TileCompression | CompressionPreset): TileSettings {
  const settings = settingsOf(asked);
  const { algorithm = "RICE_1", tile } = settings;
  if (quantizationOf(settings, algorithm) === undefined) return { algorithm, tile };
  return { tile, fallsBack: true };
}

/** Which settings one image gets. */
export interface TilePlan {
  readonly algorithm: TileAlgorithm;
  readonly bitpix: Bitpix;
  /** The fastest axis first. */
  readonly axes: readonly number[];
  readonly tileAxes: readonly number[];
  readonly tileCount: number;
  /** `undefined` where pixels are kept as they are. */
  readonly quantization: TileQuantization | undefined;
  /** Q where the heap may outgrow 32 bits. */
  readonly descriptor: "P" | "Q";
}

export interface TileQuantization {
  /** The step, or what the noise is divided by; `undefined` where every tile falls back to be kept as it is. */
  readonly steps: { readonly level: number } | { readonly step: number } | undefined;
  readonly dither: Dither;
  readonly nan: "gzip" | "level";
  readonly seed: number | "checksum";
}

const algorithms: readonly string[] = ["RICE_1", "GZIP_1", "GZIP_2"];
const dithers: readonly string[] = ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"];

/**
 * Settles how an image of this BITPIX and shape is compressed.
 *
 * @throws FirstlightError FITS_COMPRESSION for settings that are none, or do not fit the image
 */
export function planTiles(bitpix: Bitpix, shape: readonly number[], asked: TileSettings | CompressionPreset): TilePlan {
  const settings = settingsOf(asked);
  const algorithm = settings.algorithm ?? (bitpix === 64 ? "GZIP_2" : "RICE_1");
  if (!algorithms.includes(algorithm)) throw wrong(`the algorithm ${algorithm}`, `Choose ${algorithms.join(", ")}.`);
  if (algorithm === "RICE_1" && bitpix === 64) {
    throw wrong("RICE_1 for integers of 64 bits, which it does not know", "Choose GZIP_2.");
  }
  // ZNAXIS100 would be too long for a keyword.
  if (shape.length > 99) throw wrong(`${shape.length} axes`, "A compressed image has at most 99.");
  const axes = shape.toReversed();
  const asTiled = tileOf(settings.tile, axes);
  // cfitsio's funpack restores wrongly what falls back, unless a tile's pixels stand one behind the other in the image.
  const tileAxes = settings.fallsBack === true && !isOnePiece(asTiled, axes) ? tileOf(undefined, axes) : asTiled;
  const tileCount = axes.reduce((product, length, axis) => product * tilesAlong(length, tileAxes[axis] ?? 1), 1);
  const sizeBytes = axes.reduce((product, length) => product * length, Math.abs(bitpix) / 8);
  return {
    algorithm,
    bitpix,
    axes,
    tileAxes,
    tileCount,
    quantization: bitpix < 0 ? quantizationOf(settings, algorithm) : undefined,
    // An incompressible image grows a little.
    descriptor: sizeBytes * 1.3 + tileCount * 64 < 2 ** 31 ? "P" : "Q",
  };
}

function settingsOf(asked: TileSettings | CompressionPreset): TileSettings {
  const presets = Object.keys(compressionPresets).join(", ");
  if (typeof asked === "string") {
    const preset = Object.entries(compressionPresets).find(([key]) => key === asked)?.[1];
    if (preset !== undefined) return preset;
    throw wrong(`the preset ${asked}`, `Choose ${presets}.`);
  }
  // Code without types may hand over anything.
  if (typeof asked === "object" && asked !== null && !Array.isArray(asked)) return asked;
  throw wrong(inspect(asked), `Give an object of settings, or choose a preset: ${presets}.`);
}

function tileOf(tile: readonly number[] | undefined, axes: readonly number[]): number[] {
  if (tile === undefined) return axes.map((length, axis) => (axis === 0 ? length : 1));
  if (!Array.isArray(tile)) {
    throw wrong(`tiles of ${inspect(tile)}`, "Give a list of whole numbers from 1 on, at most one for each axis.");
  }
  if (tile.length > axes.length || tile.length === 0 || !tile.every((each) => Number.isSafeInteger(each) && each > 0)) {
    const image = axes.toReversed().join(", ");
    throw wrong(
      `tiles of [${tile.join(", ")}] in an image of [${image}]`,
      "Give whole numbers from 1 on, at most one for each axis.",
    );
  }
  const lengths = tile.toReversed();
  return axes.map((length, axis) => Math.min(length, lengths[axis] ?? 1));
}

/** Behind the first axis that is not taken whole there are no further positions. */
function isOnePiece(tileAxes: readonly number[], axes: readonly number[]): boolean {
  const first = tileAxes.findIndex((length, axis) => length !== axes[axis]);
  return first === -1 || tileAxes.every((length, axis) => axis <= first || length === 1);
}

function quantizationOf(settings: TileSettings, algorithm: TileAlgorithm): TileQuantization | undefined {
  if (settings.fallsBack === true) return { steps: undefined, dither: "NO_DITHER", nan: "gzip", seed: 1 };
  const { level, step, dither = "SUBTRACTIVE_DITHER_2", nan = "gzip", seed = "checksum" } = settings;
  if (nan !== "gzip" && nan !== "level") throw wrong(`NaN as ${String(nan)}`, "Choose gzip or level.");
  if (!dithers.includes(dither)) throw wrong(`the dither ${dither}`, `Choose ${dithers.join(", ")}.`);
  if (seed !== "checksum" && !(Number.isInteger(seed) && seed >= 1 && seed <= ditherLength)) {
    throw wrong(`the dither seed ${seed}`, `Give a whole number from 1 to ${ditherLength}, or "checksum".`);
  }
  if (level !== undefined && step !== undefined) throw wrong("both a level and a step", "Give one of them.");
  for (const [name, value] of Object.entries({ level, step })) {
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      throw wrong(
        `the ${name} ${inspect(value)}`,
        "Give a number above 0; to keep every bit, choose GZIP_2 without a level.",
      );
    }
  }
  if (step !== undefined) return { steps: { step }, dither, nan, seed };
  if (level === undefined && algorithm !== "RICE_1") return undefined;
  return { steps: { level: level ?? 4 }, dither, nan, seed };
}

function wrong(asked: string, remedy: string): FirstlightError {
  return new FirstlightError("FITS_COMPRESSION", `A compression was asked for with ${asked}. ${remedy}`, {
    disposition: "invalid",
    fields: { asked },
  });
}
