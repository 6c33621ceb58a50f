import { z } from "zod";
import { nearestName } from "../../../core/nearest-name.ts";
import type { Settings } from "../../../core/settings.ts";
import { type SettingProblem, settingsInvalid } from "../../../core/settings-invalid.ts";

/** How the client talks to its server: what botocore's `Config` says, in our words. */
export interface S3ClientConfig {
  readonly region: string;
  readonly connectTimeoutMs: number;
  /** So long a connection may say nothing. */
  readonly readTimeoutMs: number;
  readonly maxConnections: number;
  /** Of one request, in quick succession; what comes after them is the business of `RETRY_CONFIG`. */
  readonly maxAttempts: number;
  readonly retryMode: "standard" | "adaptive";
  readonly forcePathStyle: boolean;
  readonly requestChecksums: "WHEN_SUPPORTED" | "WHEN_REQUIRED";
  readonly responseChecksums: "WHEN_SUPPORTED" | "WHEN_REQUIRED";
  readonly userAgent: string | undefined;
}

/** How an object is cut up: what boto3's `TransferConfig` says, in our words. */
export interface S3TransferConfig {
  readonly thresholdBytes: number;
  readonly partBytes: number;
  readonly parallel: number;
  /** How often a download is begun that does not come out as it should. */
  readonly attempts: number;
}

export interface S3Config {
  readonly client: S3ClientConfig;
  readonly upload: S3TransferConfig;
  readonly download: S3TransferConfig;
}

const mebibyte = 1024 * 1024;
/** What a timer of Node takes, 2^31 - 1 ms: a longer time is over at once. */
const seconds = z.number().positive().max(2_147_483, "more seconds than a timer takes, 2147483");
/** The SDK puts it into names of hosts, and throws where it cannot; Amazon's, Ceph's `default` and MinIO's `us-east-1` are such. */
const region = z.string().regex(/^(?!-)[A-Za-z\d-]{1,63}(?<!-)$/, "no region: letters, digits and '-', 63 at most");
const count = z.int().positive();
const checksums = z.enum(["when_supported", "when_required"]);

/** botocore.config.Config: the names that have a meaning here. */
const clientSchema = z.strictObject({
  region_name: region.default("us-east-1"),
  signature_version: z.enum(["s3v4", "v4"], "only s3v4 is spoken").optional(),
  connect_timeout: seconds.default(60),
  read_timeout: seconds.default(60),
  max_pool_connections: count.default(10),
  retries: z
    .strictObject({
      max_attempts: z.int().nonnegative().optional(),
      total_max_attempts: count.optional(),
      mode: z.enum(["legacy", "standard", "adaptive"]).default("standard"),
    })
    .prefault({}),
  s3: z
    .strictObject({
      addressing_style: z.enum(["auto", "path", "virtual"]).default("path"),
      payload_signing_enabled: z.literal(true, "payloads are always signed").optional(),
    })
    .prefault({}),
  tcp_keepalive: z.literal(true, "connections are always kept alive").optional(),
  parameter_validation: z.literal(true, "parameters are always validated").optional(),
  user_agent_extra: z.string().optional(),
  // Servers other than Amazon's store what they do not know of a checksum along with the bytes, or refuse it.
  request_checksum_calculation: checksums.default("when_required"),
  response_checksum_validation: checksums.default("when_required"),
});

/** boto3.s3.transfer.TransferConfig. */
const transferSchema = z.strictObject({
  multipart_threshold: count.default(8 * mebibyte),
  multipart_chunksize: count.default(8 * mebibyte),
  max_concurrency: count.default(10),
  use_threads: z.boolean().default(true),
  num_download_attempts: count.default(5),
  // Bounds of what waits in memory to be written. Here nothing does: a part is written before the next one is asked for.
  max_io_queue: count.optional(),
  io_chunksize: count.optional(),
});

/** Names that Python takes and that mean nothing here. Whoever sets one expects something of it. */
const refused: Readonly<Record<string, string>> = {
  proxies: "no proxy is gone through",
  proxies_config: "no proxy is gone through",
  client_cert: "no client certificate is sent",
  user_agent: "the user agent is the SDK's own; user_agent_extra is added to it",
  user_agent_appid: "user_agent_extra is there for that",
  use_dualstack_endpoint: "the address comes from MESH_CONFIG",
  use_fips_endpoint: "the address comes from MESH_CONFIG",
  ignore_configured_endpoint_urls: "the address comes from MESH_CONFIG",
  endpoint_discovery_enabled: "the address comes from MESH_CONFIG",
  inject_host_prefix: "the address comes from MESH_CONFIG",
  account_id_endpoint_mode: "the address comes from MESH_CONFIG",
  defaults_mode: "every default is written down in docs/object-store.md",
  disable_request_compression: "no request to S3 is compressed",
  request_min_compression_size_bytes: "no request to S3 is compressed",
  sigv4a_signing_region_set: "only s3v4 is spoken",
  max_bandwidth: "no transfer is slowed down",
  preferred_transfer_client: "there is only one",
};

/**
 * What S3_CLIENT_CONFIG, S3_UPLOAD_CONFIG, S3_DOWNLOAD_CONFIG and MULTIPART_THRESHOLD say, of which S3_UPLOAD_CONFIG wins.
 *
 * @throws FirstlightError SETTINGS_INVALID, once, for every name and value that cannot be gone by; values are not shown
 */
export function s3Config(settings: Settings): S3Config {
  const problems: SettingProblem[] = [];
  const client = read("S3_CLIENT_CONFIG", clientSchema, settings.s3ClientConfig, problems);
  const threshold = settings.multipartThresholdBytes;
  const withThreshold = {
    ...(threshold === undefined ? {} : { multipart_threshold: threshold }),
    ...settings.s3UploadConfig,
  };
  const upload = read("S3_UPLOAD_CONFIG", transferSchema, withThreshold, problems);
  const download = read("S3_DOWNLOAD_CONFIG", transferSchema, settings.s3DownloadConfig, problems);
  if (client === undefined || upload === undefined || download === undefined) throw settingsInvalid(problems);
  return { client: clientConfig(client), upload: transferConfig(upload), download: transferConfig(download) };
}

function clientConfig(config: z.output<typeof clientSchema>): S3ClientConfig {
  const { max_attempts: retries, total_max_attempts: total, mode } = config.retries;
  return {
    region: config.region_name,
    connectTimeoutMs: config.connect_timeout * 1000,
    readTimeoutMs: config.read_timeout * 1000,
    maxConnections: config.max_pool_connections,
    // botocore counts the retries in the one, all attempts in the other.
    maxAttempts: total ?? (retries === undefined ? 3 : retries + 1),
    retryMode: mode === "adaptive" ? "adaptive" : "standard",
    forcePathStyle: config.s3.addressing_style !== "virtual",
    requestChecksums: config.request_checksum_calculation === "when_supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    responseChecksums: config.response_checksum_validation === "when_supported" ? "WHEN_SUPPORTED" : "WHEN_REQUIRED",
    userAgent: config.user_agent_extra,
  };
}

function transferConfig(config: z.output<typeof transferSchema>): S3TransferConfig {
  return {
    thresholdBytes: config.multipart_threshold,
    partBytes: config.multipart_chunksize,
    parallel: config.use_threads ? config.max_concurrency : 1,
    attempts: config.num_download_attempts,
  };
}

function read<Shape extends z.ZodRawShape>(
  setting: string,
  schema: z.ZodObject<Shape>,
  value: Readonly<Record<string, unknown>> | undefined,
  problems: SettingProblem[],
): z.output<z.ZodObject<Shape>> | undefined {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = issue.path.map(String);
    if (issue.code !== "unrecognized_keys") {
      problems.push({
        name: `${setting}: ${path.join(".")}`,
        expected: "what docs/object-store.md says of it",
        found: `a value that is not it (${issue.message})`,
      });
      continue;
    }
    for (const name of issue.keys) {
      const reason = refused[name];
      const known = namesAt(schema, path);
      const nearest = reason === undefined ? nearestName(name, known) : undefined;
      const expected =
        reason !== undefined
          ? `no ${name}, as ${reason}`
          : nearest !== undefined
            ? `${nearest}, perhaps`
            : `one of ${known.join(", ")}`;
      problems.push({
        name: `${setting}: ${[...path, name].join(".")}`,
        expected,
        found: "a name that firstlight cannot go by",
      });
    }
  }
  return undefined;
}

/** The names that the object at a path takes. */
function namesAt(schema: z.core.$ZodType, path: readonly string[]): readonly string[] {
  if (schema instanceof z.ZodPrefault) return namesAt(schema.unwrap(), path);
  if (!(schema instanceof z.ZodObject)) return [];
  const [first, ...others] = path;
  if (first === undefined) return Object.keys(schema.shape);
  const inside: z.core.$ZodType | undefined = schema.shape[first];
  return inside === undefined ? [] : namesAt(inside, others);
}
