import { describe, expect, test } from "vitest";
import { FirstlightError } from "../../src/core/errors.ts";
import { type Environment, loadSettings, type Settings } from "../../src/core/settings.ts";
import type { SettingProblem } from "../../src/core/settings-invalid.ts";
import { settingsReport } from "../../src/core/settings-report.ts";
import { type Setting, settingsTable } from "../../src/core/settings-table.ts";

function problemsOf(env: Environment): readonly SettingProblem[] {
  return failureOf(env).fields.problems as readonly SettingProblem[];
}

function failureOf(env: Environment): FirstlightError {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof FirstlightError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

test("an empty environment gives the Python stack's defaults", () => {
  const { isbPassword, gqlAuthToken, ...settings } = loadSettings({});
  expect(isbPassword.reveal()).toBe("guest");
  expect(gqlAuthToken.reveal()).toBe("dev");
  expect(settings).toEqual({
    loguruLevel: "INFO",
    meshConfig: {},
    retryConfig: { delaySeconds: 1, backoff: 2, jitterSeconds: [1, 10], maxDelaySeconds: 300, tries: -1 },
    otelServiceName: "unknown-service-name",
    dkistServiceVersion: "unknown-service-version",
    nomadAllocId: "unknown-allocation-id",
    nomadAllocName: "unknown-allocation-name",
    nomadGroupName: "unknown-allocation-group",
    otelExporterOtlpTracesInsecure: true,
    otelExporterOtlpMetricsInsecure: true,
    otelExporterOtlpTracesEndpoint: undefined,
    otelExporterOtlpMetricsEndpoint: undefined,
    otelExporterOtlpProtocol: undefined,
    otelMetricExportIntervalMs: 60_000,
    otelNodeDisabledInstrumentations: [],
    otelNodeExcludedUrls: ["health"],
    otelPythonDisabledInstrumentations: [],
    otelPythonFastapiExcludedUrls: ["health"],
    systemMetricInstrumentationConfig: undefined,
    isbUsername: "guest",
    isbExchange: "master.direct.x",
    isbQueueType: "classic",
    buildVersion: "dev",
    maxFileDescriptors: 1024,
    objectStoreAccessKey: undefined,
    objectStoreSecretKey: undefined,
    objectStoreUseSsl: false,
    multipartThresholdBytes: undefined,
    s3ClientConfig: undefined,
    s3UploadConfig: undefined,
    s3DownloadConfig: undefined,
    globusMaxRetries: 5,
    globusInboundClientCredentials: [],
    globusOutboundClientCredentials: [],
    objectStoreEndpoint: undefined,
    scratchEndpoint: undefined,
    globusAuthUrl: undefined,
    globusTransferUrl: undefined,
    scratchBasePath: "scratch/",
    scratchInventoryDbCount: 16,
    docsBaseUrl: undefined,
    inventoryDriver: undefined,
    busDriver: undefined,
    objectStoreDriver: undefined,
    objectStorePath: undefined,
    metadataStoreDriver: undefined,
    transferDriver: undefined,
    threads: undefined,
    sourceDateEpochSeconds: undefined,
  });
});

const mesh = { "object-store-api": { mesh_address: "store.local", mesh_port: 9000 } };

/** One vector for each variable: what stands in the environment, and what becomes of it. */
const vectors: Record<string, [text: string, property: keyof Settings, value: unknown]> = {
  LOGURU_LEVEL: ["warning", "loguruLevel", "WARNING"],
  MESH_CONFIG: [JSON.stringify(mesh), "meshConfig", { "object-store-api": { host: "store.local", port: 9000 } }],
  RETRY_CONFIG: [
    '{"retry_delay": 0.5, "retry_backoff": 3, "retry_jitter": [0, 2], "retry_max_delay": 60, "retry_tries": 4}',
    "retryConfig",
    { delaySeconds: 0.5, backoff: 3, jitterSeconds: [0, 2], maxDelaySeconds: 60, tries: 4 },
  ],
  OTEL_SERVICE_NAME: ["visp", "otelServiceName", "visp"],
  DKIST_SERVICE_VERSION: ["1.2.3", "dkistServiceVersion", "1.2.3"],
  NOMAD_ALLOC_ID: ["a1", "nomadAllocId", "a1"],
  NOMAD_ALLOC_NAME: ["a.b", "nomadAllocName", "a.b"],
  NOMAD_GROUP_NAME: ["g", "nomadGroupName", "g"],
  OTEL_EXPORTER_OTLP_TRACES_INSECURE: ["no", "otelExporterOtlpTracesInsecure", false],
  OTEL_EXPORTER_OTLP_METRICS_INSECURE: ["Off", "otelExporterOtlpMetricsInsecure", false],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ["localhost:4317", "otelExporterOtlpTracesEndpoint", "localhost:4317"],
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: ["localhost:4317", "otelExporterOtlpMetricsEndpoint", "localhost:4317"],
  OTEL_EXPORTER_OTLP_PROTOCOL: ["http/json", "otelExporterOtlpProtocol", "http/json"],
  OTEL_METRIC_EXPORT_INTERVAL: ["500", "otelMetricExportIntervalMs", 500],
  OTEL_NODE_DISABLED_INSTRUMENTATIONS: ["fs, grpc", "otelNodeDisabledInstrumentations", ["fs", "grpc"]],
  OTEL_NODE_EXCLUDED_URLS: ["client/.*/info,healthcheck", "otelNodeExcludedUrls", ["client/.*/info", "healthcheck"]],
  OTEL_PYTHON_DISABLED_INSTRUMENTATIONS: [
    '["pika", "requests"]',
    "otelPythonDisabledInstrumentations",
    ["pika", "requests"],
  ],
  OTEL_PYTHON_FASTAPI_EXCLUDED_URLS: ["a,b", "otelPythonFastapiExcludedUrls", ["a", "b"]],
  SYSTEM_METRIC_INSTRUMENTATION_CONFIG: [
    '{"system.memory.usage": ["used", "free"], "process.runtime.memory": true, "system.cpu.time": null}',
    "systemMetricInstrumentationConfig",
    { "system.memory.usage": ["used", "free"], "process.runtime.memory": true, "system.cpu.time": true },
  ],
  ISB_USERNAME: ["me", "isbUsername", "me"],
  ISB_PASSWORD: ["p", "isbPassword", "p"],
  ISB_EXCHANGE: ["x", "isbExchange", "x"],
  ISB_QUEUE_TYPE: ["quorum", "isbQueueType", "quorum"],
  BUILD_VERSION: ["9", "buildVersion", "9"],
  MAX_FILE_DESCRIPTORS: ["4_096", "maxFileDescriptors", 4096],
  GQL_AUTH_TOKEN: ["t", "gqlAuthToken", "t"],
  OBJECT_STORE_ACCESS_KEY: ["ak", "objectStoreAccessKey", "ak"],
  OBJECT_STORE_SECRET_KEY: ["sk", "objectStoreSecretKey", "sk"],
  OBJECT_STORE_USE_SSL: ["1", "objectStoreUseSsl", true],
  MULTIPART_THRESHOLD: ["8388608", "multipartThresholdBytes", 8388608],
  S3_CLIENT_CONFIG: ['{"region_name": "here"}', "s3ClientConfig", { region_name: "here" }],
  S3_UPLOAD_CONFIG: ['{"a": 1}', "s3UploadConfig", { a: 1 }],
  S3_DOWNLOAD_CONFIG: ["null", "s3DownloadConfig", undefined],
  GLOBUS_MAX_RETRIES: ["0", "globusMaxRetries", 0],
  GLOBUS_INBOUND_CLIENT_CREDENTIALS: [
    '[{"client_id": "id1", "client_secret": "secret1"}]',
    "globusInboundClientCredentials",
    [{ clientId: "id1", clientSecret: "secret1" }],
  ],
  GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: [
    '[{"client_id": "id3", "client_secret": "secret3"}]',
    "globusOutboundClientCredentials",
    [{ clientId: "id3", clientSecret: "secret3" }],
  ],
  OBJECT_STORE_ENDPOINT: ["uuid-1", "objectStoreEndpoint", "uuid-1"],
  SCRATCH_ENDPOINT: ["uuid-2", "scratchEndpoint", "uuid-2"],
  GLOBUS_SDK_SERVICE_URL_AUTH: ["https://auth.local", "globusAuthUrl", "https://auth.local"],
  GLOBUS_SDK_SERVICE_URL_TRANSFER: [" http://localhost:81/ ", "globusTransferUrl", "http://localhost:81/"],
  SCRATCH_BASE_PATH: ["/data/scratch", "scratchBasePath", "/data/scratch"],
  SCRATCH_INVENTORY_DB_COUNT: ["32", "scratchInventoryDbCount", 32],
  DOCS_BASE_URL: ["https://docs.example.org", "docsBaseUrl", "https://docs.example.org"],
  INVENTORY_DRIVER: ["memory", "inventoryDriver", "memory"],
  BUS_DRIVER: ["AMQP", "busDriver", "amqp"],
  OBJECT_STORE_DRIVER: ["fs", "objectStoreDriver", "fs"],
  FIRSTLIGHT_OBJECT_STORE_PATH: ["/data/products", "objectStorePath", "/data/products"],
  METADATA_STORE_DRIVER: ["sqlite", "metadataStoreDriver", "sqlite"],
  TRANSFER_DRIVER: ["fs", "transferDriver", "fs"],
  FIRSTLIGHT_THREADS: ["2", "threads", 2],
  SOURCE_DATE_EPOCH: ["1700000000", "sourceDateEpochSeconds", 1700000000],
};

test("there is a vector for every variable", () => {
  expect(Object.keys(vectors).sort()).toEqual(
    Object.values<Setting>(settingsTable)
      .map(({ name }) => name)
      .sort(),
  );
});

test.each(Object.entries(vectors))("%s is read", (name, [text, property, value]) => {
  expect(revealed(loadSettings({ [name]: text })[property])).toEqual(value);
});

function revealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== "object" || value === null) return value;
  if ("reveal" in value && typeof value.reveal === "function") return value.reveal();
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revealed(inner)]));
}

test("an empty variable counts as unset", () => {
  const settings = loadSettings({ MAX_FILE_DESCRIPTORS: "", DOCS_BASE_URL: "", SCRATCH_BASE_PATH: "" });
  expect(settings.maxFileDescriptors).toBe(1024);
  expect(settings.docsBaseUrl).toBeUndefined();
  expect(settings.scratchBasePath).toBe("scratch/");
});

test("the process's own environment is not read", () => {
  process.env.BUILD_VERSION = "from the process";
  try {
    expect(loadSettings({}).buildVersion).toBe("dev");
  } finally {
    delete process.env.BUILD_VERSION;
  }
});

test.each(
  [
    ["true", "TRUE", "1", "yes", "Y", "on", "t", " On "].map((word) => [word, true] as const),
    ["false", "False", "0", "no", "N", "off", "f"].map((word) => [word, false] as const),
  ].flat(),
)("'%s' is %s, as in Python", (word, value) => {
  expect(loadSettings({ OBJECT_STORE_USE_SSL: word }).objectStoreUseSsl).toBe(value);
});

test("one error lists every bad variable with what was expected and what was found", () => {
  const error = failureOf({
    MAX_FILE_DESCRIPTORS: "many",
    OBJECT_STORE_USE_SSL: "perhaps",
    ISB_QUEUE_TYPE: "lazy",
    MESH_CONFIG: '{"interservice-bus": {"mesh_address": "bus", "mesh_port": "five"}}',
    SOURCE_DATE_EPOCH: "yesterday",
  });
  expect(error.code).toBe("SETTINGS_INVALID");
  expect(error.disposition).toBe("invalid");
  expect((error.fields.problems as SettingProblem[]).map(({ name }) => name)).toEqual([
    "MESH_CONFIG",
    "ISB_QUEUE_TYPE",
    "MAX_FILE_DESCRIPTORS",
    "OBJECT_STORE_USE_SSL",
    "SOURCE_DATE_EPOCH",
  ]);
  expect(error.message).toContain('MAX_FILE_DESCRIPTORS: expected a whole number from 1; found "many"');
  expect(error.message).toContain('ISB_QUEUE_TYPE: expected one of classic, quorum; found "lazy"');
  expect(error.message).toContain("interservice-bus.mesh_port");
});

test.each([
  ["SOURCE_DATE_EPOCH", "-1"],
  ["SOURCE_DATE_EPOCH", "1.5"],
  ["SOURCE_DATE_EPOCH", "1e9"],
  ["SOURCE_DATE_EPOCH", "999999999999999"],
  ["MAX_FILE_DESCRIPTORS", "0"],
  ["MAX_FILE_DESCRIPTORS", "1.5"],
  ["MAX_FILE_DESCRIPTORS", "1e3"],
  ["SCRATCH_INVENTORY_DB_COUNT", "1"],
  ["RETRY_CONFIG", '{"retry_tries": 0}'],
  ["RETRY_CONFIG", '{"retry_jitter": [10, 1]}'],
  ["RETRY_CONFIG", '{"retry_delays": 3}'],
  ["MESH_CONFIG", "[]"],
  ["MESH_CONFIG", '{"a": {"mesh_address": "host", "mesh_port": 0}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "host", "mesh_port": 65536}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "a host", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "https://host", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "host?x", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "host:80", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "one,two", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"a": {"mesh_address": "one%2Ctwo", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"interservice_bus": {"mesh_address": "host", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"Object-Store-API": {"mesh_address": "host", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"internal-api-gatway": {"mesh_address": "host", "mesh_port": 1}}'],
  ["MESH_CONFIG", '{"otlp-trace-endpoint": {"mesh_address": "host", "mesh_port": 1}}'],
  ["BUS_DRIVER", "kafka"],
  ["MESH_CONFIG", "{"],
  ["S3_UPLOAD_CONFIG", '"text"'],
  ["SYSTEM_METRIC_INSTRUMENTATION_CONFIG", '{"a": 1}'],
  ["LOGURU_LEVEL", "LOUD"],
  ["SCRATCH_BASE_PATH", "~"],
  ["SCRATCH_BASE_PATH", "~/scratch"],
  ["SCRATCH_BASE_PATH", "~jane/scratch"],
  ["FIRSTLIGHT_OBJECT_STORE_PATH", "/data/~/products"],
  ["OTEL_NODE_DISABLED_INSTRUMENTATIONS", "[1]"],
  ["OTEL_METRIC_EXPORT_INTERVAL", String(2 ** 31)],
  ["GLOBUS_SDK_SERVICE_URL_AUTH", "https://auth.example/v2"],
  ["GLOBUS_SDK_SERVICE_URL_AUTH", "https://auth.example?a=b"],
  ["GLOBUS_SDK_SERVICE_URL_TRANSFER", "https://me@transfer.example"],
])("%s=%s is refused", (name, text) => {
  expect(problemsOf({ [name]: text }).map((problem) => problem.name)).toEqual([name]);
});

test.each([
  ["GLOBUS_INBOUND_CLIENT_CREDENTIALS", '[{"client_id": "id1", "client_secret": hunter2}]'],
  ["GLOBUS_OUTBOUND_CLIENT_CREDENTIALS", '[{"client_ident": "id1", "client_secret": "hunter2"}]'],
  ["S3_CLIENT_CONFIG", "hunter2"],
])("a bad %s is named without showing what it holds", (name, text) => {
  const error = failureOf({ [name]: text });
  expect(error.message).toContain(name);
  expect(error.message).not.toContain("hunter2");
  expect(JSON.stringify(error.fields)).not.toContain("hunter2");
});

test.each(["GLOBUS_SDK_SERVICE_URL_AUTH", "GLOBUS_SDK_SERVICE_URL_TRANSFER"])(
  "%s with a password is refused without showing it",
  (name) => {
    const { message } = failureOf({ [name]: "https://me:hunter2@globus.example" });
    expect(message).toContain(
      `${name}: expected the URL of a server, such as https://example.org, without user, password`,
    );
    expect(message).not.toContain("hunter2");
  },
);

test("a name that a JSON setting does not know is told", () => {
  expect(failureOf({ RETRY_CONFIG: '{"retry_delays": 3}' }).message).toContain('Unrecognized key: "retry_delays"');
});

test("the longest time of a timer is taken", () => {
  const longest = 2 ** 31 - 1;
  expect(loadSettings({ OTEL_METRIC_EXPORT_INTERVAL: String(longest) }).otelMetricExportIntervalMs).toBe(longest);
});

test("a variable of ours that does not exist is named, with the one that was meant", () => {
  const [problem] = problemsOf({ FIRSTLIGHT_THREDS: "4" });
  expect(problem?.name).toBe("FIRSTLIGHT_THREDS");
  expect(problem?.expected).toContain("FIRSTLIGHT_THREADS");
});

test("a folder may hold a '~' in a name, and a home that is not replaced is told as such", () => {
  expect(loadSettings({ SCRATCH_BASE_PATH: "/data/jane~/x~1/~x" }).scratchBasePath).toBe("/data/jane~/x~1/~x");
  expect(failureOf({ SCRATCH_BASE_PATH: "~/scratch" }).message).toContain(
    `SCRATCH_BASE_PATH: expected a folder, without '~', which only a shell replaces; found "~/scratch"`,
  );
});

test("the variables of the project's own tests are let through", () => {
  expect(() => loadSettings({ FIRSTLIGHT_TEST_SERVERS: "localhost" })).not.toThrow();
});

test("an address of 127.0.0.1 with port 0 counts as not configured", () => {
  const none = '{"interservice-bus": {"mesh_address": "127.0.0.1", "mesh_port": 0}}';
  expect(loadSettings({ MESH_CONFIG: none }).meshConfig).toEqual({});
});

test("a name of the mesh that is almost one of ours is told with all that there are", () => {
  const message = failureOf({ MESH_CONFIG: '{"interservice-buss": {"mesh_address": "host", "mesh_port": 1}}' }).message;
  expect(message).toContain("an entry interservice-bus, perhaps; known are automated-processing-scratch-inventory, ");
  expect(message).toContain('found "interservice-buss"');
});

test("entries of the mesh that are for others are let through, also beside ours", () => {
  const at = { mesh_address: "host", mesh_port: 1 };
  const names = ["catalog-api", "otlp-logs-endpoint", "object-store-api", "object-store-apis"];
  const text = JSON.stringify(Object.fromEntries(names.map((name) => [name, at])));
  expect(Object.keys(loadSettings({ MESH_CONFIG: text }).meshConfig)).toEqual(names);
});

test("an address of IPv6 comes with the brackets of a URL or without", () => {
  for (const host of ["::1", "[::1]"]) {
    const text = JSON.stringify({ "object-store-api": { mesh_address: host, mesh_port: 9000 } });
    const env = { MESH_CONFIG: text, OBJECT_STORE_ACCESS_KEY: "a", OBJECT_STORE_SECRET_KEY: "b" };
    expect(loadSettings(env).meshConfig["object-store-api"]?.host).toBe("::1");
  }
});

test("the settings are frozen throughout", () => {
  const settings = loadSettings({ MESH_CONFIG: JSON.stringify(mesh) });
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
  expect(frozen(settings)).toBe(true);
});

describe("the report", () => {
  test("says of each setting where its value comes from, and shows no secret", () => {
    const env = { ISB_PASSWORD: "hunter2", BUILD_VERSION: "3" };
    const lines = settingsReport(loadSettings(env), env);
    expect(lines.find(({ name }) => name === "BUILD_VERSION")).toMatchObject({ value: "3", from: "environment" });
    expect(lines.find(({ name }) => name === "ISB_USERNAME")).toMatchObject({ value: "guest", from: "default" });
    expect(JSON.stringify(lines)).not.toContain("hunter2");
  });
});
