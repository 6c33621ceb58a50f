import { FirstlightError } from "../../core/errors.ts";
import { shownValue } from "../../core/shown-value.ts";

const longestKeyBytes = 1024;
/** S3 takes 63 characters; a folder's name has no more bytes than these. */
const longestBucketBytes = 255;
/** S3 takes 2 KB of names and values, of which the driver needs some itself. */
const mostMetadataBytes = 1800;
/** Of the metadata that a driver keeps for itself. */
export const ownMetadataPrefix = "firstlight-";

/** @throws FirstlightError OBJECT_BUCKET_ILLEGAL */
export function requireBucket(bucket: string): void {
  const isLong = typeof bucket === "string" && bucket.length > longestBucketBytes;
  if (typeof bucket === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(bucket) && !isLong) return;
  throw new FirstlightError(
    "OBJECT_BUCKET_ILLEGAL",
    `'${shownValue(bucket)}' cannot be the name of a bucket: it takes letters, digits, '.', '_' and '-', ${longestBucketBytes} at most, and begins with a letter or digit.`,
    { disposition: "invalid", fields: { bucket } },
  );
}

/** @throws FirstlightError OBJECT_KEY_ILLEGAL */
export function requireKey(key: string): void {
  const problem = problemOf(key);
  if (problem !== undefined) throw illegalKey(key, problem);
}

/**
 * A text is a list of its letters, each of which could be a key.
 *
 * @throws FirstlightError OBJECT_KEY_ILLEGAL
 */
export function requireKeys(keys: readonly string[]): void {
  const given: unknown = keys;
  if (!Array.isArray(given)) throw illegalKey(shownValue(given), "a list of keys is asked for; put it into one");
  for (const key of keys) requireKey(key);
}

/**
 * No key begins with what is no text: nothing would be found.
 *
 * @throws FirstlightError OBJECT_KEY_ILLEGAL
 */
export function requirePrefix(prefix: string): void {
  const given: unknown = prefix;
  if (typeof given !== "string") throw illegalKey(shownValue(given), "the beginning of keys is a text");
}

/** A server may hold keys of others that no file can have. */
export function isLegalKey(key: string): boolean {
  return problemOf(key) === undefined;
}

function problemOf(key: string): string | undefined {
  if (typeof key !== "string") return "it is no text";
  if (key.includes("\0") || key.split("/").some((part) => part === "" || part === "." || part === "..")) {
    return "each of its parts between '/' must be a name, and none the store's own";
  }
  if (!key.isWellFormed()) return "it is no valid Unicode";
  const sizeBytes = Buffer.byteLength(key);
  return sizeBytes > longestKeyBytes ? `it has ${sizeBytes} bytes, and ${longestKeyBytes} are the most` : undefined;
}

export function illegalKey(key: string, reason: string): FirstlightError {
  return new FirstlightError("OBJECT_KEY_ILLEGAL", `'${shownValue(key)}' cannot be the key of an object: ${reason}.`, {
    disposition: "invalid",
    fields: { key },
  });
}

/**
 * Holds content type and metadata to what every driver gives back unchanged: S3 sends them as headers.
 *
 * @throws FirstlightError OBJECT_METADATA_ILLEGAL
 */
export function requireMetadata(
  key: string,
  contentType: string | undefined,
  metadata: Readonly<Record<string, string>>,
): void {
  const illegal = (reason: string): FirstlightError =>
    new FirstlightError("OBJECT_METADATA_ILLEGAL", `The object ${key} cannot be stored: ${reason}.`, {
      disposition: "invalid",
      fields: { key },
    });
  if (contentType !== undefined && !isPrintable(contentType)) {
    throw illegal(`its content type ${JSON.stringify(contentType)} is not printable ASCII`);
  }
  const given: unknown = metadata;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw illegal("its metadata are no object of names and values");
  }
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    if (!/^[a-z0-9-]+$/.test(name) || name.startsWith(ownMetadataPrefix)) {
      throw illegal(
        `the name ${JSON.stringify(name)} of its metadata may hold lower-case letters, digits and '-', and not begin with '${ownMetadataPrefix}'`,
      );
    }
    if (!isPrintable(value)) {
      throw illegal(
        `the value ${JSON.stringify(value)} of its metadata ${name} is not printable ASCII without blanks around it`,
      );
    }
    sizeBytes += name.length + value.length;
  }
  if (sizeBytes > mostMetadataBytes) {
    throw illegal(`its metadata have ${sizeBytes} bytes, and ${mostMetadataBytes} are the most`);
  }
}

/** A header loses blanks around its value, and an empty one may not come back at all. Who writes JavaScript may give what is no text. */
function isPrintable(text: unknown): boolean {
  return typeof text === "string" && /^[!-~]([ -~]*[!-~])?$/.test(text);
}
