import type { ByteSource } from "../core/byte-source.ts";
import type { FileNow } from "../core/file.ts";
import { badFile } from "./bad-file.ts";
import { blockBytes, padded } from "./blocks.ts";
import { cardLength } from "./card-format.ts";
import { throughGzip } from "./gunzip.ts";
import { describeHdu, type Hdu, hasImage, storedHeader } from "./hdu.ts";
import type { Header } from "./header.ts";
import { findEnd, findForeign, foreignCharacter, headerFromBytes, headerLikeBefore, latin1 } from "./parse-header.ts";

/** Which HDU: its index, its EXTNAME (letter case does not count), or EXTNAME and EXTVER. */
export type HduSelector = number | string | readonly [name: string, version: number];

export interface FitsFile {
  /** What the offsets refer to: the source, or for a gzip file what was inside. */
  readonly source: ByteSource;
  readonly hdus: readonly Hdu[];
  /** Throws FITS_NO_HDU, naming the HDUs there are. */
  hdu(selector: HduSelector): Hdu;
}

// Enough for the 288 cards of most frames in one read.
const firstReadBytes = 8 * blockBytes;
const headerLimitBytes = 32 * 1024 * 1024;

/**
 * Lists the HDUs of a file. Reads headers only, never pixels; each data unit is stepped over by its computed size.
 *
 * @throws FirstlightError FITS_EMPTY, FITS_NOT_FITS, FITS_TRUNCATED or FITS_INVALID with file, HDU and offset
 */
export async function openFits(source: ByteSource): Promise<FitsFile> {
  return throughGzip(source, openPlain);
}

/** As `openFits`, of a file that is read at once: over thousands of frames promises take longer than the headers do. */
export function openFitsNow(source: FileNow): FitsFile {
  return fitsFile(source, [...walkHdusNow(source)]);
}

async function openPlain(source: ByteSource): Promise<FitsFile> {
  return fitsFile(source, await Array.fromAsync(walkHdus(source)));
}

function fitsFile(source: ByteSource, hdus: readonly Hdu[]): FitsFile {
  return {
    source,
    hdus,
    hdu(selector) {
      const found = hdus.find((hdu) => matches(hdu, selector));
      if (found === undefined) throw noHdu(source, selector, hdus);
      return found;
    },
  };
}

/**
 * Reads one header and nothing behind it: the HDUs after it are not looked at, and of those before it the headers only.
 * That the file is long enough for the data that the header promises is checked. Without a selector it is the header of the
 * first HDU that has an image, as `readFrame` takes it; the primary's where no HDU has any.
 */
export async function readHeader(source: ByteSource, hdu?: HduSelector): Promise<Header> {
  return throughGzip(source, async (plain) => {
    if (hdu !== undefined) return (await findHdu(plain, hdu)).header;
    let primary: Header | undefined;
    for await (const each of walkHdus(plain)) {
      if (hasImage(each)) return each.header;
      primary ??= each.header;
    }
    if (primary === undefined) throw noHdu(plain, 0, []);
    return primary;
  });
}

/** As `readHeader`, of a file that is read at once and is no gzip file. */
export function readHeaderNow(source: FileNow, hdu?: HduSelector): Header {
  const seen: Hdu[] = [];
  for (const each of walkHdusNow(source)) {
    if (hdu === undefined ? hasImage(each) : matches(each, hdu)) return each.header;
    seen.push(each);
  }
  const primary = hdu === undefined ? seen[0] : undefined;
  if (primary === undefined) throw noHdu(source, hdu ?? 0, seen);
  return primary.header;
}

/** The HDU chosen, or without a selector the first that has an image. Looks no further than that HDU. */
export async function findHdu(source: ByteSource, selector?: HduSelector): Promise<Hdu> {
  const seen: Hdu[] = [];
  for await (const hdu of walkHdus(source)) {
    if (selector === undefined ? hasImage(hdu) : matches(hdu, selector)) return hdu;
    seen.push(hdu);
  }
  throw noHdu(source, selector, seen);
}

/** The HDUs in their order, each read when it is asked for. */
async function* walkHdus(source: ByteSource): AsyncGenerator<Hdu, void, undefined> {
  for (let index = 0, offset = 0; isHduAt(source, offset); index += 1) {
    const reading = readHeaderAt(source, index, offset);
    let step = reading.next(0);
    while (step.done !== true) step = reading.next(await source.read(step.value.offset, step.value.into));
    if (step.value === undefined) return;
    const hdu = hduOf(source, index, offset, step.value);
    yield hdu;
    offset = hdu.endOffset;
  }
}

/** The same of a file that is read at once; of what is like one before, no reading is begun. */
function* walkHdusNow(source: FileNow): Generator<Hdu, void, undefined> {
  for (let index = 0, offset = 0; isHduAt(source, offset); index += 1) {
    const read = readLikeBefore(source, index, offset) ?? readHeaderAtNow(source, index, offset);
    if (read === undefined) return;
    const hdu = hduOf(source, index, offset, read);
    yield hdu;
    offset = hdu.endOffset;
  }
}

function readHeaderAtNow(source: FileNow, index: number, offset: number): ReadHeader | undefined {
  const reading = readHeaderAt(source, index, offset);
  let step = reading.next(0);
  while (step.done !== true) step = reading.next(source.readNow(step.value.offset, step.value.into));
  return step.value;
}

/** Bytes that are wanted before the reading can go on; it is told how many there were. */
interface Wanted {
  readonly offset: number;
  readonly into: Uint8Array;
}

type Walked = Pick<FileNow, "name" | "sizeBytes" | "start">;

/** Whether the file goes on there. */
function isHduAt(source: Walked, offset: number): boolean {
  if (offset < fileSizeBytes(source, offset + 1)) return true;
  if (offset === 0) throw badFile("FITS_EMPTY", "the file is empty.", { file: source.name });
  return false;
}

/** Of a file whose beginning is there already, its size is asked for only where it matters: that takes as long as reading a header. */
function fileSizeBytes(source: Walked, least: number): number {
  const known = source.start?.length ?? 0;
  return least <= known ? known : source.sizeBytes;
}

function hduOf(source: Walked, index: number, headerOffset: number, { header, sizeBytes }: ReadHeader): Hdu {
  return describeHdu(header, {
    file: source.name,
    fileSizeBytes: (least) => fileSizeBytes(source, least),
    index,
    headerOffset,
    dataOffset: headerOffset + sizeBytes,
  });
}

interface ReadHeader {
  readonly header: Header;
  readonly sizeBytes: number;
}

/** What has the same records as one before, and lies in what was read on opening. */
function readLikeBefore(source: Walked, index: number, offset: number): ReadHeader | undefined {
  if (source.start === undefined || offset >= source.start.length) return undefined;
  const kind = index === 0 ? primaryStart : extensionStart;
  const like = headerLikeBefore(source.start.subarray(offset), kind, source.name);
  if (like === undefined) return undefined;
  const sizeBytes = headerBytes(like.end);
  return offset + sizeBytes <= source.start.length ? { header: like.header, sizeBytes } : undefined;
}

/** Reads on, each time twice as much, until the END card is there. `undefined` for padding after the last HDU. */
function* readHeaderAt(
  source: Walked,
  index: number,
  offset: number,
): Generator<Wanted, ReadHeader | undefined, number> {
  const place = { file: source.name, hdu: index, offset };
  const available = source.sizeBytes - offset;
  let bytes = new Uint8Array(0);
  for (let wantedBytes = firstReadBytes; ; wantedBytes *= 2) {
    const scanned = bytes.length;
    // What was read, and as much more as there is up to `wantedBytes`.
    const more: Uint8Array<ArrayBuffer> = Buffer.allocUnsafeSlow(Math.min(wantedBytes, available));
    more.set(bytes);
    bytes = more.subarray(0, scanned + (yield { offset: offset + scanned, into: more.subarray(scanned) }));
    if (scanned === 0 && !checkStart(bytes, place)) return undefined;
    const end = findEnd(bytes, scanned - (scanned % cardLength));
    const foreign = findForeign(end === -1 ? bytes : bytes.subarray(0, end), scanned);
    if (foreign !== -1) throw foreignCharacter(bytes, foreign, place);
    if (end !== -1) {
      return { header: headerFromBytes(bytes, end, place), sizeBytes: Math.min(headerBytes(end), available) };
    }
    if (bytes.length < Math.min(wantedBytes, available) || bytes.length >= available) {
      throw badFile(
        "FITS_TRUNCATED",
        `the file ends within the header, after ${bytes.length} bytes and no END card.`,
        place,
      );
    }
    if (bytes.length >= headerLimitBytes) {
      throw badFile("FITS_INVALID", `no END card within ${headerLimitBytes} bytes.`, place);
    }
  }
}

/** Up to the end of the block in which the END card stands. */
function headerBytes(end: number): number {
  return padded(end + cardLength);
}

const primaryStart = "SIMPLE  = ";
const extensionStart = "XTENSION= ";

function checkStart(
  bytes: Uint8Array,
  place: { readonly file: string; readonly hdu: number; readonly offset: number },
): boolean {
  const text = latin1(bytes.subarray(0, 10));
  if (place.hdu === 0) {
    if (text.startsWith(primaryStart)) return true;
    const found = text.startsWith("\u001f\u008b") ? "a gzip file" : `"${text.slice(0, 9).replace(/[^ -~]/g, "?")}"`;
    throw badFile("FITS_NOT_FITS", `this is not FITS: it starts with ${found}, not with "SIMPLE  =".`, place);
  }
  if (text.startsWith("XTENSION")) return true;
  if (isDamagedStart(text)) {
    throw badFile(
      "FITS_INVALID",
      'a header follows that is no extension\'s: it does not start with "XTENSION".',
      place,
    );
  }
  // Special records may follow the last HDU (FITS 4.0 §3.5), and tape and copy programs leave padding there.
  return false;
}

/** Whether what stands where an extension may start was meant to be its first card, or that of any header. */
function isDamagedStart(text: string): boolean {
  if (text.startsWith("= ", 8)) return true;
  return [...text].filter((character, at) => character === extensionStart[at]).length > extensionStart.length / 2;
}

function matches(hdu: Hdu, selector: HduSelector): boolean {
  if (typeof selector === "number") return hdu.index === selector;
  const [name, version] = typeof selector === "string" ? [selector, undefined] : selector;
  const names = [hdu.name, storedHeader(hdu).get("EXTNAME")].map((each) => String(each).trim().toUpperCase());
  if (!names.includes(name.trim().toUpperCase())) return false;
  return version === undefined || hdu.version === version;
}

function noHdu(source: ByteSource, selector: HduSelector | undefined, hdus: readonly Hdu[]): Error {
  const asked = typeof selector === "object" ? selector.join(", version ") : selector;
  const problem = asked === undefined ? "no HDU holds an image" : `there is no HDU ${asked}`;
  const found = hdus.map((hdu) => `${hdu.index} ${hdu.name ?? ""} (${hdu.type}${hasImage(hdu) ? "" : ", no image"})`);
  return badFile("FITS_NO_HDU", `${problem}; the file has ${found.join("; ").replaceAll("  ", " ")}.`, {
    file: source.name,
  });
}
