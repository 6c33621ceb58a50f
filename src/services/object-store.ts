import type { ByteSource } from "../core/byte-source.ts";

export interface ObjectInfo {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly sha256: string | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PutOptions {
  readonly contentType?: string;
  /** `groupname`, `groupid`, `objecttype` in the products of a recipe run. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Objects in buckets; a bucket need not be made first. A key is a relative path with `/` between its parts, none of them empty, `.` or
 * `..`; anything else is `OBJECT_KEY_ILLEGAL`. What `put` reports as stored is stored, byte for byte: length and SHA-256 are verified by the
 * driver, and an object appears whole or not at all. Putting the same key again replaces it.
 */
export interface ObjectStore extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  put(bucket: string, key: string, source: ByteSource | Uint8Array, options?: PutOptions): Promise<ObjectInfo>;
  /** Throws `OBJECT_NOT_FOUND`. */
  get(bucket: string, key: string, signal?: AbortSignal): Promise<ByteSource & AsyncDisposable>;
  /** Undefined when there is no such object. */
  head(bucket: string, key: string): Promise<ObjectInfo | undefined>;
  /** Objects whose key begins with `prefix`, in the order of their keys' UTF-8 bytes, fetched as they are asked for. */
  list(bucket: string, prefix?: string): AsyncIterable<ObjectInfo>;
  /** No error when there is no such object. */
  delete(bucket: string, keys: readonly string[]): Promise<void>;
}
