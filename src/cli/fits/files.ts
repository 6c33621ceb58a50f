import type { ByteSource } from "../../core/byte-source.ts";
import { createFile, openFile } from "../../core/file.ts";
import { memoryError } from "../../fits/bad-file.ts";
import { fileProblem } from "../../fits/file-problem.ts";
import { type FitsFile, openFits } from "../../fits/open-fits.ts";

/** Opens the file, lists its HDUs and hands both on; throws `FITS_FILE` for a path that cannot be read. */
export async function withFits<Result>(path: string, use: (file: FitsFile) => Promise<Result>): Promise<Result> {
  await using source = await openForReading(path);
  try {
    return await use(await openFits(source));
  } catch (error) {
    throw memoryError(error, { file: path });
  }
}

/** The bytes of a file; throws `FITS_FILE` for a path that cannot be read. */
export async function openForReading(path: string): Promise<ByteSource & AsyncDisposable> {
  try {
    return await openFile(path);
  } catch (error) {
    throw fileProblem("read", path, error);
  }
}

/** Writes a file that appears whole or not at all; throws `FITS_FILE` for one that is there and is not to be replaced. */
export async function writeFits(
  path: string,
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  overwrite: boolean,
): Promise<void> {
  await writingFits(path, async () => {
    await using sink = await createFile(path, { overwrite });
    for await (const part of parts) await sink.write(part);
    await sink.commit();
  });
}

/** Says what the system says of a path that is written to; throws `FITS_FILE` for it. */
export async function writingFits(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw fileProblem("written", path, error, "replace it with --overwrite");
  }
}
