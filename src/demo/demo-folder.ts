import { access, constants, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { makeFolders } from "../core/file.ts";

/** Says that what lies here is a demo's and may be thrown away by the next one. */
const marker = ".firstlight-demo";

/**
 * Makes the folder of a demo, empty. What an earlier demo left there goes; a folder with anything else in it is refused, so
 * that nobody's data are ever taken for a demo's, and so is a path where no folder can be.
 *
 * @throws FirstlightError DEMO_FOLDER
 */
export async function makeDemoFolder(folder: string): Promise<void> {
  const names = await contentOf(folder);
  if (names.length > 0 && !names.includes(marker)) {
    throw new FirstlightError(
      "DEMO_FOLDER",
      `${folder} holds files that no demo made: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""}. Name an empty folder, or a new one, with --output.`,
      { disposition: "invalid", fields: { folder } },
    );
  }
  for (const name of ["l0", "products", "scratch"]) await rm(join(folder, name), { recursive: true, force: true });
  await writeFile(join(folder, marker), "");
}

async function contentOf(folder: string): Promise<readonly string[]> {
  try {
    await makeFolders(folder);
    await access(folder, constants.W_OK);
    return await readdir(folder);
  } catch (error) {
    throw new FirstlightError(
      "DEMO_FOLDER",
      `The folder ${folder} of --output cannot be made or written to: ${messageOf(error)}. Name an empty folder, or a new one, with --output.`,
      { disposition: "invalid", fields: { folder }, cause: error },
    );
  }
}
