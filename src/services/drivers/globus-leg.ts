import type { TransferItem } from "../transfer.ts";
import type { GlobusFile } from "./globus-task.ts";

/** A file, where it comes from and where it shall be in the end. */
export interface PlannedFile {
  readonly from: string;
  readonly to: string;
  readonly sizeBytes: number;
}

/** One direction: what is particular to scratch, or to the object store, as the place to come to. */
export interface GlobusLeg {
  readonly sourceCollection: string;
  readonly destinationCollection: string;
  /** Which names the collection that the files come to. */
  readonly setting: string;
  /** Every file with its length, and the sources that are not there. */
  plan(
    items: readonly TransferItem[],
  ): Promise<{ readonly files: readonly PlannedFile[]; readonly missing: readonly string[] }>;
  /** What Globus is to copy from where to where. */
  prepare(files: readonly PlannedFile[]): Promise<readonly GlobusFile[]>;
  /** Gives what Globus has copied its names, and resolves to the files that are not there in their length. */
  settle(files: readonly PlannedFile[]): Promise<readonly PlannedFile[]>;
  /** Removes what a task left half done. */
  discard(files: readonly PlannedFile[]): Promise<void>;
}
