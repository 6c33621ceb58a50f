import { FirstlightError } from "../../core/errors.ts";
import { openFileStart } from "../../core/file.ts";
import { badFile } from "../../fits/bad-file.ts";
import { fileProblem } from "../../fits/file-problem.ts";
import { frameHdus } from "../../fits/frame-file.ts";
import { isGzip } from "../../fits/gunzip.ts";
import type { Hdu } from "../../fits/hdu.ts";
import { Header } from "../../fits/header.ts";
import { openFits, openFitsNow } from "../../fits/open-fits.ts";
import type { Precision } from "../precision.ts";
import { empty } from "../shape.ts";

/** Where in a file the pixels of a frame lie. */
export interface FrameFile {
  readonly path: string;
  /** Of these headers only the cards that pixels need are kept: there may be thousands. */
  readonly image: Hdu;
  readonly mask: Hdu | undefined;
  readonly variance: Hdu | undefined;
  /** A gzip file can only be unpacked whole. */
  readonly isGzip: boolean;
}

/** The frames of many files, of one shape, and the header of the first. */
export interface FrameFiles {
  readonly files: readonly FrameFile[];
  readonly header: Header;
  readonly shape: readonly number[];
}

const startBytes = 8 * 2880;

/** Whether there is no mask and no variance among them. */
export function isBare({ files }: FrameFiles): boolean {
  return files.every(({ mask, variance }) => mask === undefined && variance === undefined);
}

/**
 * Reads the headers of all files. Only the image of each, with the MASK and VARIANCE extensions where there are any, as `readFrame`
 * takes them.
 *
 * @throws FirstlightError ARRAY_EMPTY without files, ARRAY_SHAPE where shapes differ, FITS_FILE for a file that cannot be read, and
 * the errors of `openFits`
 */
export async function frameFiles(
  paths: readonly string[],
  verb: string,
  signal: AbortSignal | undefined,
): Promise<FrameFiles> {
  const start = new Uint8Array(startBytes);
  const files: FrameFile[] = [];
  let header: Header | undefined;
  for (const path of paths) {
    signal?.throwIfAborted();
    using source = readOrExplain(path, () => openFileStart(path, start));
    const isPacked = isGzip(start);
    const fits = isPacked ? await openFits(source) : openFitsNow(source);
    const { main, mask, variance } = frameHdus(fits);
    const [first] = files;
    for (const hdu of [main, mask, variance]) requireShapeOf(hdu, first ?? { path, image: main }, path, verb);
    if (mask !== undefined && (mask.bitpix < 0 || mask.bitpix === 64)) {
      const problem = `a mask holds integers of at most 32 bits; BITPIX is ${mask.bitpix}.`;
      throw badFile("FITS_INVALID", problem, { file: path, hdu: mask.index });
    }
    header ??= main.header;
    files.push({
      path,
      image: slim(main),
      mask: mask === undefined ? undefined : slim(mask),
      variance: variance === undefined ? undefined : slim(variance),
      isGzip: isPacked,
    });
    if (files.length % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const [first] = files;
  if (first === undefined || header === undefined) throw empty(verb, "no files at all");
  return { files, header, shape: first.image.shape };
}

/** What a file system says becomes an error that names the file. */
export function readOrExplain<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw fileProblem("read", path, error);
  }
}

/** The precision of a mean of these images, as `precisionOf` has it of the arrays that they are read as. */
export function precisionOfFiles(files: readonly FrameFile[]): Precision {
  return files.every(({ image: { bitpix } }) => bitpix === 8 || bitpix === 16 || bitpix === -32)
    ? "float32"
    : "float64";
}

const scaling = ["BSCALE", "BZERO", "BLANK"];

function slim(hdu: Hdu): Hdu {
  if (hdu.tiles !== undefined) return hdu;
  return {
    ...hdu,
    header: new Header(
      scaling.flatMap((key) => hdu.header.card(key) ?? []),
      hdu.header.origin,
    ),
  };
}

function requireShapeOf(
  hdu: Hdu | undefined,
  first: Pick<FrameFile, "path" | "image">,
  path: string,
  verb: string,
): void {
  const { shape } = first.image;
  if (hdu === undefined || (hdu.shape.length === shape.length && hdu.shape.every((axis, i) => axis === shape[i])))
    return;
  const found = `HDU ${hdu.index} of ${path} has the shape ${hdu.shape.join(" x ")}`;
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot ${verb} images of different shapes: ${found}, that of ${first.path} ${shape.join(" x ")}; give files of one shape.`,
    { fields: { shapes: [shape, hdu.shape], files: [first.path, path], verb } },
  );
}
