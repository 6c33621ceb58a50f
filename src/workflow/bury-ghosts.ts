import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, FirstlightError, messageOf } from "../core/errors.ts";
import { isProcessAlive } from "./process-identity.ts";
import type { ProcessIdentity } from "./run-store.ts";

const pollMs = 20;
const patienceMs = 10_000;

/**
 * Kills what an earlier runner left running on this machine, and waits until it is gone: no attempt runs beside the ghost of
 * an earlier one. Ghosts on other machines are kept off by the fence of the inventory.
 *
 * @throws FirstlightError GHOST_ALIVE
 */
export async function buryGhosts(ghosts: readonly ProcessIdentity[]): Promise<void> {
  for (const ghost of ghosts) {
    if (isProcessAlive(ghost) !== true) continue;
    kill(ghost);
    for (let waitedMs = 0; isProcessAlive(ghost) === true; waitedMs += pollMs) {
      if (waitedMs >= patienceMs) {
        throw new FirstlightError(
          "GHOST_ALIVE",
          `Process ${ghost.pid}, an attempt that an earlier runner left behind, was killed and does not end. Look at what it waits for (a hanging disk?), then run again.`,
          { fields: { ...ghost } },
        );
      }
      await sleep(pollMs);
    }
  }
}

function kill(ghost: ProcessIdentity): void {
  try {
    process.kill(ghost.pid, "SIGKILL");
  } catch (cause) {
    const code = codeOf(cause);
    // It ended by itself.
    if (code === "ESRCH") return;
    throw new FirstlightError(
      "GHOST_ALIVE",
      `Process ${ghost.pid}, an attempt that an earlier runner left behind, cannot be killed: ${messageOf(cause)}. It may be another user's: end it as that user, then run again.`,
      { fields: { ...ghost }, cause },
    );
  }
}
