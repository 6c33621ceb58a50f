import type { ByteSink } from "../core/byte-source.ts";
import { createFile } from "../core/file.ts";
import { lentMemory } from "../core/lent-memory.ts";
import { lentWorkers } from "../core/lent-workers.ts";
import { padded } from "../fits/blocks.ts";
import { sumWords } from "../fits/checksum.ts";
import { encodeFrame } from "../fits/frame-file.ts";
import type { Header } from "../fits/header.ts";
import { encodeHeader } from "../fits/parse-header.ts";
import { signedHeader } from "../fits/sign-header.ts";
import { storePixels } from "../fits/storage.ts";
import { storageCards } from "../fits/storage-cards.ts";
import { type AverageOptions, average } from "./average.ts";
import { requireLeaveOut } from "./check-options.ts";
import { type FrameFiles, frameFiles, isBare, precisionOfFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { type AddableImages, addableImages, prepareSums, sumStrips } from "./files/sum-images.ts";
import { type FloatArray, newFloats, type Precision } from "./precision.ts";

export interface AverageToOptions extends AverageOptions {
  /** Replace a file that is there already; without it such a file is an `EEXIST` error. */
  readonly overwrite?: boolean;
  /** Write DATASUM and CHECKSUM. Default true. */
  readonly checksum?: boolean;
  /** Makes the header of the result, of the first frame's. Default: that header as it is. */
  readonly header?: ((first: Header) => Header) | undefined;
}

/**
 * Writes the mean that `average` makes of many FITS files as a FITS file, strip by strip as it is computed: neither a frame nor the
 * result is held whole. Frames with masks or variances, and those whose pixels are stored scaled, are averaged first, and then written
 * with MASK and VARIANCE.
 *
 *     await averageTo("dark.fits", paths, { workers: 2, header: (first) => first.clone().set("NFRAMES", paths.length) });
 *
 * @param target a path, where the file appears whole or not at all, or a sink, which is committed; one that cannot change what was
 * written (`writeAt`) gets the result once all of it is there
 *
 * @throws FirstlightError as `average` over files
 */
export async function averageTo(
  target: string | ByteSink,
  paths: Many<string>,
  options: AverageToOptions = {},
): Promise<void> {
  if (typeof target === "string") {
    await using sink = await createFile(target, { overwrite: options.overwrite === true });
    return await averageTo(sink, paths, options);
  }
  requireLeaveOut(options.leaveOut);
  const what = await given<never>(paths);
  const files = what.kind === "files" ? what.paths : [];
  await using lent = lentWorkers(options.workers);
  const own = { ...options, workers: lent.workers };
  if (target.writeAt === undefined || options.leaveOut) await writeWhole(target, files, own);
  else {
    prepareSums(lent.workers);
    const all = await frameFiles(files, "average", options.signal);
    const images = isBare(all) ? addableImages(all) : undefined;
    if (images === undefined) await writeWhole(target, files, own);
    else await writeStrips({ ...target, writeAt: target.writeAt.bind(target) }, all, images, own);
  }
  options.signal?.throwIfAborted();
  await target.commit();
}

async function writeWhole(sink: ByteSink, files: readonly string[], options: AverageToOptions): Promise<void> {
  const frame = await average(files, options);
  const header = options.header?.(frame.header) ?? frame.header;
  await sink.write(encodeFrame({ ...frame, header }, { checksum: options.checksum ?? true }));
}

async function writeStrips(
  sink: Required<Pick<ByteSink, "write" | "writeAt">>,
  all: FrameFiles,
  images: AddableImages,
  options: AverageToOptions,
): Promise<void> {
  const { checksum = true } = options;
  const precision: Precision = options.precision ?? precisionOfFiles(all.files);
  const header = options.header?.(all.header) ?? all.header;
  const image = { data: newFloats(0, precision), shape: all.shape };
  const cards = storageCards(header, image, { index: 0, count: 1, checksum });
  const begin = encodeHeader(cards);
  await sink.write(begin);

  const { BYTES_PER_ELEMENT: wordBytes } = image.data;
  let sum = 0;
  const put = async (values: FloatArray, start: number): Promise<void> => {
    using memory = lentMemory(values.byteLength);
    const bytes = memory.bytes.subarray(0, values.byteLength);
    storePixels(values, bytes);
    // Words are added in any order.
    if (checksum) sum = sumWords(bytes, sum);
    await sink.writeAt(begin.length + start * wordBytes, bytes);
  };
  await sumStrips(images, precision === "float32" ? "means32" : "means64", options, put);
  const sizeBytes = images.size * wordBytes;
  await sink.writeAt(begin.length + sizeBytes, new Uint8Array(padded(sizeBytes) - sizeBytes));
  if (checksum) await sink.writeAt(0, signedHeader(cards, sum));
}
