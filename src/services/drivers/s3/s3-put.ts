import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { FirstlightError, isFirstlightError } from "../../../core/errors.ts";
import type { ObjectEntry, ObjectInfo, ObjectSource, PutOptions } from "../../object-store.ts";
import { objectDamaged } from "../object-errors.ts";
import { requireBucket, requireKey, requireMetadata } from "../object-name.ts";
import { openSource, piecesOf, readFully } from "../object-source.ts";
import { deleteObjects } from "./s3-delete.ts";
import { planDownload, planUpload } from "./s3-parts.ts";
import { digestObject, streamPart } from "./s3-read.ts";
import type { ObjectName, S3Session } from "./s3-session.ts";
import { digestName, noContentType } from "./s3-states.ts";
import { newUploadMark, sendObject, uploadMark } from "./s3-upload.ts";

const pieceBytes = 1024 * 1024;
/** How often an object is sent that does not read back as it was sent. */
const mostSendings = 3;

/** Stores an object, and resolves once it has read back as it was sent. See `ObjectStore.put`. */
export async function putObject(
  session: S3Session,
  { bucket, key }: ObjectName,
  given: ObjectSource,
  { contentType, metadata = {}, signal }: PutOptions,
): Promise<ObjectInfo> {
  const { connection, config } = session;
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
    if (await readsBack(session, info, mark, signal)) return info;
    connection.log.warning(`The object ${key} of the bucket ${bucket} does not read back as it was sent`, {
      sending,
    });
    if (sending < mostSendings) continue;
    await deleteObjects(connection, bucket, [key], signal);
    throw objectDamaged(
      bucket,
      key,
      `did not read back as it was sent, ${mostSendings} times, and was removed. Look at what lies between here and the store`,
    );
  }
}

/** Whether what is there now has the bytes that were sent. */
async function readsBack(
  session: S3Session,
  sent: ObjectInfo,
  mark: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { connection, config, states } = session;
  if (
    sent.sizeBytes > 0 &&
    planDownload({ offset: 0, sizeBytes: sent.sizeBytes }, config.download).parts.length === 1
  ) {
    const found = await digestAtOnce(session, sent, mark, signal);
    if (found !== undefined) return found === sent.sha256;
  }
  const found = await states.find(sent.bucket, sent.key, signal);
  if (found === undefined) return false;
  if (found.mark !== mark) throw replaced(sent);
  if (found.sizeBytes !== sent.sizeBytes) return false;
  return (await digestObject(connection, found, config.download, signal)) === sent.sha256;
}

/** With one request; undefined where it is not what was sent, or not there, which is to be looked at. */
async function digestAtOnce(
  { connection }: S3Session,
  sent: ObjectInfo,
  mark: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { bucket, key, sizeBytes } = sent;
  const hash = createHash("sha256");
  const take = (bytes: Uint8Array): void => {
    hash.update(bytes);
  };
  try {
    await streamPart(connection, { bucket, key, tag: undefined }, { offset: 0, sizeBytes }, take, signal, (answer) => {
      if (answer.Metadata?.[uploadMark] !== mark) throw replaced(sent);
      if (answer.ContentRange?.endsWith(`/${sizeBytes}`) !== true) throw replaced(sent);
    });
  } catch (error) {
    if (isFirstlightError(error, "OBJECT_CHANGED") || isFirstlightError(error, "OBJECT_NOT_FOUND")) return undefined;
    throw error;
  }
  return hash.digest("hex");
}

function replaced({ bucket, key }: ObjectEntry): FirstlightError {
  return new FirstlightError(
    "OBJECT_CHANGED",
    `The object ${key} of the bucket ${bucket} was replaced by somebody before it could be read back. See who else writes it.`,
    { disposition: "retry", fields: { bucket, key } },
  );
}
