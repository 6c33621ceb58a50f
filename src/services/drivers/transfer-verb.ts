import { requireCount, requireFunction, requireObject, requireSignal, requireText } from "../../core/require-option.ts";
import { settingsInvalid } from "../../core/settings-invalid.ts";
import type { Transfer, TransferItem, TransferOptions } from "../transfer.ts";
import type { ServiceClosing } from "./service-closing.ts";

type Verb = "toScratch" | "toObjectStore";
type Work = (items: readonly TransferItem[], options: TransferOptions) => Promise<void>;

/** A verb of a transfer, with a signal that fires when the caller's does, or the transfer is closed; options that are none are refused. */
export function transferVerb(name: Verb, closing: ServiceClosing, work: Work): Transfer[Verb] {
  return async (items, options) => {
    requireOptions(name, options);
    await closing.during(options.signal, (signal) => work(items, { ...options, signal }));
  };
}

/** Code without types may give anything. @throws FirstlightError SETTINGS_INVALID */
function requireOptions(verb: Verb, options: TransferOptions): void {
  requireObject(`options of ${verb}`, options);
  const { label, recipeRunId, signal, landing, onProgress, onFile } = options;
  if (typeof label !== "string") {
    throw settingsInvalid([{ name: `label of ${verb}`, expected: "a text", found: typeof label }]);
  }
  requireCount(`recipeRunId of ${verb}`, recipeRunId, 0);
  requireSignal(signal);
  requireFunction(`onProgress of ${verb}`, onProgress);
  requireFunction(`onFile of ${verb}`, onFile);
  if (landing === undefined) return;
  requireObject(`landing of ${verb}`, landing);
  requireText(`landing.folder of ${verb}`, landing.folder);
  requireFunction(`landing.land of ${verb}`, landing.land ?? null);
}
