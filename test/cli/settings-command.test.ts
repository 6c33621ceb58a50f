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

test("no secret setting shows in the error about settings that are wrong", async () => {
  await using cli = await openCli();
  const env = Object.fromEntries(secretNames.map((name) => [name, marker]));
  const { code, stdout, stderr } = await cli.run(["settings", "--json"], env);
  expect(code).toBe(2);
  for (const name of Object.keys(shaped)) expect(stderr).toContain(name);
  expect(stdout + stderr).not.toContain(marker);
});
