import { open } from "node:fs/promises";
import type { Clock } from "../../../core/clock.ts";
import { isFirstlightError } from "../../../core/errors.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import type { sharedSync } from "../../../core/shared-sync.ts";
import type { ObjectInfo } from "../../object-store.ts";
import { arrivingFile } from "../arriving-file.ts";
import { objectDamaged } from "../object-errors.ts";
import { replaceVerified } from "../replace-verified.ts";
import { storageFailed } from "../storage-failed.ts";
import { planDownload } from "./s3-parts.ts";
import { streamPart } from "./s3-read.ts";
import type { ObjectName, S3Session } from "./s3-session.ts";
import { publicInfo } from "./s3-states.ts";

export interface DownloadOptions {
  /** Says when the file was modified. */
  readonly clock: Clock;
  readonly syncFolder: ReturnType<typeof sharedSync>;
  readonly signal: AbortSignal | undefined;
}

/** Fetches an object to a file, which appears whole and verified or not at all. See `ObjectStore.download`. */
export async function downloadObject(
  { connection, config, states }: S3Session,
  { bucket, key }: ObjectName,
  path: string,
  { clock, syncFolder, signal }: DownloadOptions,
): Promise<ObjectInfo> {
  const found = await states.existing(bucket, key, signal);
  const damaged = (): Error =>
    objectDamaged(
      bucket,
      key,
      `did not arrive at ${path} as it was stored, ${config.download.attempts} times. Nothing was written`,
    );
  const write = async (temporary: string) => {
    await using file = await open(temporary, "w");
    const { parts, parallel } = planDownload({ offset: 0, sizeBytes: found.sizeBytes }, config.download);
    await using arriving = arrivingFile(file);
    await inParallel(
      parts,
      parallel,
      (part) => arriving.write(part, (take) => streamPart(connection, found, part, take, signal)),
      signal,
    );
    await arriving.end();
    return { sizeBytes: found.sizeBytes, sha256: found.sha256 };
  };
  const onAgain = (attempt: number): void =>
    connection.log.warning(
      `The object ${key} of the bucket ${bucket} did not arrive as it was stored; fetching it again`,
      { attempt },
    );
  try {
    const facts = await replaceVerified(path, write, {
      clock,
      signal,
      damaged,
      syncFolder,
      attempts: config.download.attempts,
      onAgain,
    });
    return publicInfo({ ...found, ...facts });
  } catch (error) {
    if (isFirstlightError(error) || signal?.aborted === true) throw error;
    throw storageFailed(
      { path, what: `the object ${key} of the bucket ${bucket}`, setting: "SCRATCH_BASE_PATH" },
      error,
    );
  }
}
