import { unpackFits } from "../../fits/unpack-fits.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { usageError } from "../usage-error.ts";
import { fileArgument, overwriteArgument } from "./arguments.ts";
import { withFits, writeFits } from "./files.ts";

export const unpack = defineCommand({
  name: "fits unpack",
  summary: "Write a copy in which no image is compressed.",
  description:
    "Every HDU keeps its place; an image that was compressed becomes one that is not, with the header that it had. What is no image is copied as it is.",
  args: {
    in: { ...fileArgument, description: "A FITS file with compressed images; also .gz." },
    out: { type: "positional", required: true, description: "The file to write; folders that are missing are made." },
    as: {
      type: "string",
      valueHint: "float64",
      description: "Write the physical values of every image in BITPIX -64: BSCALE and BZERO applied, BLANK as NaN.",
    },
    overwrite: overwriteArgument,
  },
  examples: [
    { shows: "An ordinary file again", command: "firstlight fits unpack frame.fits.fz frame.fits" },
    { shows: "For a program that knows no scaling", command: "firstlight fits unpack --as float64 in.fits out.fits" },
  ],
  async run(args, { watchStop }) {
    const { as } = args;
    if (as !== undefined && as !== "float64") throw usageError(`--as takes float64, not '${as}'.`);
    using stop = watchStop();
    await withFits(args.in, (fits) =>
      writeFits(args.out, unpackFits(fits, { as, signal: stop.asked }), args.overwrite),
    );
    return exitCodes.done;
  },
});
