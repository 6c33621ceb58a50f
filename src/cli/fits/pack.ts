import { packFitsTo } from "../../fits/pack-fits.ts";
import {
  type CompressionPreset,
  compressionPresets,
  type TileAlgorithm,
  type TileCompression,
} from "../../fits/tiles/compression.ts";
import type { Dither } from "../../fits/tiles/dequantize.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { usageError } from "../usage-error.ts";
import { fileArgument, overwriteArgument } from "./arguments.ts";
import { withFits, writingFits } from "./files.ts";

const presets = Object.keys(compressionPresets);
const algorithms: readonly string[] = ["RICE_1", "GZIP_1", "GZIP_2"];
const dithers: readonly string[] = ["NO_DITHER", "SUBTRACTIVE_DITHER_1", "SUBTRACTIVE_DITHER_2"];

export const pack = defineCommand({
  name: "fits pack",
  summary: "Write a copy in which every image is compressed.",
  description:
    "Images are compressed tile by tile (FITS 4.0, section 10), integers without any loss; reals are kept in steps of their noise divided by the level, or bit by bit with --preset lossless, as tiles that hold NaN are but with --preset fpack. An extension called VARIANCE is kept bit by bit whatever is asked, beside reals in steps as tiles that fell back to gzip. An image that is the primary becomes the first extension. Tables, and images that are compressed already, are copied as they are.",
  args: {
    in: { ...fileArgument, description: "A FITS file; also .gz." },
    out: { type: "positional", required: true, description: "The file to write; folders that are missing are made." },
    preset: {
      type: "string",
      valueHint: presets.join("|"),
      description: "Settings by name; the flags beside it go before them.",
    },
    algorithm: {
      type: "string",
      valueHint: algorithms.join("|"),
      description: "Default RICE_1; GZIP_2 for integers of 64 bits.",
    },
    level: {
      type: "string",
      valueHint: "NUMBER",
      description:
        "What the noise of each tile is divided by to have the step of reals: the higher, the truer. Default 4.",
    },
    tile: {
      type: "string",
      valueHint: "100,100",
      description: "The lengths of a tile, NAXIS1 first; axes left out have length 1. Default: a row.",
    },
    dither: { type: "string", valueHint: dithers.join("|"), description: "Of reals. Default SUBTRACTIVE_DITHER_2." },
    seed: {
      type: "string",
      valueHint: "1-10000",
      description: "Where the random numbers of the dither start. Default: it follows from the pixels.",
    },
    overwrite: overwriteArgument,
  },
  examples: [
    {
      shows: "Integers as they are, reals to a quarter of their noise",
      command: "firstlight fits pack frame.fits frame.fits.fz",
    },
    { shows: "As in the DKIST archive", command: "firstlight fits pack --preset dkist frame.fits out.fits" },
    { shows: "Every bit of the reals", command: "firstlight fits pack --preset lossless frame.fits out.fits" },
  ],
  async run(args, { watchStop }) {
    const compression: TileCompression = {
      ...(args.preset === undefined
        ? {}
        : compressionPresets[oneOf<CompressionPreset>("--preset", args.preset, presets)]),
      ...(args.algorithm === undefined
        ? {}
        : { algorithm: oneOf<TileAlgorithm>("--algorithm", args.algorithm, algorithms) }),
      ...(args.level === undefined ? {} : { level: numberOf("--level", args.level) }),
      ...(args.tile === undefined
        ? {}
        : {
            tile: args.tile
              .split(",")
              .map((each) => numberOf("--tile", each))
              .reverse(),
          }),
      ...(args.dither === undefined ? {} : { dither: oneOf<Dither>("--dither", args.dither, dithers) }),
      ...(args.seed === undefined ? {} : { seed: numberOf("--seed", args.seed) }),
    };
    using stop = watchStop();
    await withFits(args.in, (fits) =>
      writingFits(args.out, () =>
        packFitsTo(args.out, fits, { compression, overwrite: args.overwrite, signal: stop.asked }),
      ),
    );
    return exitCodes.done;
  },
});

function oneOf<Name extends string>(flag: string, given: string, names: readonly string[]): Name {
  const found = names.find((name) => name.toLowerCase() === given.toLowerCase());
  if (found === undefined) throw usageError(`${flag} takes ${names.join(", ")}, not '${given}'.`);
  return found as Name;
}

function numberOf(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0)) throw usageError(`${flag} takes numbers above 0, not '${text}'.`);
  return value;
}
