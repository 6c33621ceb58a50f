import type { TransferItem } from "../../transfer.ts";
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
  /** What Globus is to copy from where to where in the task of this mark, which goes on with what those of `ended` left half done. */
  prepare(files: readonly PlannedFile[], mark: string, ended: readonly string[]): Promise<readonly GlobusFile[]>;
  /** Gives what Globus has copied in the task of this mark its names, and resolves to the files that are not there in their length. */
  settle(files: readonly PlannedFile[], mark: string): Promise<readonly PlannedFile[]>;
  /** Removes what the tasks of these marks left half done. */
  discard(files: readonly PlannedFile[], marks: readonly string[]): Promise<void>;
}
