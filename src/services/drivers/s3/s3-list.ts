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
  let ContinuationToken: string | undefined;
  do {
    // XML cannot carry every character of a key, its encoding can.
    const list = { Bucket: bucket, Prefix: prefix, EncodingType: "url", ContinuationToken } as const;
    const page = await connection.ask(
      { doing: `list the bucket ${bucket}`, bucket },
      async ({ s3, options }) => {
        const answer = await s3.listObjectsV2(list, options);
        requireWayOn(answer.IsTruncated, answer.NextContinuationToken, list.ContinuationToken);
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

/** Holds that a page of a list says whether it is the last one, and else where to go on: a list that only seems to be whole may be deleted by. */
export function requireWayOn(isTruncated: boolean | undefined, next: string | undefined, current?: string): void {
  if (isTruncated === undefined) throw noAnswerOfS3("no IsTruncated, as each page of a list has");
  if (!isTruncated) return;
  if (next === undefined || next === "") throw noAnswerOfS3("IsTruncated, and does not say where the list goes on");
  if (next === current) throw noAnswerOfS3("the place where the list began as that where it goes on");
}

export function decodeKey(key: string, encoding: string | undefined): string {
  if (encoding !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
