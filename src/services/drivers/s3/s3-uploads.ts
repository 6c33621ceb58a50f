import type { ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3";
import { inParallel } from "../../../core/in-parallel.ts";
import { abortUpload } from "./s3-abort.ts";
import type { S3Asking } from "./s3-connection.ts";
import { decodeKey, wayOn } from "./s3-list.ts";

export interface RemoveUploadsOptions {
  /** The id of an upload that stays. */
  readonly except?: string;
  readonly signal?: AbortSignal | undefined;
  readonly tries?: number;
}

const removedAtOnce = 16;

/** Removes the uploads of these keys that were begun and not completed, with their parts, and says how many they were. */
export async function removeUploads(
  connection: S3Asking,
  bucket: string,
  keys: readonly string[],
  { except, signal, tries }: RemoveUploadsOptions = {},
): Promise<number> {
  const wanted = new Set(keys);
  const prefix = commonPrefix(keys);
  const found: { readonly meant: readonly string[]; readonly UploadId: string }[] = [];
  const requireWayOn = wayOn();
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  do {
    const list = {
      Bucket: bucket,
      Prefix: prefix,
      EncodingType: "url",
      KeyMarker,
      UploadIdMarker,
    } as const;
    const page = await connection.ask(
      { doing: `list the uploads of the bucket ${bucket}`, bucket },
      async ({ s3, options }) => {
        const answer = await s3.listMultipartUploads(list, options);
        const next = keyMarkerOf(answer, prefix);
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
      const meant = formsOf(listed, page.EncodingType).filter((key) => wanted.has(key));
      if (meant.length > 0 && UploadId !== except) found.push({ meant, UploadId });
    }
    const more = page.IsTruncated === true;
    KeyMarker = more ? page.NextKeyMarker : undefined;
    UploadIdMarker = more ? page.NextUploadIdMarker : undefined;
  } while (KeyMarker !== undefined);
  const remove = async ({ meant, UploadId }: (typeof found)[number]): Promise<void> => {
    // What is no upload of the key is not removed by its id either.
    for (const key of meant) {
      const doing = `remove an upload of the object ${key} from the bucket ${bucket}`;
      await abortUpload(connection, { doing, bucket, key }, UploadId, { signal, tries });
    }
  };
  await inParallel(found, removedAtOnce, remove, signal);
  return found.length;
}

/**
 * The key after which the list goes on. S3 encodes it as it does the keys, and says so; Ceph, which does not say that it encodes the
 * keys, gives it as it is. To decode `a+b` there would lead back, and to decode `a%7Eb` past the rest of its uploads: that form is meant
 * which is the last key of the page.
 */
function keyMarkerOf(
  { NextKeyMarker, Uploads = [], EncodingType }: ListMultipartUploadsCommandOutput,
  prefix: string,
): string | undefined {
  if (NextKeyMarker === undefined) return undefined;
  const forms = formsOf(NextKeyMarker, EncodingType);
  // No key is listed that does not begin as was asked.
  const last = formsOf(Uploads.at(-1)?.Key ?? "", EncodingType).filter((key) => key.startsWith(prefix));
  return [NextKeyMarker, ...forms].find((form) => last.includes(form)) ?? forms[0];
}

/** What a text of the list may stand for. */
function formsOf(text: string, encoding: string | undefined): readonly string[] {
  const decoded = decodeKey(text, "url");
  return encoding === "url" || decoded === text ? [decoded] : [text, decoded];
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
