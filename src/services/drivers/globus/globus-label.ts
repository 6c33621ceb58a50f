import { createHash, randomBytes } from "node:crypto";
import type { TransferOptions } from "../../transfer.ts";

/** What the tasks of one transfer are called at Globus: the same for the same files, but for the mark that each task has for itself. */
export interface GlobusLabel {
  /** Of what is brought, from where to where. */
  readonly hash: string;
  labelOf(mark: string): string;
  /** Undefined where it is no label of this kind. */
  markOf(label: string): string | undefined;
}

/** What is brought from where to where. */
interface Labelled {
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  readonly files: readonly { readonly from: string; readonly to: string; readonly sizeBytes: number }[];
}

/** A label holds 128 characters. */
const longest = 128;
/**
 * Of what Globus takes in a label, by the narrower of its two descriptions: https://docs.globus.org/cli/reference/labels/. That of the REST
 * API says more, and yet labels with a colon were refused (https://github.com/DKISTDC/dkist/pull/200).
 */
const illegal = /[^\w ,-]+/g;

export function globusLabel(
  { sourceCollection, destinationCollection, files }: Labelled,
  { label, recipeRunId }: TransferOptions,
): GlobusLabel {
  const all = createHash("sha256").update(`${recipeRunId}\n${sourceCollection}\n${destinationCollection}\n`);
  for (const { from, to, sizeBytes } of files) all.update(`${from}\n${to}\n${sizeBytes}\n`);
  const hash = all.digest("hex").slice(0, 16);
  const legal = label.replaceAll(illegal, " ").replaceAll(/ +/g, " ").trim();
  const said = legal === "" ? `Recipe run ${recipeRunId}` : legal;
  return {
    hash,
    labelOf(mark) {
      const end = ` firstlight ${hash} ${mark}`;
      return said.slice(0, longest - end.length).trimEnd() + end;
    },
    markOf: (text) => / firstlight [\da-f]{16} ([\da-f]{8})$/.exec(text)?.[1],
  };
}

/** Of one task. */
export function newMark(): string {
  return randomBytes(4).toString("hex");
}
