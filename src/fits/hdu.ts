import { isFirstlightError, messageOf } from "../core/errors.ts";
import { badFile } from "./bad-file.ts";
import { padded } from "./blocks.ts";
import type { Header } from "./header.ts";

export type Bitpix = 8 | 16 | 32 | 64 | -32 | -64;

export type HduType = "image" | "compressedImage" | "binaryTable" | "asciiTable" | "randomGroups" | "other";

/** One header-data unit: its header, and where its bytes lie. */
export interface Hdu {
  /** 0 for the primary. */
  readonly index: number;
  readonly type: HduType;
  /** EXTNAME without trailing blanks; `undefined` where there is none. */
  readonly name: string | undefined;
  /** EXTVER, 1 where there is none. */
  readonly version: number;
  readonly header: Header;
  readonly bitpix: Bitpix;
  /** The axes of the data unit as stored, in C order: `[NAXISn, …, NAXIS1]`; empty without data. */
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
  readonly fileSizeBytes: number;
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
 * the size of the file before anybody allocates.
 *
 * @throws FirstlightError FITS_INVALID for missing or impossible mandatory cards, FITS_TRUNCATED when the data would
 * reach past the end of the file
 */
export function describeHdu(header: Header, extent: HduExtent): Hdu {
  const place = { file: extent.file, hdu: extent.index, offset: extent.headerOffset };
  const invalid = (problem: string, cause?: unknown) => badFile("FITS_INVALID", problem, place, cause);
  const read = <T>(get: () => T): T => {
    try {
      return get();
    } catch (error) {
      if (isFirstlightError(error)) throw invalid(messageOf(error), error);
      throw error;
    }
  };
  const count = (key: string, minimum: number, maximum: number): number => {
    const value = read(() => header.integer(key));
    if (value < minimum || value > maximum) throw invalid(`${key} is ${value}; expected ${minimum} to ${maximum}.`);
    return value;
  };

  const bitpix = read(() => header.integer("BITPIX"));
  if (!isBitpix(bitpix)) throw invalid(`BITPIX is ${bitpix}; expected 8, 16, 32, 64, -32 or -64.`);
  const axisCount = count("NAXIS", 0, 999);
  const axes = Array.from({ length: axisCount }, (_, axis) => count(`NAXIS${axis + 1}`, 0, Number.MAX_SAFE_INTEGER));
  const extension = extent.index > 0;
  const randomGroups = !extension && axes[0] === 0 && header.get("GROUPS") === true;
  const groups = extension || randomGroups ? { parameters: "PCOUNT", count: "GCOUNT" } : undefined;
  const parameterCount = groups === undefined ? 0 : count(groups.parameters, 0, Number.MAX_SAFE_INTEGER);
  const groupCount = groups === undefined ? 1 : count(groups.count, 0, Number.MAX_SAFE_INTEGER);
  const type = randomGroups ? "randomGroups" : typeOf(header, extension);
  if (type === "image" && (parameterCount !== 0 || groupCount !== 1)) {
    throw invalid(`an image has PCOUNT 0 and GCOUNT 1, found ${parameterCount} and ${groupCount}.`);
  }

  const stored = randomGroups ? axes.slice(1) : axes;
  const elements = stored.length === 0 || stored.includes(0) ? 0 : stored.reduce((product, axis) => product * axis, 1);
  const dataSizeBytes = (Math.abs(bitpix) / 8) * groupCount * (parameterCount + elements);
  const available = Math.max(0, extent.fileSizeBytes - extent.dataOffset);
  // `!(a <= b)` also catches a product beyond all numbers.
  if (!(dataSizeBytes <= available)) {
    throw badFile(
      "FITS_TRUNCATED",
      `the header promises ${dataSizeBytes} bytes of data (BITPIX ${bitpix}, axes ${axes.join(" × ")}), the file has ${available} left.`,
      { ...place, offset: extent.dataOffset },
    );
  }

  const endOffset = extent.dataOffset + padded(dataSizeBytes);
  // Crude writers leave the padding out; but where extensions may have followed, a cut is what it looks like.
  if (extent.fileSizeBytes < endOffset && (extension || read(() => header.get("EXTEND")) === true)) {
    const missing = endOffset - extent.fileSizeBytes;
    throw badFile("FITS_TRUNCATED", `the file ends ${missing} bytes before the end of its last block.`, place);
  }

  const name = header.get("EXTNAME");
  const version = header.get("EXTVER");
  return {
    index: extent.index,
    type,
    name: typeof name === "string" ? name : undefined,
    version: typeof version === "number" ? version : 1,
    header,
    bitpix,
    shape: stored.toReversed(),
    headerOffset: extent.headerOffset,
    dataOffset: extent.dataOffset,
    dataSizeBytes,
    endOffset,
  };
}

/** True when there are pixels to read: an image, compressed or not, that is not empty. */
export function hasImage(hdu: Hdu): boolean {
  return hdu.dataSizeBytes > 0 && (hdu.type === "image" || hdu.type === "compressedImage");
}

function typeOf(header: Header, extension: boolean): HduType {
  if (!extension) return "image";
  const type = typeOfExtension[String(header.get("XTENSION")).trim()] ?? "other";
  return type === "binaryTable" && header.get("ZIMAGE") === true ? "compressedImage" : type;
}

function isBitpix(value: number): value is Bitpix {
  return value === 8 || value === 16 || value === 32 || value === 64 || value === -32 || value === -64;
}
