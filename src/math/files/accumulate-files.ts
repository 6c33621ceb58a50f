import type { PixelArray } from "../../core/ndarray.ts";
import type { Workers } from "../../core/workers.ts";
import type { TiledImage } from "../../fits/tiles/tiled-image.ts";
import { requireWhole } from "../check-options.ts";
import type { FrameFile, FrameFiles } from "./frame-files.ts";
import { defaultOpenFiles, type OpenFiles, openFiles } from "./open-files.ts";
import { type Strip, stripReader, stripsOf, unpacked } from "./strips.ts";

export interface FilesOptions {
  /** How many files are open at a time, by all threads together. Default: 960. A task has what MAX_FILE_DESCRIPTORS allows in `this.filesOptions`. */
  readonly maxOpenFiles?: number;
  /**
   * Threads that compute, the calling one included, or those that `openWorkers` has opened; one by default. Of use to sums and means of
   * frames without mask and variance whose pixels are stored unscaled, plain or compressed with RICE_1; the rest is done in one thread.
   */
  readonly workers?: number | Workers | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @throws FirstlightError MATH_OPTION unless it is a whole number from 1 on */
export function openFilesOf({ maxOpenFiles = defaultOpenFiles }: FilesOptions): number {
  requireWhole("maxOpenFiles", maxOpenFiles, 1);
  return maxOpenFiles;
}

export type FramePart = "image" | "mask" | "variance";

/** Takes the pixels of one strip of one file; they are valid during the call only. */
export type TakeStrip = (pixels: PixelArray, strip: Strip, part: FramePart, file: number) => void;

// The sums of a strip, as float64, and the strip itself then fit in the second-level cache.
const stripPixels = 2 ** 16;
/** To find its tiles takes a compressed image longer than to read a plain one. */
const tiledStripPixels = 2 ** 20;
/** How much is done before others get their turn. */
const turnPixels = 2 ** 22;

/**
 * Hands every strip of every file to `take`, for each strip the files in their order. Files stay open for all of their strips: as
 * many at a time as may be; more than these come in as many passes.
 */
export async function accumulateFiles(
  { files, shape }: FrameFiles,
  parts: readonly FramePart[],
  options: FilesOptions,
  take: TakeStrip,
): Promise<void> {
  const { signal } = options;
  const maxOpenFiles = openFilesOf(options);
  const read = stripReader();
  let since = 0;
  for (const { first, batch } of batchesOf(files, maxOpenFiles)) {
    using open = await opened(batch);
    for (const strip of stripsFor(batch, shape)) {
      for (const [i, file] of batch.entries()) {
        for (const part of parts) {
          const hdu = file[part];
          if (hdu === undefined) continue;
          take(await open.use(file.path, (source) => read(source, hdu, strip, signal)), strip, part, first + i);
          since += strip.length;
        }
        if (since < turnPixels) continue;
        since = 0;
        await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      }
    }
  }
}

interface Batch {
  /** The place of its first file among all. */
  readonly first: number;
  readonly batch: readonly FrameFile[];
}

/** Files in their order, as many as may be open at a time; a gzip file, which is to be unpacked for all strips, by itself. */
function* batchesOf(files: readonly FrameFile[], most: number): Generator<Batch, void, undefined> {
  for (let first = 0; first < files.length; ) {
    let count = 0;
    while (count < most && first + count < files.length && files[first + count]?.isGzip === false) count += 1;
    const batch = files.slice(first, first + Math.max(1, count));
    yield { first, batch };
    first += batch.length;
  }
}

async function opened(batch: readonly FrameFile[]): Promise<OpenFiles> {
  const [first] = batch;
  if (first?.isGzip !== true) return openFiles(batch.length + 1);
  const file = await unpacked(first.path);
  return { use: (_, read) => read(file), useNow: (_, read) => read(file), [Symbol.dispose]: () => undefined };
}

function stripsFor(batch: readonly FrameFile[], shape: readonly number[]): Iterable<Strip> {
  const tiled = batch.flatMap(({ image }) => image.tiles ?? []);
  return stripsOf(shape, tiled.length > 0 ? tiledStripPixels : stripPixels, tileRows(tiled));
}

/** Strips are to begin where tiles do: else those between would be decoded twice. */
export function tileRows(tiled: readonly TiledImage[]): number {
  return Math.max(1, ...tiled.map(({ tileAxes }) => tileAxes[1] ?? 1));
}
