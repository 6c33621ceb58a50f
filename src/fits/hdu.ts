import { sizeOf } from "../core/ndarray.ts";
import { badFile } from "./bad-file.ts";
import type { Bitpix } from "./bitpix.ts";
import { padded } from "./blocks.ts";
import type { Header } from "./header.ts";
import { type StructureCards, structureCards } from "./structure-cards.ts";
import { imageHeader } from "./tiles/image-header.ts";
import { describeTiles, type TiledImage } from "./tiles/tiled-image.ts";

export type HduType = "image" | "binaryTable" | "asciiTable" | "randomGroups" | "other";

/**
 * One header-data unit: its header, and where its bytes lie. An image that is tile-compressed in a binary table is an image
 * like any other: header, BITPIX and axes are those that it has uncompressed; only its bytes are the table's.
 */
export interface Hdu {
  /** 0 for the primary. */
  readonly index: number;
  readonly type: HduType;
  /** EXTNAME without trailing blanks; `undefined` where there is none. */
  readonly name: string | undefined;
  /** EXTVER, 1 where there is none. */
  readonly version: number;
  readonly header: Header;
  /** How a compressed image lies in its table; `undefined` for everything else. */
  readonly tiles: TiledImage | undefined;
  readonly bitpix: Bitpix;
  /** The axes of image or table, in C order: `[NAXISn, …, NAXIS1]`; empty without data. */
  readonly shape: readonly number[];
  readonly headerOffset: number;
  readonly dataOffset: number;
  /** Without the padding to whole blocks. */
  readonly dataSizeBytes: number;
  /** Where the next HDU would start. */
  readonly endOffset: number;
}

export interface HduExtent {
  readonly file: string;
  /** The size of the file; where it has `least` bytes, any number from there on that it has will do. */
  fileSizeBytes(least: number): number;
  readonly index: number;
  readonly headerOffset: number;
  readonly dataOffset: number;
}

const typeOfExtension: Readonly<Record<string, HduType>> = {
  IMAGE: "image",
  IUEIMAGE: "image",
  BINTABLE: "binaryTable",
  A3DTABLE: "binaryTable",
  TABLE: "asciiTable",
};

/**
 * Works out from its mandatory cards what an HDU is and how long its data are (FITS 4.0 §4.4.1), and holds that against
 * the size of the file before anybody allocates. The padding of the last block may be missing as a whole.
 *
 * @throws FirstlightError FITS_INVALID for missing or impossible mandatory cards, FITS_TRUNCATED when the data would
 * reach past the end of the file
 */
export function describeHdu(header: Header, extent: HduExtent): Hdu {
  const place = { file: extent.file, hdu: extent.index, offset: extent.headerOffset };
  const cards = structureCards(header, place);
  const bitpix = cards.bitpix("BITPIX");
  const axes = cards.axes("NAXIS", cards.count("NAXIS", 0, 999));
  const extension = extent.index > 0;
  const randomGroups = !extension && axes[0] === 0 && cards.value("GROUPS") === true;
  const groups = extension || randomGroups ? { parameters: "PCOUNT", count: "GCOUNT" } : undefined;
  const parameterCount = groups === undefined ? 0 : cards.count(groups.parameters, 0, Number.MAX_SAFE_INTEGER, 0);
  const groupCount = groups === undefined ? 1 : cards.count(groups.count, 0, Number.MAX_SAFE_INTEGER, 1);
  const type = randomGroups ? "randomGroups" : typeOf(cards, extension);
  if (type === "image" && (parameterCount !== 0 || groupCount !== 1)) {
    throw cards.invalid(`an image has PCOUNT 0 and GCOUNT 1, found ${parameterCount} and ${groupCount}.`);
  }

  const stored = randomGroups ? axes.slice(1) : axes;
  const elements = stored.length === 0 || stored.includes(0) ? 0 : stored.reduce((product, axis) => product * axis, 1);
  const dataSizeBytes = (Math.abs(bitpix) / 8) * groupCount * (parameterCount + elements);
  const endOffset = extent.dataOffset + padded(dataSizeBytes);
  const fileSizeBytes = extent.fileSizeBytes(endOffset);
  const available = Math.max(0, fileSizeBytes - extent.dataOffset);
  // `!(a <= b)` also catches a product beyond all numbers.
  if (!(dataSizeBytes <= available)) {
    throw badFile(
      "FITS_TRUNCATED",
      `the header promises ${dataSizeBytes} bytes of data (BITPIX ${bitpix}, axes ${axes.join(" × ")}), the file has ${available} left.`,
      { ...place, offset: extent.dataOffset },
    );
  }

  // Crude writers leave the padding out. What ends within it was cut, and may have lost what followed.
  const isCut = fileSizeBytes < endOffset && fileSizeBytes > extent.dataOffset + dataSizeBytes;
  if (isCut && (extension || cards.value("EXTEND") === true)) {
    const missing = endOffset - fileSizeBytes;
    throw badFile("FITS_TRUNCATED", `the file ends ${missing} bytes before the end of its last block.`, place);
  }

  const bytes = { headerOffset: extent.headerOffset, dataOffset: extent.dataOffset, dataSizeBytes, endOffset };
  const named = (own: Header) => ({ index: extent.index, header: own, ...cards.read(() => nameOf(own)) });
  if (type === "binaryTable" && cards.value("ZIMAGE") === true) {
    const tiles = describeTiles(header, { rowCount: axes[1] ?? 0, dataSizeBytes }, cards);
    const image = cards.read(() => imageHeader(header));
    return { ...named(image), type: "image", tiles, bitpix: tiles.bitpix, shape: tiles.axes.toReversed(), ...bytes };
  }
  return { ...named(header), type, tiles: undefined, bitpix, shape: stored.toReversed(), ...bytes };
}

/** True when there are pixels to read: an image, compressed or not, that is not empty. */
export function hasImage(hdu: Hdu): boolean {
  return hdu.type === "image" && hdu.dataSizeBytes > 0 && sizeOf(hdu.shape) > 0;
}

/** The header whose bytes stand in the file, and whose checksums are those of the bytes. */
export function storedHeader(hdu: Hdu): Header {
  return hdu.tiles?.header ?? hdu.header;
}

function nameOf(header: Header): Pick<Hdu, "name" | "version"> {
  const name = header.get("EXTNAME");
  const version = header.get("EXTVER");
  return {
    name: typeof name === "string" ? name : undefined,
    version: typeof version === "number" ? version : 1,
  };
}

function typeOf(cards: StructureCards, extension: boolean): HduType {
  if (!extension) return "image";
  return typeOfExtension[String(cards.value("XTENSION")).trim().toUpperCase()] ?? "other";
}
