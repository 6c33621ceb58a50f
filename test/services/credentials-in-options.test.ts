import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { redisInventory } from "../../src/scratch/drivers/redis.ts";
import type { GlobusTransferOptions } from "../../src/services/drivers/globus/globus-transfer.ts";
import { globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import { rejected } from "../fixtures/thrown.ts";
import { amqpBusAt, amqpOptionsAt } from "./amqp-bus-at.ts";
import { graphqlStoreAt } from "./graphql-store-at.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";
import { page, scriptedHttp } from "./scripted-http.ts";

const nobody = "127.0.0.1:9";
const client = { clientId: "id", clientSecret: new Secret("hush") };
const globus = (options: Partial<GlobusTransferOptions>) => async () =>
  globusTransfer({ objectStoreEndpoint: "a", scratchEndpoint: "b", inbound: [client], outbound: [client], ...options });
const bus = (host: string) => () => amqpBusAt(`amqp://u:p@${nobody}`, { exchange: "x", host }).declare([]);
const redis = (host: string) => async () =>
  redisInventory({ host, port: 9, recipeRunId: 1, dbCount: 16, clientName: "test" });
const s3 = (host: string) => async () => s3StoreAt(`http://a:b@${nobody}`, { host });

const withUser = [
  `https://me:hush@${nobody}/x`,
  `https://hush@${nobody}`,
  `me:hu@sh/hush@${nobody}`,
  "http://me:hush@[::1",
];

test.each([
  ...withUser.flatMap((url) => [
    ["url", url, async () => graphqlStoreAt(url)] as const,
    ["authUrl", url, globus({ authUrl: url })] as const,
    ["transferUrl", url, globus({ transferUrl: url })] as const,
  ]),
  ...["amqp://me:hush@h", "me:hush@h", "http://hush@h", "me:hu@sh/hush@h"].flatMap((host) => [
    ["host", host, bus(host)] as const,
    ["host", host, s3(host)] as const,
    ["host", host, redis(host)] as const,
  ]),
])("the option %s with user and password, %s, is refused by name, and does not show them", async (name, _, open) => {
  const error = await rejected(open());
  expect(error).toMatchObject({ code: "SETTINGS_INVALID", disposition: "invalid" });
  expect(error.message).toContain(`${name} (`);
  expect(inspect(error, { depth: 9 })).not.toMatch(/hu@?sh/);
});

test("a key in the query of the metadata store's URL is sent, and not shown", async () => {
  await using server = await scriptedHttp(page(403));
  await using store = graphqlStoreAt(`${server.url}?api_key=hush-key`);
  const error = await rejected(store.recipeRun(1));
  expect(error.code).toBe("METADATA_STORE_ACCESS_REFUSED");
  expect(inspect(error, { depth: 9 })).not.toContain("hush");
  expect(error.message).toContain("?api_key=[secret]");
});

const text = "hush" as unknown as Secret;

test.each<readonly [name: string, open: () => Promise<unknown>]>([
  ["authToken (GQL_AUTH_TOKEN)", async () => graphqlStoreAt("http://h/", { authToken: text })],
  ["clientSecret (GLOBUS_INBOUND", globus({ inbound: [{ ...client, clientSecret: text }] })],
  ["clientSecret (GLOBUS_OUTBOUND", globus({ outbound: [{ ...client, clientSecret: text }] })],
  ["accessKey (OBJECT_STORE_ACCESS_KEY)", async () => s3StoreAt(`http://a:b@${nobody}`, { accessKey: text })],
  ["secretKey (OBJECT_STORE_SECRET_KEY)", async () => s3StoreAt(`http://a:b@${nobody}`, { secretKey: text })],
  [
    "password (ISB_PASSWORD)",
    () =>
      amqpBusAt(`amqp://u:p@${nobody}`, {
        ...amqpOptionsAt(`amqp://u:p@${nobody}`),
        exchange: "x",
        password: text,
      }).declare([]),
  ],
])("a text in place of a Secret is refused by name: %s", async (name, open) => {
  const error = await rejected(open());
  expect(error).toMatchObject({ code: "SETTINGS_INVALID", message: expect.stringContaining(name) });
  expect(inspect(error, { depth: 9 })).not.toContain("hush");
});
