import { compareFits, type FitsDifference } from "../../fits/compare-fits.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { count } from "../render/count.ts";
import { oneLine } from "../render/text-width.ts";
import { fileArgument, jsonArgument, tolerance } from "./arguments.ts";
import { withFits } from "./files.ts";

export const diff = defineCommand({
  name: "fits diff",
  summary: "Compare headers and pixels of two files.",
  description:
    "Compares two files HDU by HDU: the values of their cards, but for those that say how pixels are stored and checksums, and the physical values of their pixels, |A - B| ≤ atol + rtol·|B|. A value of another type is another value: 1 is not '1'. The exit code is 1 where they differ.",
  args: {
    first: { ...fileArgument, description: "A FITS file; also .gz and .fz." },
    second: { ...fileArgument, description: "The other." },
    rtol: { type: "string", valueHint: "R", description: "Relative tolerance of pixels. Default: 0." },
    atol: { type: "string", valueHint: "A", description: "Absolute tolerance of pixels. Default: 0." },
    ignore: {
      type: "string",
      valueHint: "KEYS",
      description: "Keywords that do not count, with commas between them; an empty one is the blank keyword.",
    },
    json: jsonArgument,
  },
  examples: [
    {
      shows: "Did the new version change anything?",
      command: "firstlight fits diff old.fits new.fits --ignore DATE,HISTORY",
    },
  ],
  async run(args, { stdout }) {
    const ignore = new Set(args.ignore?.split(",").map((key) => key.trim().toUpperCase()));
    const options = { relative: tolerance("--rtol", args.rtol), absolute: tolerance("--atol", args.atol), ignore };
    const differences = await withFits(args.first, (one) =>
      withFits(args.second, (other) => compareFits(one, other, options)),
    );
    const { style } = stdout;
    if (args.json) {
      const document = { same: differences.length === 0, differences: differences.map(documentOf) };
      stdout.document(document);
    } else if (differences.length === 0) stdout.lines([style.green("✓ no difference")]);
    else stdout.lines([...differences.map(lineOf), style.red(count(differences.length, "difference"))]);
    return differences.length === 0 ? exitCodes.done : exitCodes.failed;
  },
});

function documentOf(difference: FitsDifference) {
  if (difference.kind === "card") {
    return { ...difference, first: difference.first ?? null, second: difference.second ?? null };
  }
  const isUnknown = difference.kind === "pixels" && !Number.isFinite(difference.largest);
  return isUnknown ? { ...difference, largest: String(difference.largest) } : difference;
}

function lineOf(difference: FitsDifference): string {
  switch (difference.kind) {
    case "hdu-count":
      return `The first has ${count(difference.first, "HDU")}, the second ${difference.second}.`;
    case "structure":
      return `HDU ${difference.hdu}: ${difference.first}, and ${difference.second}.`;
    case "card": {
      const [first, second] = [difference.first, difference.second].map((value) =>
        value === undefined ? "not there" : JSON.stringify(value),
      );
      return `HDU ${difference.hdu}, ${oneLine(difference.keyword) || "blank keyword"}: ${first}, and ${second}`;
    }
    case "pixels": {
      const { hdu, of, largest, at } = difference;
      const most = Number.isNaN(largest) ? "in NaN alone" : `by ${largest} at most`;
      return `HDU ${hdu}: ${difference.count} of ${count(of, "pixel")} differ, ${most}; the first at (${at.join(", ")}).`;
    }
    case "bytes":
      return `HDU ${difference.hdu}: its data differ in ${count(difference.count, "byte")}.`;
  }
}
