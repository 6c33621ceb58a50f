import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { padded } from "./blocks.ts";
import { Card } from "./card.ts";
import { encodeChecksum, sumWords } from "./checksum.ts";
import type { Header } from "./header.ts";
import { encodeHeader } from "./parse-header.ts";
import { requireShape, storePixels } from "./storage.ts";
import { blankChecksum, type HduRole, storageCards } from "./storage-cards.ts";

/** One HDU to write. Without an image it has a header only. */
export interface HduContent {
  readonly header: Header;
  /** Physical values, shape `[NAXISn, …, NAXIS1]`. The element type decides BITPIX. */
  readonly image?: NdArray | undefined;
}

export interface EncodeFitsOptions {
  /** Write DATASUM and CHECKSUM. Without it, such cards are taken out of the headers. Default false. */
  readonly checksum?: boolean;
}

/**
 * Writes HDUs as FITS bytes: a primary, then IMAGE extensions. The headers keep their cards, except those that tell how
 * the data are stored. A header of a table, or of anything else that is no image, is refused unless it comes with an image:
 * its data would be lost.
 *
 * @throws FirstlightError FITS_SHAPE when a shape does not fit its data, FITS_CARD_INVALID for cards that FITS cannot hold,
 * FITS_UNSUPPORTED for HDUs that are no images
 */
export function encodeFits(hdus: readonly HduContent[], options: EncodeFitsOptions = {}): Uint8Array {
  if (hdus.length === 0) {
    throw new FirstlightError("FITS_SHAPE", "A FITS file needs at least one HDU.", { disposition: "invalid" });
  }
  const checksum = options.checksum === true;
  const plans = hdus.map(({ header, image }, index) => {
    if (image === undefined) requireNoData(header, index);
    else requireShape(image, `image of HDU ${index}`);
    const cards = storageCards(header, image, { index, count: hdus.length, checksum });
    const headerBytes = encodeHeader(cards);
    return { cards, image, headerBytes, dataBytes: image?.data.byteLength ?? 0 };
  });
  const sizeBytes = plans.reduce((sum, plan) => sum + plan.headerBytes.length + padded(plan.dataBytes), 0);
  const file = new Uint8Array(sizeBytes);
  let offset = 0;
  for (const { cards, image, headerBytes, dataBytes } of plans) {
    const data = file.subarray(offset + headerBytes.length, offset + headerBytes.length + padded(dataBytes));
    if (image !== undefined) storePixels(image.data, data.subarray(0, dataBytes));
    file.set(checksum ? signedHeader(cards, sumWords(data)) : headerBytes, offset);
    offset += headerBytes.length + data.length;
  }
  return file;
}

/** The bytes of one HDU with an image. `stored`: BSCALE, BZERO and BLANK stay, for the pixels are not yet scaled. */
export function encodeHdu(
  { header, image }: HduContent & { readonly image: NdArray },
  role: HduRole & { readonly stored?: boolean },
): Uint8Array {
  requireShape(image, `image of HDU ${role.index}`);
  const made = storageCards(header, image, role);
  const cards = role.stored === true ? withScaling(made, header) : made;
  const headerSizeBytes = encodeHeader(cards).length;
  const bytes = new Uint8Array(headerSizeBytes + padded(image.data.byteLength));
  const data = bytes.subarray(headerSizeBytes);
  storePixels(image.data, data.subarray(0, image.data.byteLength));
  bytes.set(role.checksum ? signedHeader(cards, sumWords(data)) : encodeHeader(cards));
  return bytes;
}

function withScaling(cards: readonly Card[], header: Header): Card[] {
  const scaling = ["BSCALE", "BZERO", "BLANK"].flatMap((key) => header.card(key) ?? []);
  const at = cards.findLastIndex(({ keyword }) => /^(?:NAXIS[0-9]*|PCOUNT|GCOUNT|EXTEND)$/.test(keyword));
  return cards.filter(({ keyword }) => keyword !== "BSCALE" && keyword !== "BZERO").toSpliced(at + 1, 0, ...scaling);
}

function requireNoData(header: Header, index: number): void {
  const stated = header.get("XTENSION");
  const type = typeof stated === "string" ? stated.trim() : header.get("GROUPS") === true ? "random groups" : "IMAGE";
  if (type === "IMAGE" || type === "IUEIMAGE") return;
  const name = header.get("EXTNAME");
  const which = typeof name === "string" ? `HDU ${index} (${name.trim()})` : `HDU ${index}`;
  throw new FirstlightError(
    "FITS_UNSUPPORTED",
    `${which} is of the type ${type}; only images are written, and its data would be lost. Leave the HDU out, or copy the file as bytes.`,
    { disposition: "invalid", fields: { hdu: index, type } },
  );
}

/** The header's bytes with DATASUM and CHECKSUM filled in. */
function signedHeader(cards: readonly Card[], dataSum: number): Uint8Array {
  const withDataSum = cards.map((card) =>
    card.keyword === "DATASUM" ? Card.of("DATASUM", String(dataSum), card.comment) : card,
  );
  const sum = sumWords(encodeHeader(withDataSum), dataSum);
  const text = encodeChecksum(sum);
  return encodeHeader(
    withDataSum.map((card) =>
      card.keyword === "CHECKSUM" ? Card.parse(card.image.replace(blankChecksum, text)) : card,
    ),
  );
}
