import { randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import type { ByteSource } from "../../../core/byte-source.ts";
import { FirstlightError, isFirstlightError } from "../../../core/errors.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import { ownMetadataPrefix } from "../object-name.ts";
import { readFully, sourceChanged } from "../object-source.ts";
import { abortUpload } from "./s3-abort.ts";
import { clearingEnd } from "./s3-clearing.ts";
import type { S3Connection } from "./s3-connection.ts";
import { isNoUpload, noAnswerOfS3, reasonOf, type S3Request } from "./s3-errors.ts";
import type { Part, PartPlan } from "./s3-parts.ts";
import { removeUploads } from "./s3-uploads.ts";

/** An object on its way to its place. */
export interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly source: ByteSource;
  /** All of it, where it goes in one piece. */
  readonly body: Uint8Array | undefined;
  /** The CRC-32 of each part as it was hashed: a source that gives other bytes when they are sent is found out before they take the place of an object. */
  readonly checks: readonly number[];
  readonly plan: PartPlan;
  /** The headers of the object, for the SDK. */
  readonly headers: { readonly ContentType: string; readonly Metadata: Record<string, string> };
  readonly signal: AbortSignal | undefined;
}

/** In parts, which are taken back until a signal fires. */
interface PartsUpload extends Upload {
  readonly clearing: AbortSignal;
}

/** How often an upload is begun anew that somebody has taken away. */
const mostBeginnings = 3;
/** What failed is cleared away, but not for ever. */
const triesOfRemoval = 4;

/** Sends the object in one piece or in parts. */
export async function sendObject(connection: S3Connection, upload: Upload): Promise<void> {
  const { bucket, key, body, headers, signal } = upload;
  if (body === undefined) {
    return connection.holding(async () => {
      using end = clearingEnd(signal);
      await sendParts(connection, { ...upload, clearing: end.signal });
    });
  }
  const put = { Bucket: bucket, Key: key, Body: body, ContentLength: body.length, ...headers };
  await connection.ask(requestOf(upload), ({ s3, options }) => s3.putObject(put, options), signal);
}

/** The parts that have arrived stay there while one that has not is sent again. An upload that fails is taken back with all its parts. */
async function sendParts(connection: S3Connection, upload: PartsUpload): Promise<void> {
  for (let beginning = 1; ; beginning += 1) {
    const id = await beginUpload(connection, upload);
    // Of the parts on their way, used again for those after them.
    const free: Uint8Array[] = [];
    try {
      const parts = await inParallel(
        upload.plan.parts,
        upload.plan.parallel,
        async (part, index) => {
          const memory = free.pop() ?? new Uint8Array(upload.plan.parts[0]?.sizeBytes ?? 0);
          const sent = await sendPart(connection, upload, id, part, index + 1, memory.subarray(0, part.sizeBytes));
          free.push(memory);
          return sent;
        },
        upload.signal,
      );
      return await completeUpload(connection, upload, id, parts);
    } catch (error) {
      await takeBack(connection, upload, id);
      if (!isFirstlightError(error, "OBJECT_CHANGED") || error.fields.uploadGone !== true) throw error;
      // Its id may have been changed on the way to us: what it names there is another upload, or none.
      await removal(connection, upload, () =>
        removeUploads(connection.clearing, upload.bucket, [upload.key], {
          signal: upload.clearing,
          tries: triesOfRemoval,
        }),
      );
      if (beginning === mostBeginnings) throw takenAway(upload);
    }
  }
}

async function beginUpload(connection: S3Connection, upload: PartsUpload): Promise<string> {
  const { bucket, key, headers, signal, clearing } = upload;
  let attempts = 0;
  try {
    const { UploadId, $metadata } = await connection.ask(
      requestOf(upload),
      async ({ s3, options }) => {
        attempts += 1;
        const { UploadId: id, $metadata } = await s3.createMultipartUpload(
          { Bucket: bucket, Key: key, ...headers },
          options,
        );
        if (id === undefined || id === "") throw noAnswerOfS3("no UploadId");
        return { UploadId: id, $metadata };
      },
      signal,
    );
    // Of an attempt whose answer was lost, an upload of no parts may be there.
    if (attempts > 1 || ($metadata.attempts ?? 1) > 1)
      await removeUploads(connection, bucket, [key], { except: UploadId, signal });
    return UploadId;
  } catch (error) {
    // A first attempt that was refused has begun nothing.
    const isRefused = attempts === 1 && isFirstlightError(error) && error.disposition === "invalid";
    if (attempts > 0 && !isRefused)
      await removal(connection, upload, () =>
        removeUploads(connection.clearing, bucket, [key], { signal: clearing, tries: triesOfRemoval }),
      );
    throw error;
  }
}

async function sendPart(
  connection: S3Connection,
  upload: Upload,
  id: string,
  part: Part,
  number: number,
  body: Uint8Array,
) {
  const { bucket, key, source, plan, signal } = upload;
  await readFully(source, part.offset, body, signal);
  if (crc32(body) !== upload.checks[number - 1]) throw sourceChanged(source.name, { bucket, key });
  const request = requestOf(upload, `part ${number} of ${plan.parts.length} of `);
  const put = { Bucket: bucket, Key: key, UploadId: id, PartNumber: number, Body: body, ContentLength: body.length };
  const { ETag } = await connection.ask(
    request,
    async ({ s3, options }) => {
      const answer = await s3.uploadPart(put, options).catch(goneIfNoUpload);
      if (answer.ETag === undefined) throw noAnswerOfS3("no ETag of the part");
      return answer;
    },
    signal,
  );
  return { PartNumber: number, ETag };
}

async function completeUpload(
  connection: S3Connection,
  upload: Upload,
  id: string,
  parts: { readonly PartNumber: number; readonly ETag: string | undefined }[],
): Promise<void> {
  const { bucket, key, signal } = upload;
  const complete = { Bucket: bucket, Key: key, UploadId: id, MultipartUpload: { Parts: parts } };
  await connection.ask(
    requestOf(upload, "the parts of "),
    async ({ s3, options }) => {
      try {
        const { ETag, Key, Location } = await s3.completeMultipartUpload(complete, options);
        if ([ETag, Key, Location].every((told) => told === undefined)) throw noAnswerOfS3("nothing of the object");
      } catch (error) {
        if (!isNoUpload(error)) throw error;
        // Perhaps it was completed, and the answer lost: the mark of this very upload tells.
        const there = await s3.headObject({ Bucket: bucket, Key: key }, options).catch(() => undefined);
        if (there?.Metadata?.[uploadMark] !== upload.headers.Metadata[uploadMark]) goneIfNoUpload(error);
      }
    },
    signal,
  );
}

async function takeBack(connection: S3Connection, upload: PartsUpload, id: string): Promise<void> {
  const { key } = upload;
  await removal(connection, upload, () =>
    abortUpload(connection.clearing, { ...requestOf(upload, "take back the parts of "), key }, id, {
      signal: upload.clearing,
      tries: triesOfRemoval,
    }),
  );
}

/** What cannot be cleared away is said, and hides no other error. */
async function removal(
  connection: S3Connection,
  { bucket, key }: Upload,
  remove: () => Promise<unknown>,
): Promise<void> {
  try {
    await remove();
  } catch (error) {
    connection.log.warning(
      `Parts of the object ${key} may stay in the bucket ${bucket}, as they could not be removed (${reasonOf(error)}). The next transfer of this key removes them`,
      { bucket, key },
    );
  }
}

/** In the metadata of an object: by which upload it came to be. */
export const uploadMark = `${ownMetadataPrefix}upload`;

export function newUploadMark(): string {
  return randomUUID();
}

function goneIfNoUpload(error: unknown): never {
  if (!isNoUpload(error)) throw error;
  throw new FirstlightError("OBJECT_CHANGED", "Somebody has completed or removed the upload.", {
    disposition: "retry",
    fields: { uploadGone: true },
    cause: error,
  });
}

function takenAway({ bucket, key }: Upload): FirstlightError {
  return new FirstlightError(
    "OBJECT_CHANGED",
    `The object ${key} could not be stored in the bucket ${bucket}: somebody took its upload away ${mostBeginnings} times. See who else writes it.`,
    { disposition: "retry", fields: { bucket, key } },
  );
}

function requestOf({ bucket, key }: Upload, what = ""): S3Request {
  const verb = what.startsWith("take") ? "" : "store ";
  return { doing: `${verb}${what}the object ${key} of the bucket ${bucket}`, bucket, key };
}
