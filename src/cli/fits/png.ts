import { FirstlightError } from "../../core/errors.ts";
import type { NdArray } from "../../core/ndarray.ts";
import { readImage } from "../../fits/read-image.ts";
import { colourMapNames } from "../../math/colour-map.ts";
import { mostPixels, type PngOptions, renderPng } from "../../math/png.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { usageError } from "../usage-error.ts";
import { wholeNumber } from "../whole-number.ts";
import { fileArgument, hduArgument, hduSelector, overwriteArgument } from "./arguments.ts";
import { withFits, writeFits } from "./files.ts";

const stretches = ["linear", "asinh", "log", "zscale"] as const;
type StretchChoice = (typeof stretches)[number];

export const png = defineCommand({
  name: "fits png",
  summary: "Draw an image.",
  description:
    "An image of two axes as a PNG, its first row at the bottom; pixels without a number are magenta. 'linear', 'asinh' and 'log' stretch between the percentiles 0.5 and 99.5, 'zscale' linearly between the limits of IRAF's zscale.",
  args: {
    file: fileArgument,
    out: { type: "positional", required: true, description: "The PNG to write; folders that are missing are made." },
    hdu: hduArgument,
    stretch: { type: "string", valueHint: "NAME", description: `One of ${stretches.join(", ")}. Default: asinh.` },
    "colour-map": {
      type: "string",
      valueHint: "NAME",
      description: `One of ${colourMapNames.join(", ")}. Default: grey.`,
    },
    scale: { type: "string", valueHint: "N", description: "Each pixel becomes a square of so many. Default: 1." },
    overwrite: overwriteArgument,
  },
  examples: [{ shows: "A first look", command: "firstlight fits png frame.fits frame.png --stretch zscale" }],
  async run(args, _session) {
    const choice = oneOf("--stretch", args.stretch ?? "asinh", stretches);
    const colourMap = oneOf("--colour-map", args["colour-map"] ?? "grey", colourMapNames);
    const scale = wholeNumber("--scale", args.scale) ?? 1;
    const selector = hduSelector(args.hdu);
    // Drawing takes more memory than reading, and is part of what may find too little.
    const picture = await withFits(args.file, async ({ source }) => {
      const plane = planeOf(await readImage(source, selector));
      const pixels = plane.data.length * scale ** 2;
      if (scale > 1 && pixels > mostPixels) {
        throw usageError(
          `--scale ${scale} would make a picture of ${pixels} pixels; at most ${mostPixels} are drawn. Choose a smaller number.`,
        );
      }
      return renderPng(plane, { ...optionsOf(choice), colourMap, scale });
    });
    await writeFits(args.out, [picture], args.overwrite);
    return exitCodes.done;
  },
});

/** Without axes of one pixel before the last two. */
function planeOf(image: NdArray): NdArray {
  const shape = image.shape.filter((length, axis) => length > 1 || axis >= image.shape.length - 2);
  if (shape.length === 2) return { ...image, shape };
  throw new FirstlightError(
    "FITS_SHAPE",
    `A picture has two axes, the image has ${image.shape.length} (${image.shape.toReversed().join(" × ")}). Take one plane with 'firstlight fits cut'.`,
    { disposition: "invalid", fields: { shape: image.shape } },
  );
}

function optionsOf(choice: StretchChoice): PngOptions {
  return choice === "zscale" ? { stretch: "linear", limits: "zscale" } : { stretch: choice };
}

function oneOf<Name extends string>(flag: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw usageError(`${flag} is one of ${names.join(", ")}, not '${text}'.`);
  return found;
}
