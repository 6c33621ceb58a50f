import { FirstlightError } from "../core/errors.ts";

/** The command line was not understood: what is wrong with it, and how it is meant. */
export function usageError(message: string): FirstlightError {
  return new FirstlightError("USAGE", message, { disposition: "invalid" });
}
