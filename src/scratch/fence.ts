import { isFirstlightError } from "../core/errors.ts";
import { attemptFenced } from "./attempt-fenced.ts";
import type { InventoryDriver } from "./inventory-driver.ts";
import { inventoryKeys } from "./inventory-keys.ts";

/** The fence stands at the attempt's number times this, plus how many have begun since under that number or by hand. */
const beginningsPerAttempt = 1_000_000;

/**
 * Makes this attempt the newest of its task: from now on what earlier ones still try to write is refused with
 * `ATTEMPT_FENCED`. The number that it resolves to goes to `openScratch` as its token.
 *
 * Attempts have the order of their numbers, not that in which their processes get here. One that begins under the same number
 * again is newer than the one before; so is one without a number, which a person starts by hand and no run store counts.
 *
 * @throws FirstlightError ATTEMPT_FENCED where an attempt with a greater number has begun already
 */
export async function raiseFence(
  driver: InventoryDriver,
  recipeRunId: number,
  taskName: string,
  attempt?: number,
): Promise<number> {
  const key = inventoryKeys(recipeRunId, taskName).fence;
  if (attempt === undefined) return driver.increment(key);
  for (;;) {
    const now = await driver.increment(key, 0);
    const newest = Math.floor(now / beginningsPerAttempt);
    if (newest > attempt) throw attemptFenced(`attempt ${newest}, and this is attempt ${attempt}`);
    const token = newest === attempt ? now + 1 : attempt * beginningsPerAttempt;
    try {
      // The fence guards itself: the step is refused if another one was made since it was read. After a purge it falls short.
      if ((await driver.increment(key, token - now, { fence: { key, token: now } })) === token) return token;
    } catch (error) {
      if (!isFirstlightError(error, "ATTEMPT_FENCED")) throw error;
    }
  }
}
