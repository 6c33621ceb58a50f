import type { NdArray, PixelArray } from "../../core/ndarray.ts";
import { type FilesOptions, tileRows } from "./accumulate-files.ts";
import type { FrameFiles } from "./frame-files.ts";
import { defaultOpenFiles, openFiles } from "./open-files.ts";
import { type Strip, stripReader, stripsOf, unpacked } from "./strips.ts";

/** The same strip of every file, in the order of the files. */
export interface StackStrip {
  readonly strip: Strip;
  readonly stack: readonly NdArray[];
}

/** What the strips of all files may fill together; a row of each is always read. */
const stackBytes = 128 * 2 ** 20;
const turnFiles = 64;

/**
 * Strips of many files, for what has to see all values of a pixel at once. Files beyond those that may stay open are opened anew for
 * every strip, gzip files unpacked anew.
 */
export async function* stackFiles(
  { files, shape }: FrameFiles,
  options: FilesOptions,
): AsyncGenerator<StackStrip, void, undefined> {
  const { maxOpenFiles = defaultOpenFiles, signal } = options;
  const pixelBytes = Math.max(...files.map(({ image: { bitpix } }) => Math.abs(bitpix) / 8), 4);
  const tiled = files.flatMap(({ image }) => image.tiles ?? []);
  const most = Math.max(1, Math.floor(stackBytes / pixelBytes / files.length));
  using open = openFiles(Math.max(1, maxOpenFiles));
  const read = stripReader();
  for (const strip of stripsOf(shape, most, tileRows(tiled))) {
    const stack: NdArray[] = [];
    for (const [i, file] of files.entries()) {
      signal?.throwIfAborted();
      const pixels = file.isGzip
        ? await read(await unpacked(file.path), file.image, strip, signal)
        : await open.use(file.path, (source) => read(source, file.image, strip, signal));
      // The reader's memory is filled again by the next file.
      stack.push({ data: pixels.slice() as PixelArray, shape: [strip.length] });
      if (i % turnFiles === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    yield { strip, stack };
  }
}
