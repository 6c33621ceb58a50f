import { FirstlightError } from "../core/errors.ts";
import type { TaskIdentity } from "./task-identity.ts";

/**
 * @throws FirstlightError RECIPE_RUN_ID_INVALID unless the id is a whole number from 0, ATTEMPT_INVALID unless the attempt is
 * one from 1
 */
export function requireIdentity({ recipeRunId, attempt = 1 }: Pick<TaskIdentity, "recipeRunId" | "attempt">): void {
  if (!Number.isSafeInteger(recipeRunId) || recipeRunId < 0) {
    throw new FirstlightError(
      "RECIPE_RUN_ID_INVALID",
      `A recipe run id is a whole number from 0; this is ${String(recipeRunId)}.`,
      { disposition: "invalid", fields: { recipeRunId } },
    );
  }
  if (!Number.isSafeInteger(attempt) || attempt < 1) {
    throw new FirstlightError(
      "ATTEMPT_INVALID",
      `Attempts are counted from 1; this is ${String(attempt)}. From 2 on, what earlier ones left behind is rolled back.`,
      { disposition: "invalid", fields: { attempt } },
    );
  }
}
