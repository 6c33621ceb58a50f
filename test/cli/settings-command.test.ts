import { expect, test } from "vitest";
import { type Setting, settingsTable } from "../../src/core/settings-table.ts";
import { openCli } from "./cli-process.ts";

const marker = "TOPSECRET1";
const secretNames = Object.values<Setting>(settingsTable)
  .filter(({ kind }) => kind.secret)
  .map(({ name }) => name);

/** What the secret settings that are no plain text take. */
const shaped: Readonly<Record<string, string>> = {
  S3_CLIENT_CONFIG: JSON.stringify({ aws_secret_access_key: marker }),
  S3_UPLOAD_CONFIG: JSON.stringify({ SSECustomerKey: marker }),
  S3_DOWNLOAD_CONFIG: JSON.stringify({ SSECustomerKey: marker }),
  GLOBUS_INBOUND_CLIENT_CREDENTIALS: JSON.stringify([{ client_id: marker, client_secret: marker }]),
  GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: JSON.stringify([{ client_id: marker, client_secret: marker }]),
};

test("no secret setting shows in what `settings` prints", async () => {
  await using cli = await openCli();
  const env = Object.fromEntries(secretNames.map((name) => [name, shaped[name] ?? marker]));
  for (const args of [["settings"], ["settings", "--json"]]) {
    const { code, stdout, stderr } = await cli.run(args, env);
    expect(code).toBe(0);
    for (const name of secretNames) expect(stdout).toContain(name);
    expect(stdout + stderr).not.toContain(marker);
  }
});

test("neither a password nor a key in a URL shows in what `settings` prints", async () => {
  await using cli = await openCli();
  const env = {
    DOCS_BASE_URL: `https://me:${marker}@docs.example`,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `https://otel.example/v1/traces?api_key=${marker}&tenant=7`,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `https://otel.example/v1/metrics?X-Amz-Signature=${marker}`,
    OTEL_EXPORTER_OTLP_HEADERS: `x-api-key=${marker}`,
    OTEL_NODE_EXCLUDED_URLS: `["https://me:${marker}@h"]`,
    OTEL_RESOURCE_ATTRIBUTES: `deployment.key=${marker}`,
  };
  for (const args of [["settings"], ["settings", "--json"]]) {
    const { code, stdout, stderr } = await cli.run(args, env);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain("https://me:[secret]@docs.example");
    expect(stdout).toContain("traces?api_key=[secret]&tenant=7");
    expect(stdout + stderr).not.toContain(marker);
  }
});

test("nor in an error about settings that are wrong", async () => {
  await using cli = await openCli();
  const env = {
    GLOBUS_SDK_SERVICE_URL_AUTH: `https://me:${marker}@auth.example`,
    GLOBUS_SDK_SERVICE_URL_TRANSFER: `https://transfer.example/?token=${marker}`,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `otel.example?api_key=${marker}`,
    MESH_CONFIG: JSON.stringify({ bus: { mesh_address: `nats://me:${marker}@bus`, mesh_port: 1 } }),
  };
  const { code, stdout, stderr } = await cli.run(["settings", "--json"], env);
  expect(code).toBe(2);
  for (const name of Object.keys(env)) expect(stderr).toContain(name);
  expect(stdout + stderr).not.toContain(marker);
});

test("no secret setting shows in the error about settings that are wrong", async () => {
  await using cli = await openCli();
  const env = Object.fromEntries(secretNames.map((name) => [name, marker]));
  const { code, stdout, stderr } = await cli.run(["settings", "--json"], env);
  expect(code).toBe(2);
  for (const name of Object.keys(shaped)) expect(stderr).toContain(name);
  expect(stdout + stderr).not.toContain(marker);
});
