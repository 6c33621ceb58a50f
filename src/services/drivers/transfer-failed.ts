import { FirstlightError } from "../../core/errors.ts";
import type { TransferOptions } from "../transfer.ts";

/** Files named in a message; all of them are in the error's fields. */
const listed = 20;

type Called = Pick<TransferOptions, "label" | "recipeRunId">;

export function missingSources(missing: readonly string[], total: number, called: Called): FirstlightError {
  const { label, recipeRunId } = called;
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} copied nothing: ${missing.length} of ${total} files are not there:\n${linesOf(missing)}\nPut them there, or mend the list of what to transfer.`,
    { fields: { label, recipeRunId, missing } },
  );
}

/** Several files that would take each other's place, `from` → `to`. */
export function sameDestination(pairs: readonly string[], called: Called): FirstlightError {
  const { label, recipeRunId } = called;
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} copied nothing: files of it would take each other's place:\n${linesOf(pairs)}\nGive each a place of its own.`,
    { disposition: "invalid", fields: { label, recipeRunId, pairs } },
  );
}

export function notInScratch(paths: readonly string[], scratchPath: string, called: Called): FirstlightError {
  const { label, recipeRunId } = called;
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} copied nothing: ${paths.length} of its places are not in scratch (SCRATCH_BASE_PATH, ${scratchPath}):\n${linesOf(paths)}\nName places below it, which no symbolic link leads out of.`,
    { disposition: "invalid", fields: { label, recipeRunId, paths, scratchPath } },
  );
}

/** Who writes JavaScript may give what is no item. */
export function noItem(given: unknown): FirstlightError {
  const found =
    typeof given === "object" && given !== null ? `an object with ${Object.keys(given).join(", ")}` : String(given);
  return new FirstlightError(
    "TRANSFER_FAILED",
    `What is transferred is a list of items with bucket, key and path, each a text; found ${found || "nothing"}. Nothing was copied.`,
    { disposition: "invalid" },
  );
}

export function notAbsolute(path: string): FirstlightError {
  return new FirstlightError("TRANSFER_FAILED", `'${path}' is not an absolute path in scratch.`, {
    disposition: "invalid",
    fields: { path },
  });
}

export function copyDamaged(from: string, to: string): FirstlightError {
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The copy of ${from} does not read back as its source; ${to} was not written. The file changed meanwhile, or the disk is bad.`,
    { disposition: "retry", fields: { from, to } },
  );
}

/** A Globus task that has ended otherwise than it should. */
export function globusTaskFailed(
  taskId: string,
  status: string,
  reasons: readonly string[],
  mayPass: boolean,
  called: Called,
): FirstlightError {
  const { label, recipeRunId } = called;
  const why = reasons.length === 0 ? "  Globus gives no reason." : linesOf(reasons);
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} has failed: its Globus task ${taskId} is ${status}:\n${why}\nMore is told at https://app.globus.org/activity/${taskId}. Once that is mended, run the task again.`,
    { disposition: mayPass ? "retry" : "fatal", fields: { label, recipeRunId, taskId, status, reasons } },
  );
}

/** What Globus says it has copied is not found, or not in its length. */
export function notArrived(taskId: string, files: readonly string[], setting: string, called: Called): FirstlightError {
  const { label, recipeRunId } = called;
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} has failed: the Globus task ${taskId} has succeeded, and ${files.length} files are not where it says, or not as long as their sources:\n${linesOf(files)}\nCheck that ${setting} is the collection that this machine sees there.`,
    { disposition: "retry", fields: { label, recipeRunId, taskId, files } },
  );
}

/** An input folder of this machine, which `fs` takes for a bucket. */
export function folderForBucket(folder: string): FirstlightError {
  return new FirstlightError(
    "TRANSFER_FAILED",
    `Globus cannot bring the files of the folder ${folder}: it fetches from the buckets of the object store. Set TRANSFER_DRIVER=fs to work on a folder of this machine.`,
    { disposition: "invalid", fields: { folder } },
  );
}

export function transferClosed(): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", "The transfer is closed.");
}

export function noClient({ label, recipeRunId }: Called): FirstlightError {
  return new FirstlightError(
    "TRANSFER_FAILED",
    `The transfer '${label}' of recipe run ${recipeRunId} has no Globus client. Give it one: GLOBUS_INBOUND_CLIENT_CREDENTIALS to scratch, GLOBUS_OUTBOUND_CLIENT_CREDENTIALS to the object store.`,
    { disposition: "invalid", fields: { label, recipeRunId } },
  );
}

function linesOf(items: readonly string[]): string {
  const lines = items.slice(0, listed).map((item) => `  ${item}`);
  if (items.length > listed) lines.push(`  … and ${items.length - listed} more`);
  return lines.join("\n");
}
