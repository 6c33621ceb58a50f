import type { Hdu } from "../../fits/hdu.ts";
import { storedHeader } from "../../fits/hdu.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { formatBytes } from "../render/count.ts";
import { table } from "../render/table.ts";
import { oneLine } from "../render/text-width.ts";
import { fileArgument, jsonArgument } from "./arguments.ts";
import { withFits } from "./files.ts";

/** An HDU in what `firstlight fits info --json` prints. */
function entryOf(hdu: Hdu) {
  return {
    index: hdu.index,
    name: hdu.name ?? null,
    version: hdu.version,
    type: hdu.type,
    bitpix: hdu.bitpix,
    shape: hdu.shape,
    compression: hdu.tiles?.algorithm ?? null,
    cards: storedHeader(hdu).cards.length,
    dataSizeBytes: hdu.dataSizeBytes,
  };
}

export const info = defineCommand({
  name: "fits info",
  summary: "List the HDUs of a FITS file.",
  description:
    "Every HDU with its type, BITPIX and axes (NAXIS1 first; in JSON as `shape`, NAXIS1 last). A compressed image is listed as the image that it holds.",
  args: { file: fileArgument, json: jsonArgument },
  examples: [{ shows: "What is in it?", command: "firstlight fits info frame.fits" }],
  async run({ file, json }, { stdout }) {
    const hdus = await withFits(file, async (fits) => fits.hdus.map(entryOf));
    if (json) {
      stdout.document({ hdus });
      return exitCodes.done;
    }
    const columns = [
      { title: "HDU", align: "right" },
      { title: "Name", flexible: true },
      { title: "Type" },
      { title: "BITPIX", align: "right" },
      { title: "Axes" },
      { title: "Cards", align: "right" },
      { title: "Data", align: "right" },
      { title: "Compression" },
    ] as const;
    const rows = hdus.map((hdu) => [
      String(hdu.index),
      oneLine(`${hdu.name ?? ""}${hdu.version === 1 ? "" : `,${hdu.version}`}`),
      hdu.type,
      String(hdu.bitpix),
      hdu.shape.toReversed().join(" × ") || "none",
      String(hdu.cards),
      formatBytes(hdu.dataSizeBytes),
      hdu.compression ?? "",
    ]);
    stdout.lines(table(columns, rows, { width: stdout.width(), style: stdout.style }));
    return exitCodes.done;
  },
});
