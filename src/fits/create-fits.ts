import type { ByteSink } from "../core/byte-source.ts";
import { FirstlightError } from "../core/errors.ts";
import { type CreateFileOptions, createFile } from "../core/file.ts";
import { inTurn } from "../core/in-turn.ts";
import { type EncodeFitsOptions, encodeContent, type HduContent } from "./encode-fits.ts";
import { type ImageWriter, type StreamedImage, streamImage } from "./stream-image.ts";

export interface CreateFitsOptions extends EncodeFitsOptions, Pick<CreateFileOptions, "overwrite"> {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A FITS file that is being written, HDU by HDU. Disposed without `commit`, nothing of it remains. What is asked before the last call
 * has resolved is done in its turn.
 */
export interface FitsWriter extends AsyncDisposable {
  /** Writes a whole HDU, as `encodeFits` does. */
  add(content: HduContent): Promise<void>;
  /** Begins an image whose pixels come piece by piece. It is to be finished before anything else is written. */
  image(content: StreamedImage): Promise<ImageWriter>;
  /** Makes the file appear, durable and whole. */
  commit(): Promise<void>;
}

/**
 * Writes a FITS file that need not fit in memory: images slice by slice, compressed or not, tables and whole images between them.
 *
 *     await using fits = await createFits("cube.fits", { checksum: true });
 *     const cube = await fits.image({ header, pixels: "uint16", shape: [5000, 2048, 2048] });
 *     for await (const slice of slices) await cube.write(slice);
 *     await cube.finish();
 *     await fits.commit();
 *
 * @param target a path, where the file appears whole or not at all, or a sink; checksums and compression need one that can change what
 * was written (`writeAt`), as what stands before the pixels is known only after them
 *
 * @throws FirstlightError FITS_SHAPE for images that are not finished, or whose pixels do not fit, FITS_COMMITTED for what is asked after `commit`,
 * and the errors of `encodeFits`
 */
export async function createFits(target: string | ByteSink, options: CreateFitsOptions = {}): Promise<FitsWriter> {
  const { overwrite = false, signal } = options;
  const sink = typeof target === "string" ? await createFile(target, { overwrite }) : target;
  let hduCount = 0;
  let offset = 0;
  let unfinished: number | undefined;
  let isCommitted = false;
  let lost: { readonly cause: unknown } | undefined;
  const turn = inTurn();

  /** One after the other, also where nobody waits: what was half written would be overtaken. */
  const next = <Result>(work: () => Promise<Result>): Promise<Result> => turn(["the file"], work);
  const append = async (bytes: Uint8Array): Promise<void> => {
    // What did not get into the file is gone: whatever came behind it would stand in its place.
    if (lost !== undefined) throw lost.cause;
    try {
      signal?.throwIfAborted();
      await sink.write(bytes);
    } catch (cause) {
      lost = { cause };
      throw cause;
    }
    offset += bytes.length;
  };
  const requireFinished = (asked: string): void => {
    if (isCommitted) {
      const problem = `${asked} was asked for after commit(), and the file is complete. Begin another file with createFits.`;
      throw new FirstlightError("FITS_COMMITTED", problem, { disposition: "invalid" });
    }
    if (unfinished === undefined) return;
    throw new FirstlightError(
      "FITS_SHAPE",
      `${asked} was asked for while the image of HDU ${unfinished} is not finished; write all of its pixels and call finish() first.`,
      { disposition: "invalid", fields: { hdu: unfinished } },
    );
  };
  const addParts = async (parts: readonly Uint8Array[]): Promise<void> => {
    for (const part of parts) await append(part);
    hduCount += parts.length;
  };
  return {
    add: (content) =>
      next(async () => {
        requireFinished("another HDU");
        // Whether more will follow nobody knows yet; EXTEND allows for it.
        await addParts(encodeContent(content, hduCount, hduCount + 2, options));
      }),
    image: (content) =>
      next(async () => {
        requireFinished("another image");
        const { before, begin } = streamImage(content, hduCount, options, sink);
        await addParts(before);
        const own = hduCount;
        const writer = await begin({ offset, append });
        hduCount += 1;
        unfinished = own;
        const requireOpen = (asked: string): void => {
          if (unfinished === own) return;
          const problem = `${asked} was asked of the image of HDU ${own} after its finish(), and its pixels are complete.`;
          throw new FirstlightError("FITS_SHAPE", problem, { disposition: "invalid", fields: { hdu: own } });
        };
        return {
          write: (pixels) =>
            next(async () => {
              requireOpen("write()");
              await writer.write(pixels);
            }),
          finish: () =>
            next(async () => {
              requireOpen("finish()");
              await writer.finish();
              unfinished = undefined;
            }),
        };
      }),
    commit: () =>
      next(async () => {
        requireFinished("commit()");
        if (hduCount === 0) {
          throw new FirstlightError("FITS_SHAPE", "A FITS file needs at least one HDU.", { disposition: "invalid" });
        }
        if (lost !== undefined) throw lost.cause;
        signal?.throwIfAborted();
        await sink.commit();
        isCommitted = true;
      }),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}
