import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ObjectStore } from "../../src/services/object-store.ts";
import { rejected } from "../fixtures/thrown.ts";
import { quickRetry } from "./graphql-store-at.ts";
import { s3StoreAt } from "./real/s3-store-at.ts";
import { page, type Reaction, scriptedHttp } from "./scripted-http.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const storeAt = (url: string): ObjectStore =>
  s3StoreAt(url.replace("://", "://key:secret@"), { retry: { ...quickRetry, tries: 2 } });

const xml =
  (name: string, inside: string): Reaction =>
  (response) =>
    response
      .writeHead(200, { "Content-Type": "application/xml" })
      .end(`<?xml version="1.0"?><${name}>${inside}</${name}>`);
const listed = (inside: string): Reaction =>
  xml("ListBucketResult", `<Contents><Key>a</Key><Size>1</Size></Contents>${inside}`);
const whole = listed("<IsTruncated>false</IsTruncated>");
const sameAgain = listed("<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>");
const nowhere = listed("<IsTruncated>true</IsTruncated>");
const empty: Reaction = (response) => response.writeHead(200, { "Content-Length": "0" }).end();

const unlike = {
  code: "OBJECT_STORE_UNREACHABLE",
  disposition: "retry",
  message: expect.stringMatching(/does not answer as S3 does: its answer has/),
};

test.each<readonly [what: string, reaction: Reaction, lacks: string]>([
  ["of a gateway", page(200), "no Content-Length"],
  ["without content", empty, "neither ETag nor Last-Modified"],
])("a page %s is no object of no bytes: the file stays as it was", async (_, reaction, lacks) => {
  await using folder = await temporaryFolder();
  await using server = await scriptedHttp(reaction);
  await using store = storeAt(server.url);
  const path = join(folder.path, "good");
  await writeFile(path, "good bytes");
  const error = await rejected(store.download("data", "k", path));
  expect(error).toMatchObject(unlike);
  expect(error.message).toContain(lacks);
  expect(await readFile(path, "utf8")).toBe("good bytes");
  expect(server.seen).toHaveLength(2);
});

test.each<readonly [work: string, reaction: Reaction, work: (store: ObjectStore) => Promise<unknown>]>([
  ["head", page(200), (store) => store.head("data", "k")],
  ["list", page(200), (store) => Array.fromAsync(store.list("data"))],
  ["list", listed(""), (store) => Array.fromAsync(store.list("data"))],
  ["list", nowhere, (store) => Array.fromAsync(store.list("data"))],
  ["delete", page(200), (store) => store.delete("data", ["k"])],
  ["delete", page(200), (store) => store.delete("data", ["k\u0001"])],
  ["removeFolderObjects", page(200), (store) => store.removeFolderObjects("data", "p")],
  ["removeUnfinished", page(200), async (store) => store.removeUnfinished?.("data", ["k"])],
  [
    "removeUnfinished",
    xml("ListMultipartUploadsResult", "<IsTruncated>true</IsTruncated>"),
    async (store) => store.removeUnfinished?.("data", ["k"]),
  ],
  ["put", page(200), (store) => store.put("data", "k", new Uint8Array(6 * 2 ** 20))],
])("%s takes no answer for one of S3 that is none (%#)", async (_, reaction, work) => {
  // Whoever takes it for an answer, and goes on, is to come to an end.
  await using server = await scriptedHttp(reaction, reaction, reaction, reaction, page(403));
  await using store = storeAt(server.url);
  expect(await rejected(work(store))).toMatchObject(unlike);
  expect(server.seen.length).toBeGreaterThan(1);
});

test("a list that goes on where it began ends with an error", async () => {
  await using server = await scriptedHttp(sameAgain, sameAgain, sameAgain, sameAgain, whole);
  await using store = storeAt(server.url);
  expect(await rejected(Array.fromAsync(store.list("data")))).toMatchObject(unlike);
  expect(server.seen).toHaveLength(3);
});

test("a gateway's page that passes is not seen", async () => {
  await using server = await scriptedHttp(page(200), whole);
  await using store = storeAt(server.url);
  expect(await Array.fromAsync(store.list("data"))).toEqual([{ bucket: "data", key: "a", sizeBytes: 1 }]);
});
