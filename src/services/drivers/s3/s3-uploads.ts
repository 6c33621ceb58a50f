import { abortUpload } from "./s3-abort.ts";
import type { S3Asking } from "./s3-connection.ts";
import { decodeKey, wayOn } from "./s3-list.ts";

export interface RemoveUploadsOptions {
  /** The id of an upload that stays. */
  readonly except?: string;
  readonly signal?: AbortSignal | undefined;
  readonly tries?: number;
}

/** Removes the uploads of these keys that were begun and not completed, with their parts, and says how many they were. */
export async function removeUploads(
  connection: S3Asking,
  bucket: string,
  keys: readonly string[],
  { except, signal, tries }: RemoveUploadsOptions = {},
): Promise<number> {
  const wanted = new Set(keys);
  const found: { readonly Key: string; readonly UploadId: string }[] = [];
  const requireWayOn = wayOn();
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  do {
    const list = {
      Bucket: bucket,
      Prefix: commonPrefix(keys),
      EncodingType: "url",
      KeyMarker,
      UploadIdMarker,
    } as const;
    const page = await connection.ask(
      { doing: `list the uploads of the bucket ${bucket}`, bucket },
      async ({ s3, options }) => {
        const answer = await s3.listMultipartUploads(list, options);
        const next = answer.NextKeyMarker === undefined ? undefined : decodeKey(answer.NextKeyMarker, "url");
        const [first] = answer.Uploads ?? [];
        requireWayOn(
          answer.IsTruncated,
          markerOf(next, answer.NextUploadIdMarker),
          markerOf(first?.Key, first?.UploadId),
        );
        return { ...answer, NextKeyMarker: next };
      },
      signal,
      tries,
    );
    for (const { Key: listed = "", UploadId = "" } of page.Uploads ?? []) {
      // Ceph encodes the keys here, and does not say so. What is no upload of the key is not removed by its id either.
      const Key = [listed, decodeKey(listed, "url")].find((key) => wanted.has(key));
      if (Key !== undefined && UploadId !== except) found.push({ Key, UploadId });
    }
    const more = page.IsTruncated === true;
    KeyMarker = more ? page.NextKeyMarker : undefined;
    UploadIdMarker = more ? page.NextUploadIdMarker : undefined;
  } while (KeyMarker !== undefined);
  for (const { Key, UploadId } of found) {
    const doing = `remove an upload of the object ${Key} from the bucket ${bucket}`;
    await abortUpload(connection, { doing, bucket, key: Key }, UploadId, { signal, tries });
  }
  return found.length;
}

/** The same key may have many uploads. */
function markerOf(key: string | undefined, id: string | undefined): string | undefined {
  return key === undefined ? undefined : JSON.stringify([key, id]);
}

function commonPrefix(keys: readonly string[]): string {
  const [first = "", ...others] = keys;
  let length = first.length;
  for (const key of others) while (!key.startsWith(first.slice(0, length))) length -= 1;
  // Not between the halves of a character.
  return first.slice(0, length).isWellFormed() ? first.slice(0, length) : first.slice(0, length - 1);
}
