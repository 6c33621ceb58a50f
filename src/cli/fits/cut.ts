import { badFile } from "../../fits/bad-file.ts";
import { encodeHdu } from "../../fits/encode-fits.ts";
import { hasImage } from "../../fits/hdu.ts";
import { readStoredSection } from "../../fits/read-section.ts";
import { shiftOrigin } from "../../fits/shift-origin.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { fileArgument, hduArgument, hduSelector, overwriteArgument } from "./arguments.ts";
import { withFits, writeFits } from "./files.ts";
import { parseSection } from "./section.ts";

export const cut = defineCommand({
  name: "fits cut",
  summary: "Write a section of an image, its coordinates kept true.",
  description:
    "Writes a box of one image as the primary of a new file: the pixels as they are stored, the header with CRPIX (and LTV) moved, so that every pixel keeps its world coordinates. Only the rows or tiles that the section touches are read.",
  args: {
    file: fileArgument,
    out: { type: "positional", required: true, description: "The file to write; folders that are missing are made." },
    section: {
      type: "string",
      valueHint: "[X1:X2,Y1:Y2]",
      required: true,
      description: "One part per axis, NAXIS1 first, counted from 1, both ends within; * is a whole axis.",
    },
    hdu: hduArgument,
    overwrite: overwriteArgument,
  },
  examples: [{ shows: "A quarter", command: "firstlight fits cut frame.fits part.fits --section '[1:512,1:512]'" }],
  async run(args) {
    const selector = hduSelector(args.hdu);
    const bytes = await withFits(args.file, async (fits) => {
      const hdu = selector === undefined ? fits.hdus.find(hasImage) : fits.hdu(selector);
      if (hdu === undefined || !hasImage(hdu)) {
        throw badFile("FITS_NO_HDU", "there is no image to cut from.", { file: fits.source.name });
      }
      const ranges = parseSection(args.section, hdu.shape);
      const image = await readStoredSection(fits.source, hdu, ranges);
      const header = shiftOrigin(hdu.header, ranges.map(({ start }) => start).toReversed());
      const checksum = header.has("CHECKSUM") || header.has("DATASUM");
      return encodeHdu({ header, image }, { index: 0, count: 1, checksum, stored: true });
    });
    await writeFits(args.out, [bytes], args.overwrite);
    return exitCodes.done;
  },
});
