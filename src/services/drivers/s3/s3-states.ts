import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../../object-store.ts";
import { objectNotFound } from "../object-errors.ts";
import { ownMetadataPrefix, requireBucket, requireKey } from "../object-name.ts";
import type { S3Connection } from "./s3-connection.ts";
import { bucketMissing, noAnswerOfS3, statusOf } from "./s3-errors.ts";
import { requireNotOfEveryKey } from "./s3-every-key.ts";
import type { ObjectState } from "./s3-read.ts";
import { uploadMark } from "./s3-upload.ts";

/** In the metadata of an object, for every reader to verify it by. */
export const digestName = `${ownMetadataPrefix}sha256`;
/** What S3 makes of an object without a content type. */
export const noContentType = "binary/octet-stream";

/** Looks up what objects are like now. */
export interface S3States {
  /**
   * @returns undefined where the bucket has no such object
   *
   * @throws FirstlightError OBJECT_BUCKET_MISSING
   */
  find(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectState | undefined>;
  /** @throws FirstlightError OBJECT_NOT_FOUND, OBJECT_BUCKET_MISSING */
  existing(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectState>;
}

export function s3States(connection: S3Connection): S3States {
  const bucketsThere = new Set<string>();

  async function find(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectState | undefined> {
    requireBucket(bucket);
    requireKey(key);
    const found = await connection.ask(
      { doing: `look at the object ${key} of the bucket ${bucket}`, bucket, key },
      async (attempt) => {
        const { s3, options } = attempt;
        const answer = await s3.headObject({ Bucket: bucket, Key: key }, options).catch((error: unknown) => {
          if (statusOf(error) === 404) return undefined;
          throw error;
        });
        if (answer === undefined) return undefined;
        const sized = withSize(answer);
        await requireNotOfEveryKey(answer, { bucket, key }, attempt);
        return sized;
      },
      signal,
    );
    if (found === undefined) {
      await requireBucketThere(bucket, key, signal);
      return undefined;
    }
    const { sizeBytes, ContentType, ETag, Metadata = {} } = found;
    const own = Object.entries(Metadata).filter(([name]) => !name.startsWith(ownMetadataPrefix));
    return {
      bucket,
      key,
      sizeBytes,
      sha256: Metadata[digestName],
      contentType: ContentType === noContentType ? undefined : ContentType,
      metadata: Object.fromEntries(own),
      tag: ETag,
      mark: Metadata[uploadMark],
    };
  }

  /** To a HEAD a server answers 404 for a bucket as for an object: a bucket in which nothing was found is asked for, once. */
  async function requireBucketThere(bucket: string, key: string, signal: AbortSignal | undefined): Promise<void> {
    if (bucketsThere.has(bucket)) return;
    const request = { doing: `look for the object ${key} of the bucket ${bucket}`, bucket };
    await connection.ask(
      request,
      ({ s3, options }) =>
        s3.headBucket({ Bucket: bucket }, options).catch((error: unknown) => {
          const status = statusOf(error) ?? 0;
          if (status === 404) throw bucketMissing(request, connection.address, error);
          // Who may read objects need not be allowed to look at their bucket.
          if (status < 400 || status >= 500) throw error;
        }),
      signal,
    );
    bucketsThere.add(bucket);
  }

  return {
    find,
    async existing(bucket, key, signal) {
      const found = await find(bucket, key, signal);
      if (found === undefined) throw objectNotFound(bucket, key);
      return found;
    },
  };
}

/** A page in place of the answer would be an object of no bytes. */
function withSize(answer: HeadObjectCommandOutput) {
  const { ContentLength: sizeBytes, ETag, LastModified } = answer;
  if (sizeBytes === undefined) throw noAnswerOfS3("no Content-Length");
  if (ETag === undefined && LastModified === undefined) throw noAnswerOfS3("neither ETag nor Last-Modified");
  return { ...answer, sizeBytes };
}

/** Without what is of no concern to others. */
export function publicInfo({ bucket, key, sizeBytes, sha256, contentType, metadata }: ObjectInfo): ObjectInfo {
  return { bucket, key, sizeBytes, sha256, contentType, metadata };
}
