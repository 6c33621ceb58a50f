import type { ObjectEntry } from "../../object-store.ts";
import type { S3Connection } from "./s3-connection.ts";

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
      ({ s3, options }) => s3.listObjectsV2(list, options),
      signal,
    );
    for (const { Key = "", Size = 0 } of page.Contents ?? []) {
      yield { bucket, key: decodeKey(Key, page.EncodingType), sizeBytes: Size };
    }
    ContinuationToken = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (ContinuationToken !== undefined);
}

export function decodeKey(key: string, encoding: string | undefined): string {
  if (encoding !== "url") return key;
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return key;
  }
}
