import { basename } from "node:path";
import { FirstlightError, messageOf } from "../../core/errors.ts";
import { openFile } from "../../core/file.ts";
import { walkHdus } from "../../fits/open-fits.ts";
import { hduChecksums, requireChecksums } from "../../fits/verify-checksums.ts";

/** An input frame that is not whole, and why. */
export interface BadFrame {
  readonly path: string;
  readonly file: string;
  readonly problem: string;
}

/** What is wrong with a frame: its structure from end to end and, where it carries any, its checksums. */
export async function checkFrame(path: string, checksums: boolean): Promise<BadFrame | undefined> {
  const file = basename(path);
  try {
    await using source = await openFile(path);
    for await (const hdu of walkHdus(source)) {
      const carriesAny = hdu.header.has("CHECKSUM") || hdu.header.has("DATASUM");
      if (checksums && carriesAny) requireChecksums(path, await hduChecksums(source, hdu));
    }
    return undefined;
  } catch (error) {
    // The path is where the run keeps the file; the user knows it by its name.
    return {
      path,
      file,
      problem: messageOf(error).replaceAll(`${path}, `, "").replaceAll(`${path}: `, "").replaceAll(path, file),
    };
  }
}

const listed = 10;

export function badInputFrames(bad: readonly BadFrame[], total: number): FirstlightError {
  const lines = bad.slice(0, listed).map(({ file, problem }) => `  ${file}: ${problem}`);
  if (bad.length > listed) lines.push(`  … and ${bad.length - listed} more`);
  return new FirstlightError(
    "BAD_INPUT_FRAMES",
    `${bad.length} of ${total} input frames cannot be used:\n${lines.join("\n")}\nFetch them again, take them out of the input, or let the workflow leave them out: new Workflow({ …, skipBadFrames: true }).`,
    { fields: { bad: bad.map(({ file, problem }) => ({ file, problem })), total } },
  );
}
