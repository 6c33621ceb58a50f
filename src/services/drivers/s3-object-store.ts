import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { type Clock, systemClock } from "../../core/clock.ts";
import { FirstlightError, isFirstlightError } from "../../core/errors.ts";
import { inParallel } from "../../core/in-parallel.ts";
import { sharedSync } from "../../core/shared-sync.ts";
import type { ObjectEntry, ObjectInfo, ObjectSource, ObjectStore, PutOptions } from "../object-store.ts";
import { arrivingFile } from "./arriving-file.ts";
import { objectDamaged, objectNotFound, storeClosed } from "./object-errors.ts";
import { isLegalKey, ownMetadataPrefix, requireBucket, requireKey, requireMetadata } from "./object-name.ts";
import { openSource, piecesOf, readFully } from "./object-source.ts";
import { replaceVerified } from "./replace-verified.ts";
import type { S3Config } from "./s3-config.ts";
import { type S3ConnectionOptions, s3Connection } from "./s3-connection.ts";
import { bucketMissing, isBusy, statusOf } from "./s3-errors.ts";
import { listObjects } from "./s3-list.ts";
import { planDownload, planUpload } from "./s3-parts.ts";
import { digestObject, type ObjectState, objectSource, streamPart } from "./s3-read.ts";
import { newUploadMark, sendObject, uploadMark } from "./s3-upload.ts";
import { removeUploads } from "./s3-uploads.ts";
import { serviceClosing } from "./service-closing.ts";
import { storageFailed } from "./storage-failed.ts";

export interface S3ObjectStoreOptions extends Omit<S3ConnectionOptions, "config"> {
  readonly config: S3Config;
  /** Says when downloaded files were modified. */
  readonly clock?: Clock;
}

/** In the metadata of an object, for every reader to verify it by. */
const digestName = `${ownMetadataPrefix}sha256`;
/** What S3 makes of an object without a content type. */
const noContentType = "binary/octet-stream";
/** Of one request. */
const mostDeleted = 1000;
const askedAtOnce = 16;
const pieceBytes = 1024 * 1024;
/** How often an object is sent that does not read back as it was sent. */
const mostSendings = 3;

/** Objects on a server that speaks S3. */
export function s3ObjectStore({ clock = systemClock, config, ...options }: S3ObjectStoreOptions): ObjectStore {
  const connection = s3Connection({ ...options, config: config.client });
  const bucketsThere = new Set<string>();
  const syncFolder = sharedSync();
  const closing = serviceClosing(storeClosed);

  async function put(bucket: string, key: string, given: ObjectSource, options: PutOptions): Promise<ObjectInfo> {
    const { contentType, metadata = {}, signal } = options;
    requireBucket(bucket);
    requireKey(key);
    requireMetadata(key, contentType, metadata);
    signal?.throwIfAborted();
    await using source = await openSource(given, signal);
    const { sizeBytes } = source;
    const plan = planUpload(sizeBytes, config.upload);
    const hash = createHash("sha256");
    // What goes in one piece is read once: what is hashed is what is sent.
    const body = plan.parts.length > 1 ? undefined : new Uint8Array(sizeBytes);
    const checks: number[] = [];
    if (body === undefined) {
      const partBytes = plan.parts[0]?.sizeBytes ?? 1;
      let at = 0;
      for await (const piece of piecesOf(source, pieceBytes, signal)) {
        hash.update(piece);
        for (let rest = piece; rest.length > 0; ) {
          const part = Math.floor(at / partBytes);
          const inPart = rest.subarray(0, (part + 1) * partBytes - at);
          checks[part] = crc32(inPart, checks[part] ?? 0);
          at += inPart.length;
          rest = rest.subarray(inPart.length);
        }
      }
    } else {
      await readFully(source, 0, body, signal);
      hash.update(body);
    }
    const info = { bucket, key, sizeBytes, sha256: hash.digest("hex"), contentType, metadata };
    await source.requireUnchanged(info.sha256, signal);
    for (let sending = 1; ; sending += 1) {
      const mark = newUploadMark();
      const headers = {
        ContentType: contentType ?? noContentType,
        Metadata: { ...metadata, [digestName]: info.sha256, [uploadMark]: mark },
      };
      await sendObject(connection, { bucket, key, source, body, checks, plan, headers, signal });
      if (await readsBack(info, mark, signal)) return info;
      connection.log.warning(`The object ${key} of the bucket ${bucket} does not read back as it was sent`, {
        sending,
      });
      if (sending < mostSendings) continue;
      await remove(bucket, [key], signal);
      throw objectDamaged(
        bucket,
        key,
        `did not read back as it was sent, ${mostSendings} times, and was removed. Look at what lies between here and the store`,
      );
    }
  }

  /** Whether what is there now has the bytes that were sent. */
  async function readsBack(sent: ObjectInfo, mark: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (
      sent.sizeBytes > 0 &&
      planDownload({ offset: 0, sizeBytes: sent.sizeBytes }, config.download).parts.length === 1
    ) {
      const found = await digestAtOnce(sent, mark, signal);
      if (found !== undefined) return found === sent.sha256;
    }
    const found = await state(sent.bucket, sent.key, signal);
    if (found === undefined) return false;
    if (found.mark !== mark) throw replaced(sent);
    if (found.sizeBytes !== sent.sizeBytes) return false;
    return (await digestObject(connection, found, config.download, signal)) === sent.sha256;
  }

  /** With one request; undefined where it is not what was sent, or not there, which is to be looked at. */
  async function digestAtOnce(sent: ObjectInfo, mark: string, signal: AbortSignal | undefined) {
    const { bucket, key, sizeBytes } = sent;
    const hash = createHash("sha256");
    const take = (bytes: Uint8Array): void => {
      hash.update(bytes);
    };
    try {
      await streamPart(
        connection,
        { bucket, key, tag: undefined },
        { offset: 0, sizeBytes },
        take,
        signal,
        (answer) => {
          if (answer.Metadata?.[uploadMark] !== mark) throw replaced(sent);
          if (answer.ContentRange?.endsWith(`/${sizeBytes}`) !== true) throw replaced(sent);
        },
      );
    } catch (error) {
      if (isFirstlightError(error, "OBJECT_CHANGED") || isFirstlightError(error, "OBJECT_NOT_FOUND")) return undefined;
      throw error;
    }
    return hash.digest("hex");
  }

  async function state(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectState | undefined> {
    requireBucket(bucket);
    requireKey(key);
    const found = await connection.ask(
      { doing: `look at the object ${key} of the bucket ${bucket}`, bucket, key },
      ({ s3, options }) =>
        s3.headObject({ Bucket: bucket, Key: key }, options).catch((error: unknown) => {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }),
      signal,
    );
    if (found === undefined) {
      await requireBucketThere(bucket, key, signal);
      return undefined;
    }
    const { ContentLength = 0, ContentType, ETag, Metadata = {} } = found;
    const own = Object.entries(Metadata).filter(([name]) => !name.startsWith(ownMetadataPrefix));
    return {
      bucket,
      key,
      sizeBytes: ContentLength,
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

  async function existing(bucket: string, key: string, signal?: AbortSignal): Promise<ObjectState> {
    const found = await state(bucket, key, signal);
    if (found === undefined) throw objectNotFound(bucket, key);
    return found;
  }

  async function download(bucket: string, key: string, path: string, signal?: AbortSignal): Promise<ObjectInfo> {
    const found = await existing(bucket, key, signal);
    const damaged = (): Error =>
      objectDamaged(
        bucket,
        key,
        `did not arrive at ${path} as it was stored, ${config.download.attempts} times. Nothing was written`,
      );
    const write = async (temporary: string) => {
      await using file = await open(temporary, "w");
      const { parts, parallel } = planDownload({ offset: 0, sizeBytes: found.sizeBytes }, config.download);
      await using arriving = arrivingFile(file);
      await inParallel(
        parts,
        parallel,
        (part) => arriving.write(part, (take) => streamPart(connection, found, part, take, signal)),
        signal,
      );
      await arriving.end();
      return { sizeBytes: found.sizeBytes, sha256: found.sha256 };
    };
    const onAgain = (attempt: number): void =>
      connection.log.warning(
        `The object ${key} of the bucket ${bucket} did not arrive as it was stored; fetching it again`,
        { attempt },
      );
    try {
      const facts = await replaceVerified(path, write, {
        clock,
        signal,
        damaged,
        syncFolder,
        attempts: config.download.attempts,
        onAgain,
      });
      return publicInfo({ ...found, ...facts });
    } catch (error) {
      if (isFirstlightError(error) || signal?.aborted === true) throw error;
      throw storageFailed(
        { path, what: `the object ${key} of the bucket ${bucket}`, setting: "SCRATCH_BASE_PATH" },
        error,
      );
    }
  }

  async function remove(bucket: string, keys: readonly string[], signal?: AbortSignal): Promise<void> {
    await inParallel(keys.filter(isBeyondXml), askedAtOnce, (key) => removeOne(bucket, key, signal), signal);
    const others = keys.filter((key) => !isBeyondXml(key));
    for (let start = 0; start < others.length; start += mostDeleted) {
      const Objects = others.slice(start, start + mostDeleted).map((Key) => ({ Key }));
      const answer = await connection.ask(
        { doing: `delete ${Objects.length} objects of the bucket ${bucket}`, bucket },
        ({ s3, options }) =>
          s3
            .deleteObjects({ Bucket: bucket, Delete: { Objects, Quiet: true } }, options)
            .then(againIfBusy)
            .catch(noneIfNoKey),
        signal,
      );
      const kept = (answer?.Errors ?? []).filter(({ Code }) => Code !== "NoSuchKey");
      if (kept.length > 0) throw notDeleted(bucket, kept);
    }
  }

  async function removeOne(bucket: string, key: string, signal?: AbortSignal): Promise<void> {
    await connection.ask(
      { doing: `delete the object ${key} of the bucket ${bucket}`, bucket, key },
      ({ s3, options }) => s3.deleteObject({ Bucket: bucket, Key: key }, options).catch(noneIfNoKey),
      signal,
    );
  }

  return {
    name: "s3",
    put: (bucket, key, source, options = {}) =>
      closing.during(options.signal, (signal) => put(bucket, key, source, { ...options, signal })),
    async get(bucket, key, signal) {
      signal?.throwIfAborted();
      const found = await existing(bucket, key, signal);
      return { ...objectSource(connection, found, config.download, signal), async [Symbol.asyncDispose]() {} };
    },
    download,
    async head(bucket, key, signal) {
      const found = await state(bucket, key, signal);
      return found === undefined ? undefined : publicInfo(found);
    },
    async *list(bucket, prefix = "", signal) {
      requireBucket(bucket);
      for await (const entry of listObjects(connection, bucket, prefix, signal)) if (isLegalKey(entry.key)) yield entry;
    },
    async delete(bucket, keys, signal) {
      requireBucket(bucket);
      for (const key of keys) requireKey(key);
      await remove(bucket, keys, signal);
    },
    async removeFolderObjects(bucket, prefix, signal) {
      requireBucket(bucket);
      const keys: string[] = [];
      for await (const { key } of listObjects(connection, bucket, prefix, signal))
        if (key.endsWith("/")) keys.push(key);
      await remove(bucket, keys, signal);
      return keys;
    },
    async removeUnfinished(bucket, keys, signal) {
      requireBucket(bucket);
      return keys.length === 0 ? 0 : removeUploads(connection, bucket, keys, { signal });
    },
    async presign(bucket, key, { expiresSeconds = 3600 } = {}) {
      requireBucket(bucket);
      requireKey(key);
      requireExpiry(expiresSeconds);
      const [{ GetObjectCommand }, { getSignedUrl }, client] = await Promise.all([
        import("@aws-sdk/client-s3"),
        import("@aws-sdk/s3-request-presigner"),
        connection.client(),
      ]);
      return getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: expiresSeconds });
    },
    async [Symbol.asyncDispose]() {
      const stopped = closing.close();
      await connection[Symbol.asyncDispose]();
      await stopped;
    },
  };
}

/** Of S3's signatures: seven days. */
const longestExpirySeconds = 604_800;

function requireExpiry(expiresSeconds: number): void {
  if (Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= longestExpirySeconds) return;
  throw new FirstlightError(
    "OBJECT_EXPIRY_ILLEGAL",
    `No address can be given for expiresSeconds ${String(expiresSeconds)}: it is a whole number of seconds, from 1 to ${longestExpirySeconds} (seven days).`,
    { disposition: "invalid", fields: { expiresSeconds } },
  );
}

/** As the SDK tells of a key that was not deleted. */
interface Refusal {
  readonly Key?: string | undefined;
  readonly Code?: string | undefined;
  readonly Message?: string | undefined;
}

/** A list of keys goes to the server as XML, which has no way to write these. */
function isBeyondXml(key: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\ufffe\uffff]/.test(key);
}

/** The request has gone well, but some of its keys may go better in a while. To delete those that are gone does no harm. */
function againIfBusy<Answer extends { readonly Errors?: readonly Refusal[] | undefined }>(answer: Answer): Answer {
  const busy = (answer.Errors ?? []).find(({ Code = "" }) => isBusy(Code));
  if (busy === undefined) return answer;
  const error = new Error(`${busy.Code}: ${busy.Message ?? "no reason"}, of the key ${busy.Key}`);
  throw Object.assign(error, { name: busy.Code ?? "", $metadata: { httpStatusCode: 503 } });
}

function noneIfNoKey(error: unknown): undefined {
  if (error instanceof Error && error.name === "NoSuchKey") return undefined;
  throw error;
}

function publicInfo({ bucket, key, sizeBytes, sha256, contentType, metadata }: ObjectInfo): ObjectInfo {
  return { bucket, key, sizeBytes, sha256, contentType, metadata };
}

function replaced({ bucket, key }: ObjectEntry): FirstlightError {
  return new FirstlightError(
    "OBJECT_CHANGED",
    `The object ${key} of the bucket ${bucket} was replaced by somebody before it could be read back. See who else writes it.`,
    { disposition: "retry", fields: { bucket, key } },
  );
}

function notDeleted(bucket: string, kept: readonly Refusal[]): FirstlightError {
  const [first] = kept;
  const keys = kept.map(({ Key = "" }) => Key);
  const refused = kept.some(({ Code }) => Code === "AccessDenied");
  const reason = [first?.Code, first?.Message].filter((part) => part !== undefined && part !== "").join(": ");
  return new FirstlightError(
    refused ? "OBJECT_STORE_ACCESS_REFUSED" : "OBJECT_STORE_FAILED",
    `${kept.length} objects of the bucket ${bucket} could not be deleted, the first being ${keys[0]} (${reason}). ${refused ? "Check what the user of OBJECT_STORE_ACCESS_KEY may do there." : "The others are gone; delete these again, or see what keeps them."}`,
    { disposition: refused ? "invalid" : "retry", fields: { bucket, keys } },
  );
}
