import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
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
  ["delete", (...all) => withIdOfOthers(page(200))(...all), (store) => store.delete("data", ["k\u0001"])],
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

const next = (token: string, key = token): Reaction =>
  xml(
    "ListBucketResult",
    `<Contents><Key>${key}</Key></Contents><IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`,
  );
const uploads = (inside: string): Reaction => xml("ListMultipartUploadsResult", inside);
const nextUploads = (id: string): Reaction =>
  uploads(
    `<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`,
  );
const oneUpload = uploads("<IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u</UploadId></Upload>");
const noContent: Reaction = (response) => response.writeHead(204).end();

test("a list that goes round by several places ends with an error, and gives no object of a page that leads back", async () => {
  const [a, b, c] = [next("a"), next("b"), next("c")];
  // Whoever goes round is to come to an end.
  await using server = await scriptedHttp(a, b, c, a, a, b, c, a, b, page(403));
  await using store = storeAt(server.url);
  const seen: string[] = [];
  const listing = async (): Promise<void> => {
    for await (const { key } of store.list("data")) seen.push(key);
  };
  expect(await rejected(listing())).toMatchObject(unlike);
  expect(seen).toHaveLength(3);
  expect(server.seen).toHaveLength(5);
});

test("so does one that goes round by places that are always new", async () => {
  const [a, b, c, d] = [next("1", "a"), next("2", "b"), next("3", "a"), next("4", "a")];
  await using server = await scriptedHttp(a, b, c, d, page(403));
  await using store = storeAt(server.url);
  const seen: string[] = [];
  const listing = async (): Promise<void> => {
    for await (const { key } of store.list("data")) seen.push(key);
  };
  expect(await rejected(listing())).toMatchObject(unlike);
  expect(seen).toEqual(["a", "b"]);
});

test("a list that leads back once goes on where it should when it is asked again", async () => {
  await using server = await scriptedHttp(next("a"), next("b"), next("a"), whole);
  await using store = storeAt(server.url);
  expect(await Array.fromAsync(store.list("data"))).toHaveLength(3);
  expect(server.seen.map(({ url = "" }) => new URL(url, "http://x").searchParams.get("continuation-token"))).toEqual([
    null,
    "a",
    "b",
    "b",
  ]);
});

test("nor does a list of uploads go round", async () => {
  const [a, b] = [nextUploads("a"), nextUploads("b")];
  await using server = await scriptedHttp(a, b, a, a, b, a, b, page(403));
  await using store = storeAt(server.url);
  expect(await rejected(store.removeUnfinished?.("data", ["k"]) ?? Promise.resolve())).toMatchObject(unlike);
  expect(server.seen).toHaveLength(4);
});

const pageOfUploads = (key: string, id: string, marker: string | undefined, says = ""): Reaction =>
  uploads(
    `${says}<IsTruncated>${marker !== undefined}</IsTruncated><Upload><Key>${key}</Key><UploadId>${id}</UploadId></Upload>${
      marker === undefined
        ? ""
        : `<NextKeyMarker>${marker}</NextKeyMarker><NextUploadIdMarker>${id}</NextUploadIdMarker>`
    }`,
  );
const saysUrl = "<EncodingType>url</EncodingType>";

test.each<readonly [what: string, key: string, listed: string, marker: string, says: string]>([
  ["Ceph, which encodes the key alone", "k/a+b", "k/a%2Bb", "k/a+b", ""],
  ["Ceph, which encodes the key alone", "k/a%7Eb", "k/a%257Eb", "k/a%7Eb", ""],
  ["Ceph, which encodes the key alone", "k/a%20b", "k/a%2520b", "k/a%20b", ""],
  ["S3, which encodes both", "k/a+b", "k/a%2Bb", "k/a%2Bb", saysUrl],
  ["S3, which encodes both", "k/a%7Eb", "k/a%257Eb", "k/a%257Eb", saysUrl],
  ["S3, which encodes both", "k/a b", "k/a+b", "k/a+b", saysUrl],
  ["a server that encodes both and does not say so", "k/a+b", "k/a%2Bb", "k/a%2Bb", ""],
  ["a server that encodes neither", "k/a+b", "k/a+b", "k/a+b", ""],
  ["a server that encodes neither", "k/a%7Eb", "k/a%7Eb", "k/a%7Eb", ""],
])("a list of uploads goes on after the last key of the page: %s (%s)", async (_, key, listedAs, marker, says) => {
  const pages = [pageOfUploads(listedAs, "u1", marker, says), pageOfUploads(listedAs, "u2", undefined, says)] as const;
  await using server = await scriptedHttp(...pages, noContent);
  await using store = storeAt(server.url);
  expect(await store.removeUnfinished?.("data", [key])).toBe(2);
  const [, second, ...removals] = server.seen.map(({ url = "" }) => new URL(url, "http://x"));
  expect(second?.searchParams.get("key-marker")).toBe(key);
  expect(second?.searchParams.get("upload-id-marker")).toBe("u1");
  expect(removals.map(({ pathname }) => decodeURIComponent(pathname))).toEqual([`/data/${key}`, `/data/${key}`]);
});

test("an upload whose listed key may mean two of those that were asked for is removed under either", async () => {
  const noUpload: Reaction = (response) =>
    response.writeHead(404, { "Content-Type": "application/xml" }).end("<Error><Code>NoSuchUpload</Code></Error>");
  await using server = await scriptedHttp(pageOfUploads("k/a%2Bb", "u", undefined), noUpload, noContent);
  await using store = storeAt(server.url);
  expect(await store.removeUnfinished?.("data", ["k/a%2Bb", "k/a+b"])).toBe(1);
  expect(server.seen.map(({ url = "" }) => new URL(url, "http://x").pathname)).toEqual([
    "/data/",
    "/data/k/a%252Bb",
    "/data/k/a%2Bb",
  ]);
});

/** What nginx does by `try_files … /index.html`, before the store or in its place. */
const everywhere: Reaction = (response, { method, headers }) => {
  const text = "<!doctype html><title>gateway</title>";
  const told = { ETag: '"5f-1"', "Last-Modified": "Wed, 12 Oct 2009 17:50:00 GMT", "Content-Type": "text/html" };
  const range = /bytes=(\d+)-(\d+)/.exec(headers.range ?? "");
  if (method !== "HEAD" && method !== "GET") return response.writeHead(405).end();
  if (range === null) return response.writeHead(200, { ...told, "Content-Length": text.length }).end();
  const [, from = "", to = ""] = range;
  return response
    .writeHead(206, { ...told, "Content-Range": `bytes ${from}-${to}/${text.length}` })
    .end(text.slice(Number(from), Number(to) + 1));
};

/** Of Amazon's other services. */
const withIdOfOthers =
  (reaction: Reaction): Reaction =>
  (response, request) =>
    reaction(response.setHeader("x-amzn-RequestId", "5b1b8c2e"), request);

test.each<readonly [what: string, reaction: Reaction]>([
  ["", everywhere],
  [" and an id that is none of S3", withIdOfOthers(everywhere)],
])("a gateway with a page for every path%s has no object: the file stays as it was", async (_, reaction) => {
  await using folder = await temporaryFolder();
  await using server = await scriptedHttp(reaction);
  await using store = storeAt(server.url);
  const path = join(folder.path, "good");
  await writeFile(path, "good bytes");
  expect(await rejected(store.download("data", "raw/frame.fits", path))).toMatchObject(unlike);
  expect(await rejected(store.head("data", "raw/frame.fits"))).toMatchObject(unlike);
  expect(await readFile(path, "utf8")).toBe("good bytes");
  expect(server.seen.map(({ method }) => method)).toEqual(Array.from({ length: 8 }, () => "HEAD"));
  // It may have pages for some folders and extensions only.
  expect(server.seen[1]?.url).toMatch(/^\/data\/raw\/[\da-f-]{36}\.fits$/);
});

test.each<readonly [what: string, headers: Readonly<Record<string, string>>, absent: number, requests: number]>([
  ["with the id that S3 gives a request", { "x-amz-request-id": "tx1" }, 404, 2],
  ["with metadata", { "x-amz-meta-groupname": "DATASET" }, 404, 2],
  ["without either", {}, 404, 3],
  ["without either, where nobody may list", {}, 403, 3],
])("a page that was stored is an object like others: %s", async (_, headers, absent, requests) => {
  const react: Reaction = (response, request) => {
    if (!request.url?.startsWith("/data/page.html")) return response.writeHead(absent).end();
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    return everywhere(response, request);
  };
  await using folder = await temporaryFolder();
  await using server = await scriptedHttp(react);
  await using store = storeAt(server.url);
  const path = join(folder.path, "page.html");
  expect(await store.download("data", "page.html", path)).toMatchObject({ contentType: "text/html", sizeBytes: 37 });
  expect(await readFile(path, "utf8")).toContain("<title>gateway");
  expect(server.seen).toHaveLength(requests);
});

test("an upload whose removal is answered by a gateway's page is removed again, and not said to be gone", async () => {
  await using server = await scriptedHttp(oneUpload, page(200), noContent);
  await using store = storeAt(server.url);
  expect(await store.removeUnfinished?.("data", ["k"])).toBe(1);
  expect(server.seen.map(({ method }) => method)).toEqual(["GET", "DELETE", "DELETE"]);
  await using deaf = await scriptedHttp(oneUpload, page(200));
  await using other = storeAt(deaf.url);
  expect(await rejected(other.removeUnfinished?.("data", ["k"]) ?? Promise.resolve())).toMatchObject(unlike);
});

test("a put that fails says by a line which parts may stay, where a gateway's page answers their removal", async () => {
  const begun = xml("InitiateMultipartUploadResult", "<UploadId>u</UploadId>");
  const react: Reaction = (response, request) => {
    const { method, url = "" } = request;
    if (method === "POST") return begun(response, request);
    return page(method === "DELETE" || !url.includes("partNumber") ? 200 : 403)(response, request);
  };
  await using server = await scriptedHttp(react);
  const lines: string[] = [];
  await using store = s3StoreAt(server.url.replace("://", "://key:secret@"), {
    retry: { ...quickRetry, tries: 2 },
    log: createLogger({ level: "WARNING", pretty: false, write: (line) => lines.push(JSON.parse(line).message) }),
  });
  expect(await rejected(store.put("data", "k", new Uint8Array(9 * 2 ** 20)))).toMatchObject({
    code: "OBJECT_STORE_ACCESS_REFUSED",
  });
  expect(lines.at(-1)).toMatch(/^Parts of the object k may stay in the bucket data, .*the status 200 in place of 204/);
  expect(server.seen.filter(({ method }) => method === "DELETE")).toHaveLength(4);
});

test("a gateway's page that passes is not seen", async () => {
  await using server = await scriptedHttp(page(200), whole);
  await using store = storeAt(server.url);
  expect(await Array.fromAsync(store.list("data"))).toEqual([{ bucket: "data", key: "a", sizeBytes: 1 }]);
});
