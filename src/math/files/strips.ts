import { readAll } from "../../core/byte-source.ts";
import { type FileNow, openFile } from "../../core/file.ts";
import type { PixelArray } from "../../core/ndarray.ts";
import { badFile } from "../../fits/bad-file.ts";
import { flipSigns, swapWords } from "../../fits/byte-order.ts";
import type { Hdu } from "../../fits/hdu.ts";
import { openFits } from "../../fits/open-fits.ts";
import { plainPixels } from "../../fits/plain-pixels.ts";
import { readPixelsOf } from "../../fits/read-section.ts";
import type { Section } from "../../fits/section.ts";

/** Pixels that lie together: rows of one plane, or of an image of one axis a part. */
export interface Strip {
  readonly section: Section;
  /** From the image's first pixel. */
  readonly start: number;
  readonly length: number;
}

/** Cuts an image into strips of at most so many pixels, of whole rows, as many as a multiple of `rowStep`; at least of one step. */
export function* stripsOf(
  shape: readonly number[],
  mostPixels: number,
  rowStep = 1,
): Generator<Strip, void, undefined> {
  const width = shape.length === 1 ? 1 : (shape.at(-1) ?? 1);
  const rows = shape.length === 1 ? (shape[0] ?? 0) : (shape.at(-2) ?? 1);
  const outer = shape.slice(0, Math.max(0, shape.length - 2));
  const planes = outer.reduce((product, length) => product * length, 1);
  const height = Math.max(1, Math.floor(mostPixels / width / rowStep)) * rowStep;
  for (let plane = 0; plane < planes; plane += 1) {
    let rest = plane;
    const position = outer.map(() => 0);
    for (let axis = outer.length - 1; axis >= 0; axis -= 1) {
      position[axis] = rest % (outer[axis] as number);
      rest = Math.floor(rest / (outer[axis] as number));
    }
    const before = position.map((index) => ({ start: index, stop: index + 1 }));
    for (let row = 0; row < rows; row += height) {
      const stop = Math.min(rows, row + height);
      const own = { start: row, stop };
      yield {
        section: shape.length === 1 ? [own] : [...before, own, { start: 0, stop: width }],
        start: (plane * rows + row) * width,
        length: (stop - row) * width,
      };
    }
  }
}

/** Reads strips, each into the same memory where their form allows it: what comes is valid until the next call. */
export function stripReader(): (
  file: FileNow,
  hdu: Hdu,
  strip: Strip,
  signal?: AbortSignal,
) => PixelArray | Promise<PixelArray> {
  let memory = new Uint8Array(0);
  return (file, hdu, { section, start, length }, signal) => {
    const plain = plainPixels(hdu);
    if (plain === undefined) return readPixelsOf(file, hdu, section, { signal }).then(({ data }) => data);
    const sizeBytes = length * plain.wordBytes;
    if (memory.length < sizeBytes) memory = new Uint8Array(Math.ceil(sizeBytes / 8) * 8);
    const bytes = memory.subarray(0, sizeBytes);
    const offset = hdu.dataOffset + start * plain.wordBytes;
    const count = file.readNow(offset, bytes);
    if (count < sizeBytes) {
      const place = { file: file.name, hdu: hdu.index, offset: offset + count };
      throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
    }
    swapWords(bytes, plain.wordBytes);
    if (plain.otherSign) flipSigns(bytes, plain.wordBytes);
    return plain.view(memory.buffer, length);
  };
}

/** What is inside of a gzip file, held in memory. */
export async function unpacked(path: string): Promise<FileNow> {
  await using file = await openFile(path);
  const bytes = await readAll((await openFits(file)).source);
  const readNow = (offset: number, into: Uint8Array): number => {
    const part = bytes.subarray(offset, offset + into.length);
    into.set(part);
    return part.length;
  };
  return {
    name: path,
    sizeBytes: bytes.length,
    readNow,
    read: async (offset, into) => readNow(offset, into),
    [Symbol.dispose]: () => undefined,
  };
}
