import type { PixelArray } from "../../core/ndarray.ts";
import type { Hdu } from "../../fits/hdu.ts";
import { type FilesOptions, openFilesOf, tileRows } from "./accumulate-files.ts";
import type { FrameFile, FrameFiles } from "./frame-files.ts";
import { openFiles } from "./open-files.ts";
import { type Strip, stripReader, stripsOf, unpacked } from "./strips.ts";

/** The same strip of every file, in the order of the files. */
export interface FilesStrip {
  readonly strip: Strip;
  readonly images: readonly PixelArray[];
  readonly masks: readonly (PixelArray | undefined)[];
  readonly variances: readonly (PixelArray | undefined)[];
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
): AsyncGenerator<FilesStrip, void, undefined> {
  const { signal } = options;
  const pixelBytes = Math.max(...files.map(pixelBytesOf));
  const tiled = files.flatMap(({ image }) => image.tiles ?? []);
  const most = Math.max(1, Math.floor(stackBytes / pixelBytes / files.length));
  using open = openFiles(openFilesOf(options));
  const read = stripReader();
  for (const strip of stripsOf(shape, most, tileRows(tiled))) {
    const images: PixelArray[] = [];
    const masks: (PixelArray | undefined)[] = [];
    const variances: (PixelArray | undefined)[] = [];
    for (const [i, file] of files.entries()) {
      signal?.throwIfAborted();
      const whole = file.isGzip ? await unpacked(file.path) : undefined;
      // The reader's memory is filled again by the next call.
      const part = async (hdu: Hdu): Promise<PixelArray> =>
        (whole === undefined
          ? await open.use(file.path, (source) => read(source, hdu, strip, signal))
          : await read(whole, hdu, strip, signal)
        ).slice();
      images.push(await part(file.image));
      masks.push(file.mask && (await part(file.mask)));
      variances.push(file.variance && (await part(file.variance)));
      if (i % turnFiles === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    yield { strip, images, masks, variances };
  }
}

/** Of all that is held of a pixel of a file. */
function pixelBytesOf({ image, mask, variance }: FrameFile): number {
  return [image, mask, variance].reduce(
    (sum, hdu) => sum + (hdu === undefined ? 0 : Math.max(4, Math.abs(hdu.bitpix) / 8)),
    0,
  );
}
