import { type Clock, systemClock } from "../../../core/clock.ts";
import { requireObject, requireSignal, requireText } from "../../../core/require-option.ts";
import { sharedSync } from "../../../core/shared-sync.ts";
import type { ObjectStore } from "../../object-store.ts";
import { storeClosed } from "../object-errors.ts";
import { isLegalKey, requireBucket, requireKey, requireKeys, requirePrefix } from "../object-name.ts";
import { serviceClosing } from "../service-closing.ts";
import type { S3Config } from "./s3-config.ts";
import { type S3ConnectionOptions, s3Connection } from "./s3-connection.ts";
import { deleteObjects } from "./s3-delete.ts";
import { downloadObject } from "./s3-download.ts";
import { listObjects } from "./s3-list.ts";
import { presignedUrl } from "./s3-presign.ts";
import { putObject } from "./s3-put.ts";
import { objectSource } from "./s3-read.ts";
import type { S3Session } from "./s3-session.ts";
import { publicInfo, s3States } from "./s3-states.ts";
import { removeUploads } from "./s3-uploads.ts";

export interface S3ObjectStoreOptions extends Omit<S3ConnectionOptions, "config"> {
  readonly config: S3Config;
  /** Says when downloaded files were modified. */
  readonly clock?: Clock;
}

/** Objects on a server that speaks S3. */
export function s3ObjectStore(given: S3ObjectStoreOptions): ObjectStore {
  requireObject("options of s3ObjectStore", given);
  const { clock = systemClock, config, ...options } = given;
  requireObject("config (S3_CLIENT_CONFIG)", config);
  requireObject("config.client (S3_CLIENT_CONFIG)", config.client);
  requireObject("config.upload (S3_UPLOAD_CONFIG)", config.upload);
  requireObject("config.download (S3_DOWNLOAD_CONFIG)", config.download);
  const connection = s3Connection({ ...options, config: config.client });
  const states = s3States(connection);
  const session: S3Session = { connection, config, states };
  const syncFolder = sharedSync();
  const closing = serviceClosing(storeClosed);

  return {
    name: "s3",
    async put(bucket, key, source, options = {}) {
      requireObject("options of put", options);
      return closing.during(options.signal, (signal) =>
        putObject(session, { bucket, key }, source, { ...options, signal }),
      );
    },
    async get(bucket, key, signal) {
      requireSignal(signal);
      signal?.throwIfAborted();
      const found = await states.existing(bucket, key, signal);
      return { ...objectSource(connection, found, config.download, signal), async [Symbol.asyncDispose]() {} };
    },
    async download(bucket, key, path, signal) {
      requireText("path of download", path);
      return downloadObject(session, { bucket, key }, path, { clock, syncFolder, signal });
    },
    async head(bucket, key, signal) {
      const found = await states.find(bucket, key, signal);
      return found === undefined ? undefined : publicInfo(found);
    },
    async *list(bucket, prefix = "", signal) {
      requireBucket(bucket);
      requirePrefix(prefix);
      for await (const entry of listObjects(connection, bucket, prefix, signal)) {
        closing.requireOpen();
        if (isLegalKey(entry.key)) yield entry;
      }
    },
    async delete(bucket, keys, signal) {
      requireBucket(bucket);
      requireKeys(keys);
      await deleteObjects(connection, bucket, keys, signal);
    },
    async removeFolderObjects(bucket, prefix, signal) {
      requireBucket(bucket);
      requirePrefix(prefix);
      const keys: string[] = [];
      for await (const { key } of listObjects(connection, bucket, prefix, signal))
        if (key.endsWith("/")) keys.push(key);
      await deleteObjects(connection, bucket, keys, signal);
      return keys;
    },
    async removeUnfinished(bucket, keys, signal) {
      requireBucket(bucket);
      requireKeys(keys);
      return keys.length === 0 ? 0 : removeUploads(connection, bucket, keys, { signal });
    },
    async presign(bucket, key, options = {}) {
      requireObject("options of presign", options);
      const { expiresSeconds = 3600 } = options;
      requireBucket(bucket);
      requireKey(key);
      return presignedUrl(connection, { bucket, key }, expiresSeconds);
    },
    async [Symbol.asyncDispose]() {
      const stopped = closing.close();
      await connection[Symbol.asyncDispose]();
      await stopped;
    },
  };
}
