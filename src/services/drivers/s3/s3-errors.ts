import type { DeleteObjectCommandOutput } from "@aws-sdk/client-s3";
import { codeOf, FirstlightError, isFirstlightError, messageOf } from "../../../core/errors.ts";
import { objectNotFound } from "../object-errors.ts";

/** What was being asked of the server, for an error. */
export interface S3Request {
  /** In words: `store the object a/b of the bucket data`. */
  readonly doing: string;
  readonly bucket: string;
  readonly key?: string;
}

/** HTTP's 4xx that say nothing of the request itself: bytes that were changed on their way, and a server that had to wait for them. */
const passing: ReadonlySet<string> = new Set([
  "BadDigest",
  "IncompleteBody",
  "InvalidDigest",
  "OperationAborted",
  "RequestTimeout",
  "RequestTimeTooSkewed",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
  "XAmzContentSHA256Mismatch",
]);

/** Of one key among many in an answer that has no status of its own. */
export function isBusy(code: string): boolean {
  return passing.has(code) || code === "InternalError" || code === "ServiceUnavailable";
}

/** The HTTP status of what the SDK threw; undefined when no answer came at all, or none that could be read. */
export function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode;
}

export function isNoUpload(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchUpload";
}

/** Of an answer with the status of success that S3 does not give so: a gateway's page, perhaps, that stands before the store for a while. */
export function noAnswerOfS3(lacks: string): Error {
  return Object.assign(new Error(`its answer has ${lacks}, and may be the page of a gateway before the store`), {
    name: unlikeS3,
  });
}

/**
 * Of an answer without content, by which to tell it from a gateway's page: S3 gives it the status 204, some servers 200 with the id that
 * S3 gives each request.
 */
export function requireNoContent({ $metadata }: Pick<DeleteObjectCommandOutput, "$metadata">): void {
  const { httpStatusCode: status, requestId } = $metadata;
  if (status === 204 || (status === 200 && requestId !== undefined)) return;
  throw noAnswerOfS3(`the status ${status} in place of 204`);
}

const unlikeS3 = "AnswerUnlikeS3";

/** Whether the same request may go well in a while. */
export function isPassing(error: unknown): boolean {
  if (isFirstlightError(error)) return false;
  const status = statusOf(error);
  // An answer that was changed on its way cannot be read, though its status is that of success.
  if (status === undefined || status < 300) return true;
  return status >= 500 || status === 408 || status === 429 || (error instanceof Error && passing.has(error.name));
}

/** Says by name what the server, or the way to it, refused. */
export function s3Failed({ doing, bucket, key }: S3Request, address: string, cause: unknown): FirstlightError {
  const status = statusOf(cause);
  const name = cause instanceof Error ? cause.name : "";
  const said = reasonOf(cause);
  const fields = { address, bucket, ...(key === undefined ? {} : { key }), status, reason: name };
  const place = `the object store at ${address}`;
  if (isPassing(cause)) {
    const isUnlike = name === unlikeS3;
    const answer = isUnlike
      ? "does not answer as S3 does"
      : status === undefined || status < 300
        ? "cannot be reached"
        : "could not answer";
    return new FirstlightError(
      "OBJECT_STORE_UNREACHABLE",
      `It could not ${doing}: ${place} ${answer}: ${said}. Check the entry object-store-api in MESH_CONFIG, and that S3 is served there, ${address.startsWith("https:") ? "with TLS, as OBJECT_STORE_USE_SSL is true" : "without TLS, as OBJECT_STORE_USE_SSL is false"}; RETRY_CONFIG says how often it is tried.`,
      { disposition: "retry", fields, cause },
    );
  }
  if (status === 401 || status === 403) {
    return new FirstlightError(
      "OBJECT_STORE_ACCESS_REFUSED",
      `It could not ${doing}: ${place} refused it: ${said}. Check OBJECT_STORE_ACCESS_KEY and OBJECT_STORE_SECRET_KEY, and what that user may do with the bucket ${bucket}.`,
      { disposition: "invalid", fields, cause },
    );
  }
  if (name === "NoSuchBucket") return bucketMissing({ doing, bucket }, address, cause);
  if (status === 404 && key !== undefined) return objectNotFound(bucket, key, cause);
  if (status === 412 || status === 416) {
    return new FirstlightError(
      "OBJECT_CHANGED",
      `It could not ${doing}: somebody has replaced it or shortened it meanwhile. Begin again.`,
      { disposition: "retry", fields, cause },
    );
  }
  return new FirstlightError("OBJECT_STORE_FAILED", `It could not ${doing}: ${place} said: ${said}.`, {
    fields,
    cause,
  });
}

export function bucketMissing({ doing, bucket }: S3Request, address: string, cause?: unknown): FirstlightError {
  return new FirstlightError(
    "OBJECT_BUCKET_MISSING",
    `It could not ${doing}: the object store at ${address} has no bucket ${bucket}. Make it there, name another one, or check in MESH_CONFIG that object-store-api is the store that has it.`,
    { disposition: "invalid", fields: { address, bucket }, cause },
  );
}

/** Never the request or its headers, which the SDK keeps in the error: what the server said, or the system. */
export function reasonOf(error: unknown): string {
  const status = statusOf(error);
  // OpenSSL's words have lines of their own. An answer to HEAD has no body, so that the SDK knows nothing.
  const said = messageOf(error)
    .trim()
    .replaceAll(/\s*\n\s*/g, " ");
  if (said === "UnknownError" && status !== undefined) return `HTTP ${status}`;
  const name = error instanceof Error ? (status === undefined ? codeOf(error) : error.name) : undefined;
  return [
    typeof name === "string" && !said.includes(name) ? name : "",
    said === "" ? "no reason" : said,
    status === undefined ? "" : `(HTTP ${status})`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}
