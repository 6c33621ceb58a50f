import type { ByteSource } from "../core/byte-source.ts";
import { type ReadDataOptions, readDataUnit } from "./data-unit.ts";
import { throughGzip } from "./gunzip.ts";
import { type Hdu, storedHeader } from "./hdu.ts";
import type { Header } from "./header.ts";
import { findHdu, type HduSelector } from "./open-fits.ts";

/** An HDU as it stands in the file. */
export interface StoredHdu {
  readonly header: Header;
  /** The data unit without its padding. */
  readonly data: Uint8Array;
}

/**
 * Reads an HDU as it is stored, whatever its type, so that `encodeFits` and `encodeFrame` write it into another file byte for byte: a
 * table, a compressed image.
 *
 * @throws FirstlightError the errors of `openFits`
 */
export async function readHdu(
  source: ByteSource,
  selector: HduSelector,
  options: ReadDataOptions = {},
): Promise<StoredHdu> {
  return throughGzip(source, async (plain) => readHduOf(plain, await findHdu(plain, selector), options));
}

/** As `readHdu`, of an HDU already found. */
export async function readHduOf(source: ByteSource, hdu: Hdu, options: ReadDataOptions = {}): Promise<StoredHdu> {
  return { header: storedHeader(hdu), data: await readDataUnit(source, hdu, options) };
}
