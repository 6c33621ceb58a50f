import { badFile } from "../../fits/bad-file.ts";
import { plainPixels } from "../../fits/plain-pixels.ts";
import { pixelAdder, type StoredKind } from "../../kernels/pixel-adder.ts";
import { type FrameFile, readOrExplain } from "./frame-files.ts";
import type { FrameSummer, SummerOptions } from "./frame-summer.ts";
import { type OpenFiles, openFiles } from "./open-files.ts";

/** Where the pixels of a frame lie that can be added as they stand in the file. */
export interface PlainFrame {
  readonly path: string;
  readonly hdu: number;
  readonly dataOffset: number;
  readonly kind: StoredKind;
}

/** `undefined` unless the pixels of all files can be added as they stand: uncompressed, unscaled, of at most 32 bits or reals. */
export function plainFrames(files: readonly FrameFile[]): readonly PlainFrame[] | undefined {
  const frames = files.flatMap((file) => plainFrame(file) ?? []);
  return frames.length === files.length ? frames : undefined;
}

function plainFrame({ path, image, isGzip }: FrameFile): PlainFrame | undefined {
  const plain = isGzip ? undefined : plainPixels(image);
  const { bitpix } = image;
  if (plain === undefined || bitpix === 64) return undefined;
  return { path, hdu: image.index, dataOffset: image.dataOffset, kind: { bitpix, otherSign: plain.otherSign } };
}

/** Small enough for the caches with the sums, and so large that the calls that read it cost little beside: of 128 to 768 kB the fastest. */
const stripBytes = 2 ** 19;
/** How much is done before others get their turn. */
const turnBytes = 2 ** 26;

/**
 * Adds the pixels of plain frames strip by strip, each in the order of the frames. Files stay open as long as the summer is; where there
 * are more than may be open at a time they come in as many passes, and the sums are kept in between.
 */
export function plainSummer(
  frames: readonly PlainFrame[],
  size: number,
  { maxOpenFiles, stopped }: SummerOptions,
): FrameSummer {
  const stripPixels = stripBytes / frames.reduce((most, { kind }) => Math.max(most, Math.abs(kind.bitpix) / 8), 2);
  const adder = pixelAdder(Math.min(size, stripPixels));
  const most = Math.max(1, maxOpenFiles);
  const whole = frames.length > most ? undefined : openFiles(frames.length + 1);
  let since = 0;
  return {
    stepPixels: stripPixels,
    async add(from, to, take) {
      const kept = whole === undefined ? new Float64Array(to - from) : undefined;
      for (let first = 0; first < frames.length; first += most) {
        const batch = frames.slice(first, first + most);
        const isLast = first + most >= frames.length;
        using own = whole === undefined ? openFiles(batch.length + 1) : undefined;
        const open = (whole ?? own) as OpenFiles;
        for (let start = from; start < to; start += stripPixels) {
          const stop = Math.min(to, start + stripPixels);
          adder.begin(stop - start, first === 0 ? undefined : kept?.subarray(start - from, stop - from));
          for (const frame of batch) since += readStrip(frame, open, start, adder.next(frame.kind));
          if (isLast) await take(adder, start, stop - start);
          else kept?.set(adder.sums(), start - from);
          if (since < turnBytes) continue;
          since = 0;
          await new Promise((resolve) => setImmediate(resolve));
          stopped();
        }
      }
    },
    [Symbol.dispose]() {
      adder[Symbol.dispose]();
      whole?.[Symbol.dispose]();
    },
  };
}

function readStrip(
  { path, hdu, dataOffset, kind }: PlainFrame,
  open: OpenFiles,
  start: number,
  into: Uint8Array,
): number {
  const offset = dataOffset + (start * Math.abs(kind.bitpix)) / 8;
  const count = readOrExplain(path, () => open.useNow(path, (file) => file.readNow(offset, into)));
  if (count === into.length) return count;
  const place = { file: path, hdu, offset: offset + count };
  throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", place);
}
