import { z } from "zod";
import { type LogLevel, logLevels } from "./log.ts";
import { Secret } from "./secret.ts";
import { isHost, plainHost } from "./server-url.ts";
import {
  dictionary,
  flag,
  folder,
  hidden,
  json,
  kind,
  oneOf,
  orUndefined,
  type SettingKind,
  secretText,
  text,
  url,
  wholeNumber,
  wordList,
} from "./setting-kind.ts";

/** One environment variable. */
export interface Setting<Value = unknown> {
  readonly name: string;
  readonly kind: SettingKind<Value>;
  /** As it would be spelt in the environment; `undefined` leaves the setting undefined. */
  readonly default: string | undefined;
  /** One or two sentences. */
  readonly description: string;
}

/** Where a service of the mesh listens. */
export interface MeshAddress {
  readonly host: string;
  readonly port: number;
}

const logLevel: SettingKind<LogLevel> = kind(
  `one of ${Object.keys(logLevels).join(", ")}`,
  z
    .string()
    .trim()
    .toUpperCase()
    .pipe(z.enum(Object.keys(logLevels) as LogLevel[])),
);

const port = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(0).max(65535));

const mesh: SettingKind<Readonly<Record<string, MeshAddress>>> = json(
  'a JSON object {"service": {"mesh_address": "host", "mesh_port": 1234}}',
  z
    .record(
      z.string(),
      z.object({
        mesh_address: z
          .string()
          .refine(isHost, "one host, without user, password or path; of several, what stands before them"),
        mesh_port: port,
      }),
    )
    .transform((services, context) => {
      const addresses: Record<string, MeshAddress> = {};
      for (const [name, { mesh_address: host, mesh_port }] of Object.entries(services)) {
        // The Python stack's way of saying that a service is not there.
        if (host === "127.0.0.1" && mesh_port === 0) continue;
        if (mesh_port === 0)
          context.addIssue({ code: "custom", path: [name, "mesh_port"], message: "nothing listens on port 0" });
        addresses[name] = { host: plainHost(host), port: mesh_port };
      }
      return addresses;
    }),
);

const otlpEndpoint: SettingKind<string> = kind(
  "host:port, or a URL that begins with http:// or https:// and holds no password",
  z
    .string()
    .trim()
    .refine(
      (endpoint) => /^(https?:\/\/[^\s/@]+(\/[^\s@]*)?|(\[[\da-f:.]+\]|[^\s:/@[\]]+):\d{1,5})$/i.test(endpoint),
      "credentials go into OTEL_EXPORTER_OTLP_HEADERS",
    )
    .refine((endpoint) => URL.canParse(endpoint.includes("://") ? endpoint : `http://${endpoint}`), "no address"),
);

/** Node takes a longer time for one millisecond. */
const longestTimerMs = 2 ** 31 - 1;

const duration = z.number().min(0);

const retry = json(
  'a JSON object of retry_delay, retry_backoff, retry_jitter ([low, high]), retry_max_delay, retry_tries, such as {"retry_tries": 5}',
  z
    .strictObject({
      retry_delay: duration.default(1),
      retry_backoff: z.number().min(1).default(2),
      retry_jitter: z
        .union([z.tuple([duration, duration]), duration.transform((both): [number, number] => [both, both])])
        .default([1, 10]),
      retry_max_delay: duration.nullable().default(300),
      retry_tries: z
        .int()
        .refine((tries) => tries === -1 || tries >= 1, "-1 (for ever) or a number from 1")
        .default(-1),
    })
    .refine(({ retry_jitter: [low, high] }) => low <= high, { path: ["retry_jitter"], message: "low is above high" })
    .transform((config) => ({
      delaySeconds: config.retry_delay,
      backoff: config.retry_backoff,
      jitterSeconds: config.retry_jitter as readonly [number, number],
      maxDelaySeconds: config.retry_max_delay ?? Number.POSITIVE_INFINITY,
      tries: config.retry_tries,
    })),
);

const systemMetrics: SettingKind<Readonly<Record<string, boolean | readonly string[]>> | undefined> = json(
  'a JSON object {"metric": true} or {"metric": ["attribute"]}',
  z
    .record(
      z.string(),
      // OpenTelemetry's null stands for every attribute of the metric.
      z.union([z.boolean(), z.array(z.string()), z.null().transform(() => true)]),
    )
    .nullable()
    .transform(orUndefined),
);

const globusCredentials = hidden(
  json(
    'a JSON list [{"client_id": "id", "client_secret": "secret"}]',
    z.array(
      z
        .object({ client_id: z.string().min(1), client_secret: z.string().min(1) })
        .transform((one) => ({ clientId: one.client_id, clientSecret: new Secret(one.client_secret) })),
    ),
  ),
);

const epoch: SettingKind<number> = kind(
  "whole seconds since 1970",
  z.string().transform((value, context) => {
    if (/^\d{1,11}$/.test(value)) return Number(value);
    context.addIssue("not such a number");
    return z.NEVER;
  }),
);

/**
 * Every environment variable that the library knows, by the property of `Settings` that holds it: names and defaults are
 * those of the Python stack, so that one environment serves both.
 */
export const settingsTable = {
  loguruLevel: required("LOGURU_LEVEL", logLevel, "INFO", "Least level of the log lines that are written."),
  meshConfig: required(
    "MESH_CONFIG",
    mesh,
    "{}",
    "Addresses of the services of the mesh. A service named here is used instead of the embedded one; 127.0.0.1 with port 0 counts as not named.",
  ),
  retryConfig: required(
    "RETRY_CONFIG",
    retry,
    "{}",
    "How calls to a service are tried again: retry_delay 1 s, retry_backoff 2, retry_jitter [1, 10] s, retry_max_delay 300 s (null: no limit), retry_tries -1 (for ever).",
  ),
  otelServiceName: required("OTEL_SERVICE_NAME", text, "unknown-service-name", "Name of the service in telemetry."),
  dkistServiceVersion: required(
    "DKIST_SERVICE_VERSION",
    text,
    "unknown-service-version",
    "Version of the service in telemetry.",
  ),
  nomadAllocId: required("NOMAD_ALLOC_ID", text, "unknown-allocation-id", "Nomad allocation in telemetry."),
  nomadAllocName: required(
    "NOMAD_ALLOC_NAME",
    text,
    "unknown-allocation-name",
    "Name of the Nomad allocation in telemetry.",
  ),
  nomadGroupName: required(
    "NOMAD_GROUP_NAME",
    text,
    "unknown-allocation-group",
    "Group of the Nomad allocation in telemetry.",
  ),
  otelExporterOtlpTracesInsecure: required(
    "OTEL_EXPORTER_OTLP_TRACES_INSECURE",
    flag,
    "true",
    "Send traces without TLS; an endpoint that begins with http:// or https:// decides by itself.",
  ),
  otelExporterOtlpMetricsInsecure: required(
    "OTEL_EXPORTER_OTLP_METRICS_INSECURE",
    flag,
    "true",
    "Send metrics without TLS; an endpoint that begins with http:// or https:// decides by itself.",
  ),
  otelExporterOtlpTracesEndpoint: optional(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    otlpEndpoint,
    "Where traces are sent. Unset: to otlp-traces-endpoint of MESH_CONFIG, else nowhere.",
  ),
  otelExporterOtlpMetricsEndpoint: optional(
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    otlpEndpoint,
    "Where metrics are sent. Unset: to otlp-metrics-endpoint of MESH_CONFIG, else nowhere.",
  ),
  otelExporterOtlpProtocol: optional(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    oneOf("grpc", "http/protobuf", "http/json"),
    "How traces and metrics are sent. Unset: http/protobuf to an endpoint that begins with http:// or https:// and whose port is not 4317, else grpc.",
  ),
  otelMetricExportIntervalMs: required(
    "OTEL_METRIC_EXPORT_INTERVAL",
    wholeNumber(1, "a whole number of milliseconds", longestTimerMs),
    "60000",
    "Milliseconds between two sendings of metrics.",
  ),
  otelNodeDisabledInstrumentations: required(
    "OTEL_NODE_DISABLED_INSTRUMENTATIONS",
    wordList,
    "[]",
    "Instrumentations to leave out, of http, undici (which is fetch), ioredis, system-metrics.",
  ),
  otelNodeExcludedUrls: required(
    "OTEL_NODE_EXCLUDED_URLS",
    wordList,
    "health",
    "Patterns (regular expressions) of the URLs whose requests are not traced.",
  ),
  otelPythonDisabledInstrumentations: required(
    "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS",
    wordList,
    "[]",
    "The same for Python tasks in this environment; firstlight goes by OTEL_NODE_DISABLED_INSTRUMENTATIONS.",
  ),
  otelPythonFastapiExcludedUrls: required(
    "OTEL_PYTHON_FASTAPI_EXCLUDED_URLS",
    wordList,
    "health",
    "The same for Python services in this environment; firstlight goes by OTEL_NODE_EXCLUDED_URLS.",
  ),
  systemMetricInstrumentationConfig: optional(
    "SYSTEM_METRIC_INSTRUMENTATION_CONFIG",
    systemMetrics,
    "Which metrics of system and process are recorded, and which of their states. Unset: all of them.",
  ),
  isbUsername: required("ISB_USERNAME", text, "guest", "User of the interservice bus."),
  isbPassword: required("ISB_PASSWORD", secretText, "guest", "Password of the interservice bus."),
  isbExchange: required("ISB_EXCHANGE", text, "master.direct.x", "Exchange of the interservice bus."),
  isbQueueType: required(
    "ISB_QUEUE_TYPE",
    oneOf("classic", "quorum"),
    "classic",
    "Type of the queues that are declared on the interservice bus.",
  ),
  buildVersion: required("BUILD_VERSION", text, "dev", "Version of a workflow that names none."),
  maxFileDescriptors: required(
    "MAX_FILE_DESCRIPTORS",
    wholeNumber(1),
    "1024",
    "Most files that the process may have open at a time.",
  ),
  gqlAuthToken: required("GQL_AUTH_TOKEN", secretText, "dev", "Token for the metadata store."),
  objectStoreAccessKey: optional("OBJECT_STORE_ACCESS_KEY", secretText, "Access key of the object store s3."),
  objectStoreSecretKey: optional("OBJECT_STORE_SECRET_KEY", secretText, "Secret key of the object store s3."),
  objectStoreUseSsl: required("OBJECT_STORE_USE_SSL", flag, "false", "Talk to the object store s3 over TLS."),
  multipartThresholdBytes: optional(
    "MULTIPART_THRESHOLD",
    wholeNumber(1, "a whole number of bytes"),
    "Size in bytes from which an object is uploaded in parts. Unset: 8 MiB.",
  ),
  s3ClientConfig: optional(
    "S3_CLIENT_CONFIG",
    hidden(dictionary),
    "Options of the S3 client, as of botocore's Config; docs/object-store.md lists them.",
  ),
  s3UploadConfig: optional(
    "S3_UPLOAD_CONFIG",
    hidden(dictionary),
    "Options of uploads to S3, as of boto3's TransferConfig; docs/object-store.md lists them.",
  ),
  s3DownloadConfig: optional(
    "S3_DOWNLOAD_CONFIG",
    hidden(dictionary),
    "Options of downloads from S3, as of boto3's TransferConfig; docs/object-store.md lists them.",
  ),
  globusMaxRetries: required(
    "GLOBUS_MAX_RETRIES",
    wholeNumber(0),
    "5",
    "How often a call to Globus is tried again after a passing error.",
  ),
  globusInboundClientCredentials: required(
    "GLOBUS_INBOUND_CLIENT_CREDENTIALS",
    globusCredentials,
    "[]",
    "Globus clients for transfers from the object store to scratch; a recipe run takes one by its id.",
  ),
  globusOutboundClientCredentials: required(
    "GLOBUS_OUTBOUND_CLIENT_CREDENTIALS",
    globusCredentials,
    "[]",
    "Globus clients for transfers from scratch to the object store; a recipe run takes one by its id.",
  ),
  objectStoreEndpoint: optional(
    "OBJECT_STORE_ENDPOINT",
    text,
    "Globus endpoint id of the object store. The address of S3 comes from MESH_CONFIG.",
  ),
  scratchEndpoint: optional("SCRATCH_ENDPOINT", text, "Globus endpoint id of scratch."),
  globusAuthUrl: optional(
    "GLOBUS_SDK_SERVICE_URL_AUTH",
    url,
    "Where Globus Auth is, named as Globus's own clients name it. Unset: https://auth.globus.org.",
  ),
  globusTransferUrl: optional(
    "GLOBUS_SDK_SERVICE_URL_TRANSFER",
    url,
    "Where Globus Transfer is. Unset: https://transfer.api.globus.org.",
  ),
  scratchBasePath: required(
    "SCRATCH_BASE_PATH",
    folder,
    "scratch/",
    "Folder that holds the scratch folder of each recipe run, and the run store.",
  ),
  scratchInventoryDbCount: required(
    "SCRATCH_INVENTORY_DB_COUNT",
    wholeNumber(2),
    "16",
    "Number of databases of the Redis server; recipe runs share all but the last.",
  ),
  docsBaseUrl: optional(
    "DOCS_BASE_URL",
    text,
    "Base of the documentation URLs in L1 headers. Unset: no header holds a URL.",
  ),
  inventoryDriver: optional(
    "INVENTORY_DRIVER",
    oneOf("sqlite", "memory", "redis"),
    "Where tags and constants are kept. Unset: redis if MESH_CONFIG names automated-processing-scratch-inventory, else sqlite.",
  ),
  busDriver: optional(
    "BUS_DRIVER",
    oneOf("sqlite", "amqp"),
    "Which bus carries messages. Unset: amqp if MESH_CONFIG names interservice-bus, else sqlite.",
  ),
  objectStoreDriver: optional(
    "OBJECT_STORE_DRIVER",
    oneOf("fs", "s3"),
    "Where products go. Unset: s3 if MESH_CONFIG names object-store-api, else fs.",
  ),
  objectStorePath: optional(
    "FIRSTLIGHT_OBJECT_STORE_PATH",
    folder,
    "Root folder of the object store driver fs. Unset: .firstlight/objects in SCRATCH_BASE_PATH. `firstlight run --output` sets it.",
  ),
  metadataStoreDriver: optional(
    "METADATA_STORE_DRIVER",
    oneOf("sqlite", "graphql"),
    "Where recipe runs and their inputs are looked up. Unset: graphql if MESH_CONFIG names internal-api-gateway, else sqlite.",
  ),
  transferDriver: optional(
    "TRANSFER_DRIVER",
    oneOf("fs", "object-store", "globus"),
    "What copies between object store and scratch. Unset: for the object store s3 globus if OBJECT_STORE_ENDPOINT and SCRATCH_ENDPOINT are set, else object-store; for fs fs.",
  ),
  threads: optional(
    "FIRSTLIGHT_THREADS",
    wholeNumber(1),
    "Threads that one task may compute with. Unset: the cores of the machine divided by the tasks that run in parallel.",
  ),
  sourceDateEpochSeconds: optional(
    "SOURCE_DATE_EPOCH",
    epoch,
    "Seconds since 1970 that stand for now in products, so that they come out equal byte for byte.",
  ),
} as const satisfies Readonly<Record<string, Setting>>;

/** What the environment says, checked: one property for each entry of `settingsTable`. Frozen throughout. */
export type Settings = {
  readonly [Name in keyof typeof settingsTable]: (typeof settingsTable)[Name] extends Setting<infer Value>
    ? Value
    : never;
};

function required<Value>(
  name: string,
  kind: SettingKind<Value>,
  fallback: string,
  description: string,
): Setting<Value> {
  return { name, kind, default: fallback, description };
}

function optional<Value>(name: string, kind: SettingKind<Value>, description: string): Setting<Value | undefined> {
  return { name, kind: kind as SettingKind<Value | undefined>, default: undefined, description };
}
