import { setTimeout as sleep } from "node:timers/promises";
import type { S3 } from "@aws-sdk/client-s3";
import { Secret } from "../../../src/core/secret.ts";
import { loadSettings } from "../../../src/core/settings.ts";
import { s3Config } from "../../../src/services/drivers/s3/s3-config.ts";
import { type S3ObjectStoreOptions, s3ObjectStore } from "../../../src/services/drivers/s3/s3-object-store.ts";
import type { ObjectStore } from "../../../src/services/object-store.ts";

/** Waits that a test can wait for. */
export const quickRetry = {
  delaySeconds: 0.05,
  backoff: 1.5,
  jitterSeconds: [0, 0.05],
  maxDelaySeconds: 0.5,
  tries: 8,
} as const;

export interface StoreAt extends Partial<S3ObjectStoreOptions> {
  /** Settings by name, such as `S3_CLIENT_CONFIG`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A store at the gateway of the tests, or whatever stands before it on another port. */
export function s3StoreAt(url: string, { env = {}, ...options }: StoreAt = {}): ObjectStore {
  const { hostname, port, username, password } = new URL(url);
  return s3ObjectStore({
    host: hostname,
    port: Number(port),
    useSsl: false,
    accessKey: new Secret(username),
    secretKey: new Secret(password),
    config: s3Config(loadSettings(env)),
    retry: quickRetry,
    ...options,
  });
}

/** Amazon's own client, to look at the server without ours. */
export async function plainClient(url: string): Promise<S3> {
  const { S3: Client } = await import("@aws-sdk/client-s3");
  const { origin, username, password } = new URL(url);
  return new Client({
    endpoint: origin,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: username, secretAccessKey: password },
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
}

export async function makeBucket(url: string, bucket: string): Promise<void> {
  const client = await plainClient(url);
  // The first bucket makes pools, which the gateway may not wait for.
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.createBucket({ Bucket: bucket });
      break;
    } catch (error) {
      if (error instanceof Error && /^BucketAlready/.test(error.name)) break;
      if (attempt === 10) throw error;
      await sleep(500);
    }
  }
  client.destroy();
}

/** The uploads that were begun and neither completed nor taken back. */
export async function orphansOf(url: string, bucket: string): Promise<readonly string[]> {
  const client = await plainClient(url);
  try {
    const { Uploads = [] } = await client.listMultipartUploads({ Bucket: bucket });
    return Uploads.map(({ Key = "" }) => Key);
  } finally {
    client.destroy();
  }
}
