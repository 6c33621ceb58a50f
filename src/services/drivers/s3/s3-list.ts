import { hash } from "node:crypto";
import type { ObjectEntry } from "../../object-store.ts";
import type { S3Connection } from "./s3-connection.ts";
import { noAnswerOfS3 } from "./s3-errors.ts";

/** Lists page by page, each fetched when it is asked for. */
export async function* listObjects(
  connection: S3Connection,
  bucket: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncIterable<ObjectEntry> {
  const requireWayOn = wayOn();
  let ContinuationToken: string | undefined;
  do {
    // XML cannot carry every character of a key, its encoding can.
    const list = { Bucket: bucket, Prefix: prefix, EncodingType: "url", ContinuationToken } as const;
    const page = await connection.ask(
      { doing: `list the bucket ${bucket}`, bucket },
      async ({ s3, options }) => {
        const answer = await s3.listObjectsV2(list, options);
        requireWayOn(answer.IsTruncated, answer.NextContinuationToken, answer.Contents?.[0]?.Key);
        return answer;
      },
      signal,
    );
    for (const { Key = "", Size = 0 } of page.Contents ?? []) {
      yield { bucket, key: decodeKey(Key, page.EncodingType), sizeBytes: Size };
    }
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

/**
 * Of one list: holds that a page says whether it is the last one, and else where to go on: a list that only seems to be whole may be
 * deleted by. Where it goes on must be a place that it has not come by, and what a page begins with no beginning of another page, or it
 * would go round for ever. The order of keys is not looked at: not every server has that of S3.
 */
export function wayOn(): (
  isTruncated: boolean | undefined,
  next: string | undefined,
  first: string | undefined,
) => void {
  // A place may be as long as a key, and a list may have a great many.
  const places = new Set<string>();
  const beginnings = new Set<string>();
  return (isTruncated, next, first) => {
    if (isTruncated === undefined) throw noAnswerOfS3("no IsTruncated, as each page of a list has");
    if (!isTruncated) return;
    if (next === undefined || next === "") throw noAnswerOfS3("IsTruncated, and does not say where the list goes on");
    const place = hash("sha256", next, "base64");
    if (places.has(place)) throw noAnswerOfS3("a place where the list has been before as that where it goes on");
    // A page without anything in it is none that was there before.
    const beginning = first === undefined ? undefined : hash("sha256", first, "base64");
    if (beginning !== undefined && beginnings.has(beginning)) {
      throw noAnswerOfS3("at its beginning what another page of the list began with");
    }
    places.add(place);
    if (beginning !== undefined) beginnings.add(beginning);
  };
}

export function decodeKey(key: string, encoding: string | undefined): string {
  if (encoding !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
