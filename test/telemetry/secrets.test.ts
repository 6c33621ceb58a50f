import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { redactor } from "../../src/core/redact.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { type Setting, settingsTable } from "../../src/core/settings-table.ts";
import { fixture, openCli } from "../cli/cli-process.ts";
import { startOtlpHttp } from "../servers/otlp-receiver.ts";

/** One of its own for each, so that a leak says whose it is. */
const secrets: string[] = [];
const secret = (name: string): string => {
  const value = `hush-${name}-7f/3+d`;
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
};

/** As it is, in a URL, in Base64: whose last character depends on what follows. */
function leaks(where: string, bytes: Buffer): readonly string[] {
  return secrets.flatMap((one) =>
    [one, encodeURIComponent(one), Buffer.from(one).toString("base64").replace(/=*$/, "").slice(0, -1)].flatMap(
      (form) => (bytes.includes(form) ? [`${where}: ${one}`] : []),
    ),
  );
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
}

test("every secret setting is among those that are given", () => {
  const names = Object.values<Setting>(settingsTable).flatMap(({ name, kind }) => (kind.secret ? [name] : []));
  expect(Object.keys(given)).toEqual(expect.arrayContaining(names));
  expect(() => loadSettings(given)).not.toThrow();
});

test("no secret is in anything that a run emits whose tasks tell all that they know", {
  timeout: 300_000,
}, async () => {
  await using cli = await openCli();
  await using collector = await startOtlpHttp();
  const to = `http://127.0.0.1:${collector.port}`;
  const env = {
    ...given,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: to,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: to,
    LOGURU_LEVEL: "TRACE",
    NODE_OPTIONS: "--report-on-fatalerror --report-uncaught-exception",
  };
  const run = [fixture("indiscreet.ts"), "--input", "l0", "--output", "out"];
  const ends = [];
  for (const args of [
    ["run", ...run, "--json", "--keep-scratch"],
    ["plan", ...run, "--json"],
    ["inspect", "1"],
    ["inspect", "1", "--json"],
    ["settings"],
  ]) {
    ends.push({ args, ...(await cli.run(args, env)) });
  }
  expect(ends.map(({ code }) => code)).toEqual([1, 0, 0, 0, 0]);
  // The search finds what is there: the run's own words, and the signs that something was taken out.
  const [first, , second] = ends;
  expect(first?.stdout).toContain("The store refuses [secret]");
  expect(first?.stderr).toContain("the password is [secret] or [secret]");
  expect(second?.stdout).toContain("amqp://guest:[secret]@bus");
  expect(collector.spans.map(({ name }) => name)).toContain("asking with [secret]");
  expect(collector.headers.some((headers) => String(headers.authorization).includes("hush-otlp"))).toBe(true);

  const files = await filesBelow(cli.folder);
  expect(files.some((path) => path.endsWith("runs.sqlite"))).toBe(true);
  expect(files.some((path) => /report\..*\.json$/.test(path))).toBe(true);
  expect(files.some((path) => path.includes("DEBUG"))).toBe(true);
  const found = [
    ...ends.flatMap(({ args, stdout, stderr }) => leaks(`the output of ${args[0]}`, Buffer.from(stdout + stderr))),
    ...(await Promise.all(files.map(async (path) => leaks(path, await readFile(path))))).flat(),
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
    const redact = redactor(given);
    for (const one of secrets) expect(redact(`<${one}>`)).toBe("<[secret]>");
    expect(redact("us-east-1 further.example in out")).toBe("us-east-1 further.example in out");
  });

  test("are none of fewer than six characters, and no default", () => {
    expect(redactor({ ISB_PASSWORD: "guest", GQL_AUTH_TOKEN: "abc" })("a guest of abc")).toBe("a guest of abc");
  });
});
