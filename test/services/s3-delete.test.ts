import { expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { s3Config } from "../../src/services/drivers/s3/s3-config.ts";
import { s3ObjectStore } from "../../src/services/drivers/s3/s3-object-store.ts";
import { quickRetry } from "./graphql-store-at.ts";
import { type Reaction, scriptedHttp } from "./scripted-http.ts";

/** What S3 answers where some of many keys stay. */
const kept =
  (...errors: readonly (readonly [key: string, code: string])[]): Reaction =>
  (response) => {
    const staying = new Set(errors.map(([key]) => key));
    const gone = ["a", "b", "c"]
      .filter((key) => !staying.has(key))
      .map((key) => `<Deleted><Key>${key}</Key></Deleted>`);
    const list = errors.map(
      ([key, code]) => `<Error><Key>${key}</Key><Code>${code}</Code><Message>no</Message></Error>`,
    );
    response.writeHead(200, { "Content-Type": "application/xml" });
    response.end(`<?xml version="1.0"?><DeleteResult>${[...gone, ...list].join("")}</DeleteResult>`);
  };

function storeAt(url: string) {
  const { hostname, port } = new URL(url);
  const [accessKey, secretKey] = [new Secret("key"), new Secret("secret")];
  const config = s3Config(loadSettings({}));
  return s3ObjectStore({
    host: hostname,
    port: Number(port),
    useSsl: false,
    accessKey,
    secretKey,
    config,
    retry: quickRetry,
  });
}

test.each(["SlowDown", "InternalError", "ServiceUnavailable"])(
  "keys that stay for %s are deleted again",
  async (code) => {
    await using server = await scriptedHttp(kept(["b", code]), kept());
    await using store = storeAt(server.url);
    await store.delete("data", ["a", "b"]);
    expect(server.seen).toHaveLength(2);
  },
);

test("keys that stay busy are an error that may pass, and those that may not go one that does not", async () => {
  await using busy = await scriptedHttp(kept(["b", "SlowDown"]));
  await using store = storeAt(busy.url);
  await expect(store.delete("data", ["a", "b"])).rejects.toMatchObject({
    code: "OBJECT_STORE_UNREACHABLE",
    disposition: "retry",
    message: expect.stringMatching(/bucket data.*SlowDown/),
  });
  expect(busy.seen).toHaveLength(quickRetry.tries);
  await using refusing = await scriptedHttp(kept(["a", "AccessDenied"], ["c", "AccessDenied"]));
  await using other = storeAt(refusing.url);
  await expect(other.delete("data", ["a", "b", "c"])).rejects.toMatchObject({
    code: "OBJECT_STORE_ACCESS_REFUSED",
    disposition: "invalid",
    message: expect.stringMatching(
      /^2 objects of the bucket data .* first being a \(AccessDenied.*OBJECT_STORE_ACCESS_KEY/,
    ),
    fields: { keys: ["a", "c"] },
  });
  expect(refusing.seen).toHaveLength(1);
});

/** Its id tells an answer of S3 from a page. */
const done =
  (status: number, headers: Readonly<Record<string, string>> = {}): Reaction =>
  (response) =>
    response.writeHead(status, headers).end();

test("keys that the answer does not name are deleted one by one", async () => {
  await using server = await scriptedHttp(kept(), done(204));
  await using store = storeAt(server.url);
  await store.delete("data", ["a", "d", "e/ f", "b", "d"]);
  expect(server.seen.map(({ method, url = "" }) => `${method} ${url.split("?")[0]}`).sort()).toEqual([
    "DELETE /data/d",
    "DELETE /data/e/%20f",
    "POST /data/",
  ]);
  await using refusing = await scriptedHttp(kept(), done(403));
  await using other = storeAt(refusing.url);
  await expect(other.delete("data", ["a", "d"])).rejects.toMatchObject({ code: "OBJECT_STORE_ACCESS_REFUSED" });
});

test("a key that goes by itself may be answered 200 by a server that gives its request an id", async () => {
  await using server = await scriptedHttp(done(200, { "x-amz-request-id": "tx1" }));
  await using store = storeAt(server.url);
  await store.delete("data", ["k\u0001"]);
  expect(server.seen).toHaveLength(1);
});
