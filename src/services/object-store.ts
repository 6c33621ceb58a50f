import type { ByteSource } from "../core/byte-source.ts";

/** An object as a list has it. */
export interface ObjectEntry {
  readonly bucket: string;
  readonly key: string;
  readonly sizeBytes: number;
}

export interface ObjectInfo extends ObjectEntry {
  /** In hexadecimal digits. Undefined for an object that was not put by this library, or was changed behind the store's back. */
  readonly sha256: string | undefined;
  readonly contentType: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * What can be stored: bytes, whatever can be read at an offset, a file by its path, or a stream of unknown length, read once, such as one of
 * Node or of the web. `put` refuses anything else as `OBJECT_SOURCE_ILLEGAL`.
 */
export type ObjectSource = Uint8Array | ByteSource | { readonly path: string } | AsyncIterable<Uint8Array>;

export interface PutOptions {
  /** Printable ASCII. */
  readonly contentType?: string;
  /**
   * `groupname`, `groupid`, `objecttype` in the products of a recipe run. Names are of lower-case letters, digits and `-`, values of
   * printable ASCII; together they have at most 1 800 bytes, and no name begins with `firstlight-`.
   */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface PresignOptions {
  /** Whole seconds. Default 3600, at most 604 800; others are `OBJECT_EXPIRY_ILLEGAL`. */
  readonly expiresSeconds?: number;
}

/**
 * Objects in buckets. A key is a relative path with `/` between its parts, none of them empty, `.` or `..`, of at most 1 024 bytes of UTF-8;
 * anything else is `OBJECT_KEY_ILLEGAL`. A bucket of a server has to be there (`OBJECT_BUCKET_MISSING`); that of the file system is made.
 *
 * Guaranteed: what `put` reports as stored is stored, byte for byte, for the driver has read it back and compared length and SHA-256; an
 * object appears whole or not at all; putting the same key again replaces it. What `download` reports is in the file, byte for byte. After
 * a put that failed, was stopped, or whose store was closed meanwhile, nothing of it stays, unless a server had taken its last byte before:
 * then the new object is there. Of a process that was killed in the middle, what `removeUnfinished` removes may stay.
 * A server that cannot be reached, or says that it is busy, is asked again as `RETRY_CONFIG` says.
 */
export interface ObjectStore extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  put(bucket: string, key: string, source: ObjectSource, options?: PutOptions): Promise<ObjectInfo>;
  /**
   * The object, to be read at any offset, as it was when it was opened. Read from its beginning to its end, in one read or in
   * several that follow each other, it is verified by SHA-256 where that is known, and the read that completes it throws
   * `OBJECT_DAMAGED`; a part that is read for itself is verified by its length only. Throws `OBJECT_NOT_FOUND`.
   */
  get(bucket: string, key: string, signal?: AbortSignal): Promise<ByteSource & AsyncDisposable>;
  /**
   * Brings an object to a file, which appears whole, verified by length and, where it is known, SHA-256, or not at all; a file that was
   * there is replaced. Throws `OBJECT_NOT_FOUND`, `OBJECT_DAMAGED`.
   */
  download(bucket: string, key: string, path: string, signal?: AbortSignal): Promise<ObjectInfo>;
  /** Undefined when there is no such object. */
  head(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectInfo | undefined>;
  /** Objects whose key begins with `prefix`, in the order of their keys' UTF-8 bytes, fetched as they are asked for; none that is no legal key. */
  list(bucket: string, prefix?: string, signal?: AbortSignal): AsyncIterable<ObjectEntry>;
  /** No error when there is no such object; `OBJECT_BUCKET_MISSING` where a server has no such bucket, as of `list` and all others. */
  delete(bucket: string, keys: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Removes what stands for folders below a prefix, as Globus leaves it behind: keys that end in `/`, in a file system empty
   * folders. Objects stay. Resolves to the removed keys, each with its last `/`.
   */
  removeFolderObjects(bucket: string, prefix: string, signal?: AbortSignal): Promise<readonly string[]>;
  /**
   * Removes what writers that were killed left of these keys, temporary files or parts, and says how many. A writer that is alive
   * begins anew, or fails.
   */
  removeUnfinished?(bucket: string, keys: readonly string[], signal?: AbortSignal): Promise<number>;
  /** An address under which anybody can get the object for a while, without keys: whoever has it has the object. */
  presign?(bucket: string, key: string, options?: PresignOptions): Promise<string>;
}
