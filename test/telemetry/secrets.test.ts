import { readFile } from "node:fs/promises";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { redactor } from "../../src/core/redact.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { type Setting, settingsTable } from "../../src/core/settings-table.ts";
import { otlpReceiver } from "../../src/testing/otlp-receiver.ts";
import { fixture, openCli } from "../cli/cli-process.ts";
import { filesBelow, leaks, leaksInFiles } from "../fixtures/leaks.ts";

/** One of its own for each, so that a leak says whose it is; with characters that URLs, JSON and Base64 spell otherwise. */
const secrets: string[] = [];
const secret = (name: string): string => {
  const value = `hush-${name}-7f/3+d"\\ü`;
  secrets.push(value);
  return value;
};

const given = {
  ISB_PASSWORD: secret("isb"),
  GQL_AUTH_TOKEN: secret("gql"),
  OBJECT_STORE_ACCESS_KEY: secret("access"),
  OBJECT_STORE_SECRET_KEY: secret("secret"),
  S3_CLIENT_CONFIG: JSON.stringify({ aws_session_token: secret("s3client"), region_name: "us-east-1" }),
  S3_UPLOAD_CONFIG: JSON.stringify({ ExtraArgs: { SSECustomerKey: secret("s3upload") } }),
  S3_DOWNLOAD_CONFIG: JSON.stringify({ ExtraArgs: { SSECustomerKey: secret("s3download") } }),
  GLOBUS_INBOUND_CLIENT_CREDENTIALS: JSON.stringify([{ client_id: "in", client_secret: secret("inbound") }]),
  GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: JSON.stringify([{ client_id: "out", client_secret: secret("outbound") }]),
  OTEL_EXPORTER_OTLP_HEADERS: `authorization=${encodeURIComponent(`Bearer ${secret("otlp")}`)}`,
  MESH_CONFIG: JSON.stringify({ further: { mesh_address: "further.example", mesh_port: 1, password: secret("mesh") } }),
  DOCS_BASE_URL: `https://me:${encodeURIComponent(secret("docs"))}@docs.example/?api_key=${encodeURIComponent(secret("docskey"))}`,
};

/** No settings of this library: what clients of a task's own go by. */
const foreign = {
  MYCAM_PASSWORD: secret("mycam"),
  MYCAM_ARCHIVE: `pg://me:${encodeURIComponent(secret("archive"))}@archive.example/db`,
  MYCAM_PRIVATE_KEY: `-----BEGIN PRIVATE KEY-----\n${secret("key1")}\n${secret("key2")}\n-----END PRIVATE KEY-----`,
};

const known = [...secrets];

test("every secret setting is among those that are given", () => {
  const names = Object.values<Setting>(settingsTable).flatMap(({ name, kind }) => (kind.secret ? [name] : []));
  expect(Object.keys(given)).toEqual(expect.arrayContaining(names));
  expect(() => loadSettings(given)).not.toThrow();
});

test("no secret is in anything that a run emits whose tasks tell all that they know", {
  timeout: 300_000,
}, async () => {
  await using cli = await openCli();
  await using collector = await otlpReceiver();
  const to = `http://127.0.0.1:${collector.port}/v1`;
  const env = {
    ...given,
    ...foreign,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${to}/traces?api_key=${encodeURIComponent(secret("traces"))}`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${to}/metrics?api_key=${encodeURIComponent(secret("metrics"))}`,
    OTEL_RESOURCE_ATTRIBUTES: `mycam.note=${encodeURIComponent(given.ISB_PASSWORD)}`,
    LOGURU_LEVEL: "TRACE",
    NODE_OPTIONS: "--report-on-fatalerror --report-uncaught-exception",
  };
  const run = [fixture("indiscreet.ts"), "--input", "l0", "--output", "out"];
  const inProcess = ["run", ...run, "--in-process", "--fresh", "--workers", "1"];
  const ends = [];
  for (const { args, more = {} } of [
    { args: ["run", ...run, "--json", "--keep-scratch"] },
    { args: ["plan", ...run, "--json"] },
    { args: ["inspect", "1"] },
    { args: ["inspect", "1", "--json"] },
    { args: ["settings"] },
    { args: ["settings", "--json"] },
    { args: inProcess, more: { INDISCREET: "in-process" } },
    { args: inProcess, more: { INDISCREET: "uncaught" } },
  ]) {
    ends.push({ args, ...(await cli.run(args, { ...env, ...more })) });
  }
  const terminal = await cli.runOnTerminal(inProcess, { ...env, INDISCREET: "in-process" });
  ends.push({ args: ["run on a terminal"], stderr: "", ...terminal });
  expect(ends.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0, 0, 1, 1, 1]);
  // The search finds what is there: the run's own words, and the signs that something was taken out.
  const [first, , inspected, , settings, , own, uncaught] = ends;
  expect(first?.stdout).toContain("The store refuses [secret]");
  expect(first?.stderr).toContain("the password is [secret] or [secret]");
  expect(inspected?.stdout).toContain("nats://guest:[secret]@bus");
  expect(inspected?.stdout).toContain("nobody catches [secret]");
  expect(first?.stderr.match(/in pieces: \[secret\]/g)).toHaveLength(2);
  expect(settings?.stdout).toContain("DOCS_BASE_URL = https://me:[secret]@docs.example/?api_key=[secret]");
  expect(own?.stdout).toContain("imported with [secret]");
  expect(own?.stdout.match(/in pieces: \[secret\]/g)).toHaveLength(1);
  expect(own?.stderr).toMatch(/^in pieces: \[secret\]$/m);
  for (const printed of [own?.stdout, own?.stderr]) {
    expect(printed).toMatch(/^a long line: x{65520}\[secret\]é{70000}$/m);
    expect(printed).toMatch(/ no UTF-8: \[secret\] /);
  }
  expect(uncaught?.stderr).toContain("nobody catches [secret]");
  expect(terminal.stdout).toContain("in pieces: [secret]");
  expect(stripVTControlCharacters(terminal.stdout)).toMatch(/ERROR +the password is \[secret\] or \[secret\]/);
  expect(collector.spans.map(({ name }) => name)).toContain("asking with [secret]");
  expect(collector.spans.map(({ resource }) => resource["mycam.note"])).toContain("[secret]");
  expect(collector.points.find(({ name }) => name === "mycam.calls")?.attributes).toEqual({ with: "[secret]" });
  expect(collector.headers.some((headers) => String(headers.authorization).includes("hush-otlp"))).toBe(true);

  const files = await filesBelow(cli.folder);
  expect(files.some((path) => path.endsWith("runs.sqlite"))).toBe(true);
  expect(files.filter((path) => /report\..*\.json$/.test(path)).length).toBeGreaterThanOrEqual(3);
  const commandLines = files.filter((path) => path.includes("DEBUG"));
  expect((await Promise.all(commandLines.map((path) => readFile(path, "utf8")))).join()).toContain("attempt-process");
  const found = [
    ...ends.flatMap(({ args, stdout, stderr }) => leaks(`the output of ${args.join(" ")}`, stdout + stderr)),
    ...(await leaksInFiles(files)),
    ...collector.bodies.flatMap((body) => leaks("what the collector got", body)),
  ];
  expect(found).toEqual([]);
});

describe("settings that cannot be read", () => {
  test.each([
    ["MESH_CONFIG", JSON.stringify({ bus: { mesh_address: "user:hush-1@host", mesh_port: 1 } })],
    ["MESH_CONFIG", JSON.stringify({ bus: { mesh_address: "host", mesh_port: -1, password: "hush-1" } })],
    ["MESH_CONFIG", '{"bus": {"password": "hush-1'],
    ["S3_UPLOAD_CONFIG", '{"SSECustomerKey": "hush-1"'],
    ["GLOBUS_INBOUND_CLIENT_CREDENTIALS", '[{"client_secret": "hush-1"}]'],
    ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://user:hush-1@collector:4318"],
  ])("%s=%s", (name, text) => {
    const read = (): unknown => loadSettings({ [name]: text });
    expect(read).toThrow(name);
    expect(read).not.toThrow(/hush-1/);
  });
});

describe("secrets taken out of any text", () => {
  test("are those of secret settings, of JSON under a secret's name, and of headers for collectors", () => {
    const redact = redactor({ ...given, ...foreign });
    for (const one of known) expect(redact(`<${one}>`)).toBe("<[secret]>");
    expect(redact("us-east-1 further.example in out")).toBe("us-east-1 further.example in out");
  });

  test("are none of fewer than six characters, and no default", () => {
    expect(redactor({ ISB_PASSWORD: "guest", GQL_AUTH_TOKEN: "abc" })("a guest of abc")).toBe("a guest of abc");
  });
});
