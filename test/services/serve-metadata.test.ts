import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { OwnMetadataStore } from "../../src/services/metadata-store.ts";
import { type MetadataServer, serveMetadata } from "../../src/testing/serve-metadata.ts";
import { temporaryFolder } from "./temporary-folder.ts";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let store: OwnMetadataStore;
let server: MetadataServer;
const logged: string[] = [];

beforeAll(async () => {
  folder = await temporaryFolder();
  store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  const log = createLogger({ level: "INFO", pretty: false, write: (line) => logged.push(line) });
  server = await serveMetadata({ store, authToken: "t", log });
  await store.register({ recipeRunId: 1, parts: [], configuration: { a: [1] } });
  await store.register({ recipeRunId: 2 ** 40, parts: [] });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function ask(query: unknown, init: RequestInit = {}) {
  const headers = { "Content-Type": "application/json", Authorization: "t" };
  const response = await fetch(server.url, { method: "POST", headers, body: JSON.stringify({ query }), ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, answer: text === "" ? {} : JSON.parse(text) };
}

const provenance = (versions: string) =>
  `mutation {createRecipeRunProvenance(createParams: {recipeRunId: 1, inputDatasetId: 1, isTaskManual: true, taskName: "T", workflowVersion: "1", libraryVersions: ${JSON.stringify(versions)}}){recipeRunProvenanceId isTaskManual taskName codeVersion}}`;

test("shows what it was told, and beyond the facility's operations what only one's own shows", async () => {
  const made = await ask(
    'mutation {createRecipeRunStatus(createParams: {recipeRunStatusName: "PAUSED", isComplete: false, recipeRunStatusDescription: "later"}){recipeRunStatusId}}',
  );
  const id = made.answer.data.createRecipeRunStatus.recipeRunStatusId;
  const again = await ask(
    'mutation {createRecipeRunStatus(createParams: {recipeRunStatusName: "PAUSED", isComplete: true, recipeRunStatusDescription: "x"}){recipeRunStatusId isComplete}}',
  );
  expect(again.answer.data.createRecipeRunStatus).toEqual({ recipeRunStatusId: id, isComplete: false });
  await ask(`mutation {updateRecipeRun(updateParams: {recipeRunId: 1, recipeRunStatusId: ${id}}){recipeRunId}}`);
  const recorded = await ask(provenance('{"zod": "4"}'));
  expect(recorded.answer.data.createRecipeRunProvenance).toEqual({
    recipeRunProvenanceId: 1,
    isTaskManual: true,
    taskName: "T",
    codeVersion: null,
  });
  await ask(
    'mutation {createDatasetCatalogReceiptAccount(createParams: {datasetId: "AB", expectedObjectCount: 3}){datasetCatalogReceiptAccountId}}',
  );
  const { answer } = await ask(
    '{recipeRuns{recipeRunId configuration recipeRunStatus{recipeRunStatusName} recipeRunProvenances{taskName libraryVersions}} recipeRunStatuses{recipeRunStatusName} datasetCatalogReceiptAccounts(filterParams: {datasetId: "AB"}){expectedObjectCount}}',
  );
  expect(answer).toEqual({
    data: {
      // GraphQL cannot number the other.
      recipeRuns: [
        {
          recipeRunId: 1,
          configuration: '{"a": [1]}',
          recipeRunStatus: { recipeRunStatusName: "PAUSED" },
          recipeRunProvenances: [{ taskName: "T", libraryVersions: '{"zod": "4"}' }],
        },
      ],
      recipeRunStatuses: [{ recipeRunStatusName: "PAUSED" }],
      datasetCatalogReceiptAccounts: [{ expectedObjectCount: 3 }],
    },
  });
  expect((await store.record(1)).status).toBe("PAUSED");
});

describe("refuses, and goes on", () => {
  test.each([
    ["a query that is none", "{", /Syntax Error/],
    ["a field that there is not", "{recipeRun{recipeRunId}}", /Cannot query field/],
    ["parameters outside of their argument", "{recipeRuns(recipeRunId: 1){recipeRunId}}", /Unknown argument/],
    ["a number beyond GraphQL's", "{recipeRuns(filterParams: {recipeRunId: 2147483648}){recipeRunId}}", /32-bit/],
    ["a query that is no text", 7, /query/i],
    ["versions that are no JSON", provenance("{"), /libraryVersions/],
    ["versions that are a list", provenance('["zod"]'), /libraryVersions/],
    [
      "a status that there is not",
      "mutation {updateRecipeRun(updateParams: {recipeRunId: 1, recipeRunStatusId: 99}){recipeRunId}}",
      /no status 99/,
    ],
    ["a run that there is not", provenance("{}").replace("recipeRunId: 1", "recipeRunId: 9"), /knows no recipe run 9/],
  ])("%s", async (_, query, message) => {
    const before = await store.record(1);
    const { answer } = await ask(query);
    expect(answer.errors[0].message).toMatch(message);
    expect(await store.record(1)).toEqual(before);
    expect((await ask("{recipeRuns{recipeRunId}}")).answer.data.recipeRuns).toHaveLength(1);
  });

  test.each([
    ["no token", {}],
    ["another token", { Authorization: "T" }],
    ["a token with a scheme", { Authorization: "Bearer t" }],
  ])("%s", async (_, headers) => {
    const refused = await ask("{recipeRuns{recipeRunId}}", {
      headers: { "Content-Type": "application/json", ...headers },
    });
    expect([refused.status, refused.answer.errors[0].extensions.code]).toEqual([401, "UNAUTHENTICATED"]);
    expect(refused.answer.data).toBeUndefined();
  });

  test("a body of 30 MB before it comes, and one that is no JSON", async () => {
    const head = "POST /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: t\r\nContent-Type: application/json";
    const socket = connect(server.port, server.host).setEncoding("utf8");
    socket.write(`${head}\r\nContent-Length: 30000000\r\n\r\n{`);
    const [answer] = await once(socket, "data");
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect((await ask("", { body: "\u0000{" })).status).toBe(400);
  });

  test("a page of another origin", async () => {
    const headers = { "Content-Type": "application/json", Authorization: "t", Origin: "http://evil.example" };
    const { headers: answered } = await ask("{recipeRuns{recipeRunId}}", { headers });
    expect(answered.get("access-control-allow-origin")).toBeNull();
  });

  test("another path", async () => {
    const response = await fetch(new URL("/metrics", server.url), { headers: { Authorization: "t" } });
    expect([response.status, await response.text()]).toEqual([404, expect.stringContaining("GraphQL is at /graphql")]);
  });
});

test.each([
  "GET // HTTP/1.1\r\nHost: x",
  "GET /graphql?query=%zz HTTP/1.1\r\nHost: x\r\nAuthorization: t",
  "POST /graphql HTTP/1.1\r\nHost: [\r\nAuthorization: t\r\nContent-Type: application/json\r\nContent-Length: 2",
  "GET /graphql HTTP/1.1\r\nHost: a b/c\r\nAuthorization: t",
  "GET http://[ HTTP/1.1\r\nHost: x",
  "DELETE /graphql HTTP/1.1\r\nHost: x\r\nAuthorization: t",
  "nonsense",
])("outlives the request %j", async (request) => {
  const socket = connect(server.port, server.host);
  const closed = new Promise((resolve) =>
    socket
      .once("close", resolve)
      .on("error", () => {})
      .resume(),
  );
  socket.end(`${request}\r\nConnection: close\r\n\r\n{}`);
  await closed;
  expect((await ask("{recipeRuns{recipeRunId}}")).status).toBe(200);
});

test("what goes wrong inside is in its log, and not in its answer", async () => {
  const broken = { ...store, runs: () => Promise.reject(new Error("disk /var/secret is full")) };
  const log = createLogger({ level: "INFO", pretty: false, write: (line) => logged.push(line) });
  await using other = await serveMetadata({ store: broken, log });
  const response = await fetch(other.url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: "dev" },
    body: '{"query": "{recipeRuns{recipeRunId}}"}',
  });
  expect(await response.text()).not.toContain("disk");
  expect(logged.join("")).toContain("disk /var/secret is full");
});

test.each(["/", "/graphql"])("shows a browser a page at %s that loads nothing from anywhere", async (path) => {
  const response = await fetch(new URL(path, server.url), { headers: { Accept: "text/html,*/*" } });
  const html = await response.text();
  expect(html).toContain("<title>Metadata store</title>");
  expect(html).not.toMatch(/\b(src|href)\s*=|https?:|@import|url\(/);
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; connect-src 'self';/);
});

test("the queries that the page offers are answered", async () => {
  const html = await (await fetch(new URL("/", server.url), { headers: { Accept: "text/html" } })).text();
  const queries = JSON.parse(/const queries = (.*);/.exec(html)?.[1] ?? "{}") as Record<string, string>;
  expect(Object.keys(queries).length).toBeGreaterThan(3);
  for (const query of Object.values(queries)) {
    const { answer } = await ask(query);
    expect([query, answer.errors]).toEqual([query, undefined]);
  }
});

test("a port that is taken is refused by name", async () => {
  await expect(serveMetadata({ store, port: server.port })).rejects.toMatchObject({
    code: "SERVER_CANNOT_LISTEN",
    message: expect.stringContaining(`port ${server.port}`),
  });
});

test("it ends while somebody has not finished asking", async () => {
  const other = await serveMetadata({ store });
  const socket = connect(other.port, other.host);
  await new Promise((resolve) =>
    socket.write("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{", resolve),
  );
  const ended = new Promise((resolve) => socket.once("close", resolve).resume());
  socket.on("error", () => {});
  await other[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await ended;
  await expect(fetch(other.url)).rejects.toThrow();
});
