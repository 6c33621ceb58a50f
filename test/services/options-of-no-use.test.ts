import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { OwnMetadataStore } from "../../src/services/metadata-store.ts";
import { rejected } from "../fixtures/thrown.ts";
import { amqpBusAt } from "./amqp-bus-at.ts";
import { graphqlStoreAt, quickRetry } from "./graphql-store-at.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Code without types may give anything. */
const none = undefined as never;
const nobody = "127.0.0.1:9";
const client = { clientId: "id", clientSecret: new Secret("hush") };
type Given = Readonly<Record<string, unknown>>;
const bus = (given: Given) => () => amqpBusAt(`amqp://u:p@${nobody}`, { exchange: "x", ...given }).declare([]);
const s3 = (given: Given) => async () => s3StoreAt(`http://a:b@${nobody}`, given);
const graphql = (given: Given) => async () => graphqlStoreAt(`http://${nobody}/`, given);
const globus = (given: Given) => async () =>
  globusTransfer({ objectStoreEndpoint: "a", scratchEndpoint: "b", inbound: [client], outbound: [client], ...given });

test.each<readonly [name: string, open: () => Promise<unknown>]>([
  ...[bus, s3, graphql].flatMap((open) =>
    [
      undefined,
      {},
      { ...quickRetry, tries: "3" },
      { ...quickRetry, jitterSeconds: 1 },
      { ...quickRetry, backoff: NaN },
    ].map((retry) => ["retry (RETRY_CONFIG)", async () => open({ retry })()] as const),
  ),
  ...[bus, s3].flatMap((open) =>
    [undefined, "9000", 0, 1.5, 70_000, Number.NaN].map((port) => ["port (", open({ port })] as const),
  ),
  ["requestTimeoutMs", graphql({ requestTimeoutMs: "x" })],
  ["requestTimeoutMs", graphql({ requestTimeoutMs: -5 })],
  ["maxRetries (GLOBUS_MAX_RETRIES)", globus({ maxRetries: "x" })],
  ["filesPerTask", globus({ filesPerTask: 0 })],
  ["filesPerTask", globus({ filesPerTask: Number.NaN })],
])("%s that is none is refused by name, and not tried", async (name, open) => {
  const error = await rejected(open());
  expect(error).toMatchObject({ code: "SETTINGS_INVALID", disposition: "invalid" });
  expect(error.message).toContain(`${name}`);
});

test.each<readonly [name: string, work: (store: OwnMetadataStore) => Promise<void>]>([
  ["A record of provenance", (store) => store.recordProvenance(none)],
  ["A registration", (store) => store.register(none)],
  ["A registration", (store) => store.register({ recipeRunId: 1, parts: none })],
])("%s that is none is refused by name", async (name, work) => {
  await using folder = await temporaryFolder();
  await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  expect(await rejected(work(store))).toMatchObject({
    code: "METADATA_ARGUMENT_INVALID",
    message: expect.stringContaining(name),
  });
});

test("nor does a server see a record of provenance that is none", async () => {
  await using store = graphqlStoreAt(`http://${nobody}/`);
  expect(await rejected(store.recordProvenance(none))).toMatchObject({ code: "METADATA_ARGUMENT_INVALID" });
});

test("a declaration that was stopped before it began declares nothing", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite") });
  await expect(
    bus.declare([{ routingKey: "a.m", queue: "a.q" }], AbortSignal.abort(new Error("enough"))),
  ).rejects.toThrow("enough");
  expect(await readdir(folder.path)).toEqual([]);
});
