import type { ByteSource } from "../../core/byte-source.ts";
import { codeOf, FirstlightError, isFirstlightError, isMissing } from "../../core/errors.ts";
import { openFileStart } from "../../core/file.ts";
import { badFile } from "../../fits/bad-file.ts";
import { blockBytes } from "../../fits/blocks.ts";
import { isGzip } from "../../fits/gunzip.ts";
import { type Hdu, hasImage } from "../../fits/hdu.ts";
import type { Header } from "../../fits/header.ts";
import { openFits, openFitsNow } from "../../fits/open-fits.ts";
import { carriesChecksums, hduChecksums, requireChecksums } from "../../fits/verify-checksums.ts";

/** An input frame that is not whole, or not there, and why. */
export interface BadFrame {
  /** Absolute. */
  readonly path: string;
  /** Relative to the run's scratch. */
  readonly file: string;
  readonly problem: string;
  /** There is no such file, or none any more. */
  readonly isGone?: true;
}

export interface FrameCheck {
  /** Take the checksums of what carries any. */
  readonly checksums: boolean;
  readonly signal: AbortSignal;
  /** Where the beginning of each file is read to. */
  readonly start: Uint8Array;
}

/**
 * The header of a frame's first image; or what is wrong with the frame: its structure from end to end, whether it holds an image at all and, where it carries any, its
 * checksums. A file that is gone is a bad frame; one that cannot be read for the machine's reasons is none: that is thrown. To wait for
 * each of thousands takes longer than a header does: a promise is only of what has to be waited for.
 */
export function checkFrame(
  path: string,
  file: string,
  check: FrameCheck,
): Header | BadFrame | Promise<Header | BadFrame> {
  let waiting: Promise<Header> | undefined;
  try {
    const source = openFileStart(path, check.start, blockBytes);
    // Not `using`, which takes twice as long as the closing itself.
    try {
      if (isGzip(check.start)) waiting = gzipHeader(path, source, check);
      else {
        const { hdus } = openFitsNow(source);
        requireWholeBlocks(path, source);
        const header = imageHeader(path, hdus);
        if (!check.checksums || !hdus.some(carriesChecksums)) return header;
        waiting = verified(path, source, hdus, check).then(() => header);
      }
    } finally {
      if (waiting === undefined) source[Symbol.dispose]();
    }
    return waiting
      .finally(() => source[Symbol.dispose]())
      .catch((error: unknown) => {
        // Who stops the check says nothing of the frame.
        if (check.signal.aborted && error === check.signal.reason) throw error;
        return badFrame(path, file, error);
      });
  } catch (error) {
    return badFrame(path, file, error);
  }
}

async function gzipHeader(path: string, source: ByteSource, check: FrameCheck): Promise<Header> {
  const { hdus, source: plain } = await openFits(source);
  requireWholeBlocks(path, plain);
  const header = imageHeader(path, hdus);
  if (check.checksums) await verified(path, plain, hdus, check);
  return header;
}

async function verified(path: string, source: ByteSource, hdus: readonly Hdu[], { signal }: FrameCheck): Promise<void> {
  for (const hdu of hdus) {
    signal.throwIfAborted();
    if (carriesChecksums(hdu)) requireChecksums(path, await hduChecksums(source, hdu));
  }
}

/** Readers forgive a last block without its padding; of a frame that came in, it is how a cut looks. */
function requireWholeBlocks(path: string, { sizeBytes }: ByteSource): void {
  const lacking = (blockBytes - (sizeBytes % blockBytes)) % blockBytes;
  if (lacking === 0) return;
  throw badFile("FITS_TRUNCATED", `the file ends ${lacking} bytes before the end of its last block.`, { file: path });
}

function imageHeader(path: string, hdus: readonly Hdu[]): Header {
  const image = hdus.find(hasImage);
  if (image === undefined) throw badFile("FITS_NO_HDU", "no HDU holds an image.", { file: path });
  return image.header;
}

function badFrame(path: string, file: string, error: unknown): BadFrame {
  if (isMissing(error)) return { path, file, problem: "it is not in scratch any more.", isGone: true };
  if (codeOf(error) === "ELOOP") {
    return { path, file, problem: "symbolic links lead from it in a circle.", isGone: true };
  }
  if (!isFirstlightError(error)) throw error;
  // The path is where the run keeps the file; the user knows it by its name, which is told beside the problem.
  const problem = error.message.replaceAll(`${path}, `, "").replaceAll(`${path}: `, "").replaceAll(path, file);
  return { path, file, problem };
}

const listed = 10;

/** The error that names the bad frames, the first ten of them in its message. */
export function badInputFrames(bad: readonly BadFrame[], total: number): FirstlightError {
  const lines = bad.slice(0, listed).map(({ file, problem }) => `  ${file}: ${problem}`);
  if (bad.length > listed) lines.push(`  … and ${bad.length - listed} more`);
  const advice =
    bad.length === total
      ? "No good frame is left to go on with. Fetch them again, or name another input."
      : "Fetch them again, take them out of the input, or let the workflow leave them out: new Workflow({ …, skipBadFrames: true }).";
  return new FirstlightError(
    "BAD_INPUT_FRAMES",
    `${bad.length} of ${total} input frames cannot be used:\n${lines.join("\n")}\n${advice}`,
    { fields: { bad: bad.map(({ file, problem }) => ({ file, problem })), total } },
  );
}
