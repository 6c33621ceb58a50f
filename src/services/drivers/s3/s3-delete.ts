import type { DeleteObjectsCommandOutput } from "@aws-sdk/client-s3";
import { FirstlightError } from "../../../core/errors.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import type { S3Connection } from "./s3-connection.ts";
import { isBusy, noAnswerOfS3, requireNoContent } from "./s3-errors.ts";

/** Of one request. */
const mostDeleted = 1000;
const askedAtOnce = 16;

/** Deletes objects, those that are gone included. See `ObjectStore.delete`. */
export async function deleteObjects(
  connection: S3Connection,
  bucket: string,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const others: string[] = [];
  const alone: string[] = [];
  for (const key of new Set(keys)) (isBeyondXml(key) ? alone : others).push(key);
  const kept: Refusal[] = [];
  for (let start = 0; start < others.length; start += mostDeleted) {
    const some = others.slice(start, start + mostDeleted);
    const answer = await connection.ask(
      { doing: `delete ${some.length} objects of the bucket ${bucket}`, bucket },
      ({ s3, options }) =>
        s3
          // A quiet answer has nothing in it where all went well, as a gateway's page has.
          .deleteObjects({ Bucket: bucket, Delete: { Objects: some.map((Key) => ({ Key })), Quiet: false } }, options)
          .then(requireKeysNamed)
          .then(againIfBusy)
          .catch(noneIfNoKey),
      signal,
    );
    const { Deleted = [], Errors = [] } = answer ?? {};
    const named = new Set([...Deleted, ...Errors].map(({ Key }) => Key));
    // Whatever S3 has deleted it names.
    alone.push(...some.filter((key) => !named.has(key)));
    kept.push(...Errors.filter(({ Code }) => Code !== "NoSuchKey"));
    if (kept.length > 0) break;
  }
  await inParallel(alone, askedAtOnce, (key) => deleteOne(connection, bucket, key, signal), signal);
  if (kept.length > 0) throw notDeleted(bucket, kept);
}

async function deleteOne(connection: S3Connection, bucket: string, key: string, signal?: AbortSignal): Promise<void> {
  await connection.ask(
    { doing: `delete the object ${key} of the bucket ${bucket}`, bucket, key },
    ({ s3, options }) => s3.deleteObject({ Bucket: bucket, Key: key }, options).then(requireNoContent, noneIfNoKey),
    signal,
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

function requireKeysNamed(answer: DeleteObjectsCommandOutput): DeleteObjectsCommandOutput {
  if ((answer.Deleted ?? []).length + (answer.Errors ?? []).length > 0) return answer;
  throw noAnswerOfS3("no key that was deleted or was not");
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
