/** One file or folder to bring over: its place in the object store, and its place in scratch. */
export interface TransferItem {
  /**
   * A bucket of the object store. Where the store is the file system, an absolute path is a bucket, too: that folder
   * itself, only to be read from. So an input dataset may lie anywhere on the machine.
   */
  readonly bucket: string;
  /** The object's key, or the prefix of many (without its last slash) when `recursive`. */
  readonly key: string;
  /** Absolute, in scratch: the file, or when `recursive` the folder. Spelt as it may be: `/a//b` is `/a/b`. */
  readonly path: string;
  /** A folder and everything below it. A file in its place counts as missing, and so does a folder where this is not set. */
  readonly recursive?: boolean;
}

export interface TransferProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
}

/** A file that has come to its place. */
export interface TransferredFile {
  /** Absolute, in scratch. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * How files come to their names in scratch, where somebody wants a say in it: an attempt of a task, which may have been replaced by a
 * newer one while its files were on their way.
 */
export interface TransferLanding {
  /** For files on their way, in the file system of scratch. Nothing is left in it. */
  readonly folder: string;
  /** Gives a whole and verified file its name; rejects where it may not come any more. */
  land(temporary: string, path: string): Promise<void>;
}

export interface TransferOptions {
  /**
   * What the transfer is called where it can be watched. Globus takes ASCII letters, digits, blanks, `-`, `_` and `,`: what else is in it
   * is shown as a blank there, and an empty one as `Recipe run 1`. Messages say it as it is.
   */
  readonly label: string;
  readonly recipeRunId: number;
  readonly signal?: AbortSignal;
  /** Of files that come to scratch. Default: each is made beside its place, and renamed. */
  readonly landing?: TransferLanding | undefined;
  readonly onProgress?: (progress: TransferProgress) => void;
  /** Called for each file whose digest the driver has taken anyhow; one that leaves verifying to others takes none. */
  readonly onFile?: (file: TransferredFile) => void;
}

/**
 * Bulk copies between object store and scratch, verified by length and checksum, resumable: what is there already with the same
 * content is not copied again, and anything else in its place is replaced. No file appears in part in scratch. Sources that are
 * missing, and places that cannot be, are all named in `TRANSFER_FAILED`, before anything is copied.
 */
export interface Transfer extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  toScratch(items: readonly TransferItem[], options: TransferOptions): Promise<void>;
  toObjectStore(items: readonly TransferItem[], options: TransferOptions): Promise<void>;
}
