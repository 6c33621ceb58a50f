import type { S3Asking } from "./s3-connection.ts";
import { isNoUpload, requireNoContent, type S3Request } from "./s3-errors.ts";

/** Removes an upload that was not completed, with its parts. No error where it is gone. */
export async function abortUpload(
  connection: S3Asking,
  request: S3Request & { readonly key: string },
  UploadId: string,
  { signal, tries }: { readonly signal?: AbortSignal | undefined; readonly tries?: number | undefined },
): Promise<void> {
  const abort = { Bucket: request.bucket, Key: request.key, UploadId };
  await connection.ask(
    request,
    async ({ s3, options }) => {
      try {
        requireNoContent(await s3.abortMultipartUpload(abort, options));
      } catch (error) {
        if (!isNoUpload(error)) throw error;
      }
    },
    signal,
    tries,
  );
}
