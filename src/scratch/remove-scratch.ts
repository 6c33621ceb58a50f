import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../core/errors.ts";
import { scratchInUse } from "./scratch-errors.ts";
import { privateFolder } from "./scratch-paths.ts";

/** With what is waited between them, half a second and more. */
const tries = 15;
const firstWaitMs = 5;

/**
 * Removes a run's folder, also while tasks write there. The private folder goes first: without it no attempt that has begun gives any more
 * file a name, so that those who begin meanwhile, and transfers, are all that can get in the way.
 *
 * @throws FirstlightError SCRATCH_IN_USE where new files come all the time
 */
export async function removeScratch(folder: string): Promise<void> {
  for (let count = 1; ; count += 1) {
    try {
      await rm(join(folder, privateFolder), { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      // Some systems call a folder that is not empty one that is there.
      if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
      if (count === tries) throw scratchInUse(folder, error);
      await sleep(firstWaitMs * count);
    }
  }
}
