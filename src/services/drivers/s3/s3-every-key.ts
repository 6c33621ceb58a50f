import { randomUUID } from "node:crypto";
import { extname } from "node:path";
import type { HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ObjectInfo } from "../../object-store.ts";
import type { S3Attempt } from "./s3-connection.ts";
import { isPassing, noAnswerOfS3 } from "./s3-errors.ts";

/**
 * Refuses the answer of a gateway that has a page for every path, with all that a HEAD of S3 has: it has one for a key that nobody can have,
 * too. What carries the id that S3 gives each request, or metadata, is not asked about; of servers that give no id (Garage and others) it
 * costs a second request.
 */
export async function requireNotOfEveryKey(
  { $metadata, Metadata = {} }: HeadObjectCommandOutput,
  { bucket, key }: Pick<ObjectInfo, "bucket" | "key">,
  { s3, options }: S3Attempt,
): Promise<void> {
  const { requestId, extendedRequestId } = $metadata;
  if (requestId !== undefined || extendedRequestId !== undefined || Object.keys(Metadata).length > 0) return;
  // A gateway may go by folder and extension.
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  const Key = `${folder}${randomUUID()}${extname(key)}`;
  await s3.headObject({ Bucket: bucket, Key }, options).then(
    () => {
      throw noAnswerOfS3("the status of success for a key that nobody has, too");
    },
    (error: unknown) => {
      // Not there, or not to be looked for without the right to list.
      if (isPassing(error)) throw error;
    },
  );
}
