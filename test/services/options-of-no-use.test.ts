import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { amqpBus } from "../../src/services/drivers/amqp/amqp-bus.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import { graphqlMetadataStore } from "../../src/services/drivers/graphql/graphql-metadata-store.ts";
import { objectStoreTransfer } from "../../src/services/drivers/object-store-transfer.ts";
import { s3ObjectStore } from "../../src/services/drivers/s3/s3-object-store.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { ObjectStore } from "../../src/services/object-store.ts";
import { openServices } from "../../src/services/open-services.ts";
import { rejected } from "../fixtures/thrown.ts";
import { amqpBusAt } from "./amqp-bus-at.ts";
import { graphqlStoreAt, quickRetry } from "./graphql-store-at.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";

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
      { ...quickRetry, tries: -5 },
      { ...quickRetry, tries: Number.NEGATIVE_INFINITY },
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
  ...[null, 5, "x", [1], [-1, 2], [Number.NaN, 1], ["a", "b"]].map(
    (pollSeconds) => ["pollSeconds", globus({ pollSeconds })] as const,
  ),
  ...[undefined, null, 5, "x", {}, [null], ["x"]].flatMap((list) => [
    ["inbound (GLOBUS_INBOUND_CLIENT_CREDENTIALS)", globus({ inbound: list })] as const,
    ["outbound (GLOBUS_OUTBOUND_CLIENT_CREDENTIALS)", globus({ outbound: list })] as const,
  ]),
  ["clientId (GLOBUS_INBOUND_CLIENT_CREDENTIALS)", globus({ inbound: [{ ...client, clientId: 5 }] })],
  ...[undefined, null, 5, {}].map((config) => ["config", s3({ config })] as const),
  ...[undefined, null, "text", []].flatMap((options) =>
    [
      fsObjectStore,
      fsTransfer,
      s3ObjectStore,
      sqliteBus,
      sqliteMetadataStore,
      globusTransfer,
      objectStoreTransfer,
      amqpBus,
      graphqlMetadataStore,
    ].map((open) => [`options of ${open.name}`, async () => open(options as never)] as const),
  ),
  ...[undefined, null, "text", [], {}, { scratchBasePath: "/s" }].map(
    (settings) => ["settings of openServices", async () => openServices(settings as never)] as const,
  ),
  ...[null, "text", []].flatMap((it) => [
    ["options of openServices", async () => openServices(loadSettings({}), it as never)] as const,
    ["given: expected", async () => openServices(loadSettings({}), { given: it as never })] as const,
  ]),
  ...[undefined, null, 5, "", {}].flatMap((it) => [
    ["objectStoreEndpoint (OBJECT_STORE_ENDPOINT)", globus({ objectStoreEndpoint: it })] as const,
    ["scratchEndpoint (SCRATCH_ENDPOINT)", globus({ scratchEndpoint: it })] as const,
    ["username (ISB_USERNAME)", async () => bus({ username: it })()] as const,
  ]),
  ...[null, 5, "", {}].flatMap((it) => [
    ["scratchPath", globus({ scratchPath: it })] as const,
    ["scratchPath", async () => fsTransfer({ root: "/x", scratchPath: it as never })] as const,
    ["serviceName", graphql({ serviceName: it })] as const,
  ]),
  ["store", async () => objectStoreTransfer({} as never)],
  ["parallel", async () => objectStoreTransfer({ store: {} as never, parallel: 0 })],
  ["leaseMs", async () => sqliteBus({ path: "/x", leaseMs: "x" as never })],
  ...[{}, { root: "", path: "" }, { root: 5, path: 5 }].flatMap((options) => [
    ["root: expected a text", async () => fsObjectStore(options as never)] as const,
    ["root: expected a text", async () => fsTransfer(options as never)] as const,
    ["path: expected a text", async () => sqliteBus(options as never)] as const,
    ["path: expected a text", async () => sqliteMetadataStore(options as never)] as const,
  ]),
])("%s that is none is refused by name, and not tried", async (name, open) => {
  const error = await rejected(open());
  expect(error).toMatchObject({ code: "SETTINGS_INVALID", disposition: "invalid" });
  expect(error.message).toContain(`${name}`);
});

describe.each<readonly [name: string, open: (root: string) => ObjectStore]>([
  ["fs", (root) => fsObjectStore({ root })],
  ["s3", () => s3StoreAt(`http://a:b@${nobody}`, { retry: { ...quickRetry, tries: 1 } })],
])("an object store of the driver %s refuses by name", (_, open) => {
  const one = new Uint8Array(1);
  test.each<readonly [what: string, code: string, work: (store: ObjectStore) => Promise<unknown>]>([
    ...[null, "text", 5, []].map(
      (options) =>
        [
          "options of put",
          "SETTINGS_INVALID",
          (store: ObjectStore) => store.put("b", "k", one, options as never),
        ] as const,
    ),
    ...[null, "text", 5, ["a"]].map(
      (metadata) =>
        [
          "metadata",
          "OBJECT_METADATA_ILLEGAL",
          (store: ObjectStore) => store.put("b", "k", one, { metadata: metadata as never }),
        ] as const,
    ),
    ...[null, "text", 5, {}].flatMap((given) => {
      const signal = given as never;
      return [
        ["signal", "SETTINGS_INVALID", (store: ObjectStore) => store.put("b", "k", one, { signal })],
        ["signal", "SETTINGS_INVALID", (store: ObjectStore) => store.get("b", "k", signal)],
        ["signal", "SETTINGS_INVALID", (store: ObjectStore) => store.download("b", "k", "/nowhere/k", signal)],
        ["signal", "SETTINGS_INVALID", (store: ObjectStore) => Array.fromAsync(store.list("b", "", signal))],
        ["signal", "SETTINGS_INVALID", (store: ObjectStore) => store.delete("b", ["k"], signal)],
      ] as const;
    }),
    ...[undefined, null, 5, "", {}].map(
      (path) =>
        [
          "path of download",
          "SETTINGS_INVALID",
          (store: ObjectStore) => store.download("b", "k", path as never),
        ] as const,
    ),
    // Neither becomes a text by itself.
    ...[Symbol("x"), Object.create(null)].flatMap((given) => {
      const text = given as never;
      return [
        ["name of a bucket", "OBJECT_BUCKET_ILLEGAL", (store: ObjectStore) => store.head(text, "k")],
        ["key of an object", "OBJECT_KEY_ILLEGAL", (store: ObjectStore) => store.head("b", text)],
        ["a list of keys", "OBJECT_KEY_ILLEGAL", (store: ObjectStore) => store.delete("b", text)],
        ["beginning of keys", "OBJECT_KEY_ILLEGAL", (store: ObjectStore) => Array.fromAsync(store.list("b", text))],
      ] as const;
    }),
    ...[null, 5, {}].flatMap((given) => {
      const prefix = given as never;
      return [
        ["beginning of keys", "OBJECT_KEY_ILLEGAL", (store: ObjectStore) => Array.fromAsync(store.list("b", prefix))],
        ["beginning of keys", "OBJECT_KEY_ILLEGAL", (store: ObjectStore) => store.removeFolderObjects("b", prefix)],
      ] as const;
    }),
  ])("%s that is none (%#)", async (what, code, work) => {
    await using folder = await temporaryFolder();
    await using store = open(folder.path);
    const error = await rejected(work(store));
    expect(error).toMatchObject({ code, disposition: "invalid" });
    expect(error.message).toContain(what);
    expect(await readdir(folder.path)).toEqual([]);
  });
});

test("an address is given for no options that are none", async () => {
  await using store = s3StoreAt(`http://a:b@${nobody}`);
  expect(await rejected(Promise.resolve(store.presign?.("b", "k", null as never)))).toMatchObject({
    code: "SETTINGS_INVALID",
    message: expect.stringContaining("options of presign"),
  });
});

test("a declaration that was stopped before it began declares nothing", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite") });
  await expect(
    bus.declare([{ routingKey: "a.m", queue: "a.q" }], AbortSignal.abort(new Error("enough"))),
  ).rejects.toThrow("enough");
  expect(await readdir(folder.path)).toEqual([]);
});
