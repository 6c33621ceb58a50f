import { formatPythonJson } from "../../core/python-json.ts";
import { isReal } from "../../core/scalar.ts";
import type { Card } from "../../fits/card.ts";
import { isComplex } from "../../fits/card-value.ts";
import { storedHeader } from "../../fits/hdu.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { fileArgument, hduArgument, hduSelector, jsonArgument } from "./arguments.ts";
import { withFits } from "./files.ts";

/** Integers and reals stay apart: a real keeps its point. A card whose characters are no FITS value says so. */
function cardDocument(card: Card) {
  const { keyword } = card;
  try {
    const value = card.value;
    const document = isComplex(value) ? [finite(value.re), finite(value.im)] : finite(value ?? null);
    return { keyword, value: document, comment: card.comment };
  } catch {
    return { keyword, value: null, comment: "", invalid: card.image };
  }
}

/** A real that is larger than any double is infinite, for which JSON has no number. */
function finite<Value>(value: Value): Value | string {
  const number: unknown = isReal(value) ? value.value : value;
  return typeof number === "number" && !Number.isFinite(number) ? String(number) : value;
}

export const header = defineCommand({
  name: "fits header",
  summary: "Print headers, card by card.",
  description:
    "The cards as they stand in the file, of all HDUs or of one. Of a compressed image they are those that the image has uncompressed; --stored shows the table's own.",
  args: {
    file: fileArgument,
    hdu: { ...hduArgument, description: `${hduArgument.description.split(" Default")[0]} Default: all.` },
    stored: {
      type: "boolean",
      default: false,
      description: "Of a compressed image the cards of the table that holds it.",
    },
    json: jsonArgument,
  },
  examples: [
    { shows: "The primary's cards", command: "firstlight fits header frame.fits --hdu 0" },
    {
      shows: "One value",
      command: `firstlight fits header frame.fits --json | jq '.hdus[0].cards[] | select(.keyword == "EXPTIME").value'`,
    },
  ],
  async run({ file, hdu, stored, json }, { stdout }) {
    const selector = hduSelector(hdu);
    return await withFits(file, async (fits) => {
      const chosen = selector === undefined ? fits.hdus : [fits.hdu(selector)];
      const headers = chosen.map((each) => ({ hdu: each, cards: (stored ? storedHeader(each) : each.header).cards }));
      if (json) {
        const hdus = headers.map(({ hdu: { index, name }, cards }) => ({
          index,
          name: name ?? null,
          cards: cards.map(cardDocument),
        }));
        stdout.lines([formatPythonJson({ hdus })]);
        return exitCodes.done;
      }
      for (const { hdu: each, cards } of headers) {
        if (chosen.length > 1) stdout.lines([stdout.style.bold(`# HDU ${each.index} ${each.name ?? ""}`.trimEnd())]);
        const records = cards.flatMap(({ image }) => image.match(/.{1,80}/gs) ?? []);
        stdout.lines(records.map((record) => record.trimEnd().replace(/\p{Cc}/gu, "�")));
        if (each !== chosen.at(-1)) stdout.lines([""]);
      }
      return exitCodes.done;
    });
  },
});
