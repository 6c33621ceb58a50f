/** One file or folder to bring over. Source and destination are as the two endpoints name them. */
export interface TransferItem {
  /** `/{bucket}/{objectKey}` in the object store, or an absolute path in scratch. */
  readonly source: string;
  readonly destination: string;
  readonly recursive?: boolean;
}

export interface TransferProgress {
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
}

export interface TransferOptions {
  readonly label: string;
  readonly recipeRunId: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TransferProgress) => void;
}

/**
 * Bulk copies between object store and scratch, verified by checksum, resumable: what is there already with the same
 * content is not copied again. A missing source is named in `TRANSFER_FAILED`, and no file appears in part.
 */
export interface Transfer extends AsyncDisposable {
  readonly name: "fs" | "globus";
  toScratch(items: readonly TransferItem[], options: TransferOptions): Promise<void>;
  toObjectStore(items: readonly TransferItem[], options: TransferOptions): Promise<void>;
}
