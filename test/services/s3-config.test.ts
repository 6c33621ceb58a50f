import { describe, expect, test } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";
import { s3Config } from "../../src/services/drivers/s3/s3-config.ts";
import { planDownload, planUpload } from "../../src/services/drivers/s3/s3-parts.ts";

const configOf = (env: Readonly<Record<string, object | string>>) =>
  s3Config(
    loadSettings(
      Object.fromEntries(
        Object.entries(env).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
      ),
    ),
  );
const mebibyte = 1024 ** 2;
const gibibyte = 1024 ** 3;

describe("the boto names", () => {
  test("of an environment that sets none are the defaults of docs/object-store.md", () => {
    const transfer = { thresholdBytes: 8 * mebibyte, partBytes: 8 * mebibyte, parallel: 10, attempts: 5 };
    expect(configOf({})).toEqual({
      client: {
        region: "us-east-1",
        connectTimeoutMs: 60_000,
        readTimeoutMs: 60_000,
        maxConnections: 10,
        maxAttempts: 3,
        retryMode: "standard",
        forcePathStyle: true,
        requestChecksums: "WHEN_REQUIRED",
        responseChecksums: "WHEN_REQUIRED",
        userAgent: undefined,
      },
      upload: transfer,
      download: transfer,
    });
  });

  test("are mapped", () => {
    const { client, upload, download } = configOf({
      S3_CLIENT_CONFIG: {
        region_name: "hawaii",
        signature_version: "s3v4",
        connect_timeout: 1.5,
        read_timeout: 7,
        max_pool_connections: 40,
        retries: { max_attempts: 4, mode: "adaptive" },
        s3: { addressing_style: "virtual" },
        request_checksum_calculation: "when_supported",
        user_agent_extra: "pipeline",
      },
      S3_UPLOAD_CONFIG: { multipart_threshold: 10, multipart_chunksize: 20, max_concurrency: 3 },
      S3_DOWNLOAD_CONFIG: { use_threads: false, num_download_attempts: 2, max_io_queue: 100, io_chunksize: 1024 },
    });
    expect(client).toEqual({
      region: "hawaii",
      connectTimeoutMs: 1500,
      readTimeoutMs: 7000,
      maxConnections: 40,
      maxAttempts: 5,
      retryMode: "adaptive",
      forcePathStyle: false,
      requestChecksums: "WHEN_SUPPORTED",
      responseChecksums: "WHEN_REQUIRED",
      userAgent: "pipeline",
    });
    expect(upload).toMatchObject({ thresholdBytes: 10, partBytes: 20, parallel: 3 });
    expect(download).toMatchObject({ parallel: 1, attempts: 2 });
    expect(configOf({ S3_CLIENT_CONFIG: { retries: { total_max_attempts: 1 } } }).client.maxAttempts).toBe(1);
  });

  test("MULTIPART_THRESHOLD is of uploads, and what S3_UPLOAD_CONFIG says wins", () => {
    const { upload, download } = configOf({ MULTIPART_THRESHOLD: "5" });
    expect([upload.thresholdBytes, download.thresholdBytes]).toEqual([5, 8 * mebibyte]);
    const both = configOf({ MULTIPART_THRESHOLD: "5", S3_UPLOAD_CONFIG: { multipart_threshold: 6 } });
    expect(both.upload.thresholdBytes).toBe(6);
  });

  test.each<readonly [setting: string, value: object, says: string]>([
    [
      "S3_CLIENT_CONFIG",
      { proxies: { http: "x" } },
      "S3_CLIENT_CONFIG: proxies: expected no proxies, as no proxy is gone",
    ],
    ["S3_CLIENT_CONFIG", { read_timout: 3 }, "S3_CLIENT_CONFIG: read_timout: expected read_timeout, perhaps"],
    ["S3_CLIENT_CONFIG", { signature_version: "s3" }, "S3_CLIENT_CONFIG: signature_version"],
    [
      "S3_CLIENT_CONFIG",
      { s3: { use_accelerate_endpoint: true } },
      "s3.use_accelerate_endpoint: expected one of addressing_style, payload_signing_enabled",
    ],
    ["S3_CLIENT_CONFIG", { s3: { adressing_style: "path" } }, "s3.adressing_style: expected addressing_style, perhaps"],
    ["S3_CLIENT_CONFIG", { retries: { tries: 2 } }, "retries.tries: expected one of max_attempts, total_max_attempts"],
    ["S3_CLIENT_CONFIG", { tcp_keepalive: false }, "connections are always kept alive"],
    ["S3_CLIENT_CONFIG", { region_name: "eu west" }, "region_name: expected what docs/object-store.md says of it"],
    ["S3_CLIENT_CONFIG", { region_name: "-eu" }, "no region: letters, digits and '-', 63 at most"],
    ["S3_CLIENT_CONFIG", { connect_timeout: 2_147_484 }, "connect_timeout"],
    ["S3_CLIENT_CONFIG", { read_timeout: 1e12 }, "more seconds than a timer takes, 2147483"],
    ["S3_UPLOAD_CONFIG", { max_bandwidth: 3 }, "S3_UPLOAD_CONFIG: max_bandwidth: expected no max_bandwidth, as no"],
    ["S3_DOWNLOAD_CONFIG", { max_concurrency: 0 }, "S3_DOWNLOAD_CONFIG: max_concurrency"],
  ])("%s %j is refused by name", (setting, value, says) => {
    expect(() => configOf({ [setting]: value })).toThrow(
      expect.objectContaining({ code: "SETTINGS_INVALID", message: expect.stringContaining(says) }),
    );
  });

  test.each(["us-east-1", "default", "EU", "my-zone-2"])("the region %s is taken", (region) => {
    expect(configOf({ S3_CLIENT_CONFIG: { region_name: region } }).client.region).toBe(region);
  });

  test("no value of S3_CLIENT_CONFIG is shown, which may hold credentials", () => {
    const config = { proxies: { http: "http://user:hunter2@proxy" }, region_name: 5, connect_timeout: "hunter2" };
    expect(() => configOf({ S3_CLIENT_CONFIG: config })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });
});

describe("the parts of an object", () => {
  const config = { thresholdBytes: 8 * mebibyte, partBytes: 8 * mebibyte, parallel: 10, attempts: 1 };
  const summary = (sizeBytes: number, change: Partial<typeof config> = {}) => {
    const { parts, parallel } = planUpload(sizeBytes, { ...config, ...change });
    return { count: parts.length, part: parts[0]?.sizeBytes, last: parts.at(-1)?.sizeBytes, parallel };
  };

  test.each([
    [0, { count: 0, part: undefined, last: undefined, parallel: 10 }],
    [1, { count: 1, part: 1, last: 1, parallel: 10 }],
    [8 * mebibyte - 1, { count: 1, part: 8 * mebibyte - 1, last: 8 * mebibyte - 1, parallel: 10 }],
    [8 * mebibyte, { count: 1, part: 8 * mebibyte, last: 8 * mebibyte, parallel: 10 }],
    [8 * mebibyte + 1, { count: 2, part: 8 * mebibyte, last: 1, parallel: 10 }],
    [10_000 * 8 * mebibyte, { count: 10_000, part: 8 * mebibyte, last: 8 * mebibyte, parallel: 10 }],
    [10_000 * 8 * mebibyte + 1, { count: 8_889, part: 9 * mebibyte, last: 8 * mebibyte + 1, parallel: 10 }],
    [5 * 1024 * gibibyte, { count: 9_987, part: 525 * mebibyte, last: 230 * mebibyte, parallel: 1 }],
    [10_000 * 5 * gibibyte, { count: 10_000, part: 5 * gibibyte, last: 5 * gibibyte, parallel: 1 }],
  ])("of %d bytes", (sizeBytes, expected) => {
    expect(summary(sizeBytes)).toEqual(expected);
  });

  test("more than 10,000 of 5 GiB are refused", () => {
    expect(() => summary(10_000 * 5 * gibibyte + 1)).toThrow(
      expect.objectContaining({ code: "OBJECT_TOO_LARGE", disposition: "invalid" }),
    );
  });

  test("are at least of 5 MiB, at most of 5 GiB, and more than 5 GiB never go in one piece", () => {
    expect(summary(12 * mebibyte, { thresholdBytes: 1, partBytes: 1 })).toMatchObject({ part: 5 * mebibyte, count: 3 });
    expect(summary(12 * gibibyte, { partBytes: 8 * gibibyte })).toMatchObject({ part: 5 * gibibyte, count: 3 });
    const never = { thresholdBytes: Number.MAX_SAFE_INTEGER };
    expect(summary(5 * gibibyte, never)).toMatchObject({ count: 1 });
    expect(summary(5 * gibibyte + 1, never).count).toBeGreaterThan(1);
  });

  test("follow each other without gap or overlap, and stay within the memory for them", () => {
    for (const sizeBytes of [13 * mebibyte + 7, 97 * mebibyte, 300 * mebibyte]) {
      const { parts } = planUpload(sizeBytes, config);
      let end = 0;
      for (const { offset, sizeBytes } of parts) {
        expect(offset).toBe(end);
        end += sizeBytes;
      }
      expect(end).toBe(sizeBytes);
    }
    expect(summary(300 * mebibyte, { partBytes: 100 * mebibyte }).parallel).toBe(2);
  });

  test("of a download lie in the range that is asked for", () => {
    const { parts } = planDownload({ offset: 100, sizeBytes: 20 * mebibyte }, config);
    expect(parts.map(({ offset }) => offset)).toEqual([100, 100 + 8 * mebibyte, 100 + 16 * mebibyte]);
    expect(parts.at(-1)?.sizeBytes).toBe(4 * mebibyte);
    expect(planDownload({ offset: 3, sizeBytes: 0 }, config).parts).toEqual([]);
  });
});
