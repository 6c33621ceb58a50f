import { FirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { padded } from "./blocks.ts";
import type { Card } from "./card.ts";
import { sumWords } from "./checksum.ts";
import { emptyPrimary, encodeCompressedHdu } from "./encode-compressed.ts";
import type { Header } from "./header.ts";
import { encodeHeader } from "./parse-header.ts";
import { checksumCards, signedHeader } from "./sign-header.ts";
import { requireShape, storePixels } from "./storage.ts";
import { type HduRole, storageCards } from "./storage-cards.ts";
import { storedSize } from "./stored-size.ts";
import { tableCards } from "./table-cards.ts";
import type { WritableColumn } from "./tables/writable-column.ts";
import { writeBinaryTable } from "./tables/write-binary-table.ts";
import type { CompressionPreset, TileCompression } from "./tiles/compression.ts";

/** One HDU to write: an image, a table of columns, data as they are stored, or a header only. */
export interface HduContent {
  readonly header: Header;
  /** Physical values, shape `[NAXISn, …, NAXIS1]`. The element type decides BITPIX. */
  readonly image?: NdArray | undefined;
  /** Makes a binary table. What `readTable` gives can be written as it is. */
  readonly columns?: readonly WritableColumn[] | undefined;
  /** Of the columns; needed only where no column has any values. */
  readonly rowCount?: number | undefined;
  /** The data unit of an extension as it is stored, with the header that describes it: see `readHdu`. */
  readonly data?: Uint8Array | undefined;
}

export interface EncodeFitsOptions {
  /** Write DATASUM and CHECKSUM. Without it, such cards are taken out of the headers. Default false. */
  readonly checksum?: boolean;
  /**
   * Compress the images, tile by tile, with these settings or those of that name. A compressed image is an extension: where the
   * first HDU has one, an empty primary goes before it. Default: not compressed.
   */
  readonly compression?: TileCompression | CompressionPreset | undefined;
}

/**
 * Writes HDUs as FITS bytes: a primary, then extensions. The headers keep their cards, except those that tell how the data are stored.
 * Where the first HDU is a table, or compressed, an empty primary goes before it. A header of a table, or of anything else that is no
 * image, is refused unless its data come with it: they would be lost.
 *
 * @throws FirstlightError FITS_SHAPE when a shape does not fit its data, FITS_CARD_INVALID for cards that FITS cannot hold,
 * FITS_UNSUPPORTED for HDUs that are no images, FITS_COMPRESSION for settings of compression that are none,
 * FITS_COLUMN for columns that cannot be written
 */
export function encodeFits(hdus: readonly HduContent[], options: EncodeFitsOptions = {}): Uint8Array {
  return encodeHdus(hdus, () => options);
}

/** As `encodeFits`, each HDU with options of its own. */
export function encodeHdus(
  hdus: readonly HduContent[],
  optionsOf: (content: HduContent) => EncodeFitsOptions,
): Uint8Array {
  if (hdus.length === 0) {
    throw new FirstlightError("FITS_SHAPE", "A FITS file needs at least one HDU.", { disposition: "invalid" });
  }
  const parts = hdus.flatMap((content, index) => encodeContent(content, index, hdus.length, optionsOf(content)));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : joined(parts);
}

/**
 * The bytes of one of so many HDUs; where it is the first and none that a file may begin with, behind an empty primary.
 *
 * @throws FirstlightError as `encodeFits`
 */
export function encodeContent(
  content: HduContent,
  index: number,
  count: number,
  { checksum = false, compression }: EncodeFitsOptions,
): Uint8Array[] {
  const { header, image, columns, data } = content;
  requireOneKind(content, index);
  const before = index === 0 ? [emptyPrimary(checksum)] : [];
  if (columns !== undefined) return [...before, encodeTable(content, checksum)];
  if (data !== undefined) return [...before, encodeStored(content, index, checksum)];
  if (image === undefined) requireNoData(header, index);
  else requireShape(image, `image of HDU ${index}`);
  const role = { index, count, checksum };
  if (image === undefined || compression === undefined || image.data.length === 0) {
    return [encodePlain(storageCards(header, image, role), image, checksum)];
  }
  const cards = storageCards(header, image, { ...role, checksum: false });
  return [...before, encodeCompressedHdu(cards, image, compression, checksum)];
}

/** What is left out of the file would be lost in silence. */
function requireOneKind({ image, columns, data }: HduContent, index: number): void {
  const given = Object.entries({ image, columns, data }).flatMap(([kind, value]) =>
    value === undefined ? [] : [kind],
  );
  if (given.length < 2) return;
  throw new FirstlightError(
    "FITS_SHAPE",
    `HDU ${index} comes with ${given.join(" and ")}; an HDU holds one of them. Give each an HDU of its own.`,
    { disposition: "invalid", fields: { hdu: index, given } },
  );
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** The bytes of one HDU with an image. `stored`: BSCALE, BZERO and BLANK stay, for the pixels are not yet scaled. */
export function encodeHdu(
  { header, image }: HduContent & { readonly image: NdArray },
  role: HduRole & { readonly stored?: boolean },
): Uint8Array {
  requireShape(image, `image of HDU ${role.index}`);
  const made = storageCards(header, image, role);
  const cards = role.stored === true ? withScaling(made, header) : made;
  return encodePlain(cards, image, role.checksum);
}

function encodePlain(cards: readonly Card[], image: NdArray | undefined, checksum: boolean): Uint8Array {
  const headerSizeBytes = encodeHeader(cards).length;
  const dataSizeBytes = image?.data.byteLength ?? 0;
  const bytes = new Uint8Array(headerSizeBytes + padded(dataSizeBytes));
  const data = bytes.subarray(headerSizeBytes);
  if (image !== undefined) storePixels(image.data, data.subarray(0, dataSizeBytes));
  bytes.set(checksum ? signedHeader(cards, sumWords(data)) : encodeHeader(cards));
  return bytes;
}

function encodeTable({ header, columns = [], rowCount }: HduContent, checksum: boolean): Uint8Array {
  const table = writeBinaryTable(columns, rowCount);
  return withData(tableCards(header, columns, table, checksum), table.data, 0, checksum);
}

function encodeStored({ header, data = new Uint8Array() }: HduContent, index: number, checksum: boolean): Uint8Array {
  const { isExtension, sizeBytes, padding } = storedSize(header);
  if (!isExtension || sizeBytes !== data.length) {
    throw new FirstlightError(
      "FITS_SHAPE",
      `HDU ${index} comes with ${data.length} bytes of stored data; its header is that of ${isExtension ? `an extension of ${sizeBytes}` : "no extension"}. Take both from readHdu.`,
      { disposition: "invalid", fields: { hdu: index, sizeBytes: data.length } },
    );
  }
  const own = header.cards.filter(({ keyword }) => keyword !== "CHECKSUM" && keyword !== "DATASUM");
  return withData(checksum ? [...own, ...checksumCards()] : own, data, padding, checksum);
}

function withData(cards: readonly Card[], data: Uint8Array, padding: number, checksum: boolean): Uint8Array {
  const headerSizeBytes = encodeHeader(cards).length;
  const bytes = new Uint8Array(headerSizeBytes + padded(data.length));
  bytes.set(data, headerSizeBytes);
  bytes.fill(padding, headerSizeBytes + data.length);
  bytes.set(checksum ? signedHeader(cards, sumWords(bytes.subarray(headerSizeBytes))) : encodeHeader(cards));
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
