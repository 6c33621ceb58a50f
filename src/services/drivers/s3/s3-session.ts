import type { S3Config } from "./s3-config.ts";
import type { S3Connection } from "./s3-connection.ts";
import type { S3States } from "./s3-states.ts";

/** What the verbs of one S3 store share. */
export interface S3Session {
  readonly connection: S3Connection;
  readonly config: S3Config;
  readonly states: S3States;
}

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}
