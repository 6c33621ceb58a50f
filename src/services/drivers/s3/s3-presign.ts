import { FirstlightError } from "../../../core/errors.ts";
import type { S3Connection } from "./s3-connection.ts";
import type { ObjectName } from "./s3-session.ts";

/** Of S3's signatures: seven days. */
const longestExpirySeconds = 604_800;

/** An address at which anybody may get the object for so long. See `ObjectStore.presign`. */
export async function presignedUrl(
  connection: S3Connection,
  { bucket, key }: ObjectName,
  expiresSeconds: number,
): Promise<string> {
  requireExpiry(expiresSeconds);
  const [{ GetObjectCommand }, { getSignedUrl }, client] = await Promise.all([
    import("@aws-sdk/client-s3"),
    import("@aws-sdk/s3-request-presigner"),
    connection.client(),
  ]);
  return getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: expiresSeconds });
}

function requireExpiry(expiresSeconds: number): void {
  if (Number.isInteger(expiresSeconds) && expiresSeconds >= 1 && expiresSeconds <= longestExpirySeconds) return;
  throw new FirstlightError(
    "OBJECT_EXPIRY_ILLEGAL",
    `No address can be given for expiresSeconds ${String(expiresSeconds)}: it is a whole number of seconds, from 1 to ${longestExpirySeconds} (seven days).`,
    { disposition: "invalid", fields: { expiresSeconds } },
  );
}
