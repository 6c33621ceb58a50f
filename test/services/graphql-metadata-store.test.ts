import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { graphqlStoreAt, quickRetry } from "./graphql-store-at.ts";
import { breakOff, data, hangUp, json, page, type Reaction, scriptedHttp, silence } from "./scripted-http.ts";

const run = {
  recipeInstance: { recipeId: 3, inputDatasetId: 4 },
  recipeInstanceId: 5,
  recipeRunProvenances: [{ recipeRunProvenanceId: 6, isTaskManual: true }],
  configuration: '{"teardown_enabled": false}',
};
const runs = data({ recipeRuns: [run] });
const part = (id: number, type: string, document = "[]") => ({
  inputDatasetPart: {
    inputDatasetPartId: id,
    inputDatasetPartDocument: document,
    inputDatasetPartType: { inputDatasetPartTypeName: type },
  },
});
const datasets = (...parts: readonly object[]) =>
  data({
    recipeRuns: [
      { recipeInstance: { inputDataset: { inputDatasetId: 4, isActive: true, inputDatasetInputDatasetParts: parts } } },
    ],
  });
const record = {
  recipeRunId: 1,
  inputDatasetId: 4,
  isTaskManual: false,
  taskName: 'A"b\\',
  libraryVersions: { zod: "4.6.7" },
  workflowVersion: "1.0",
};
const recorded = data({ createRecipeRunProvenance: { recipeRunProvenanceId: 7, isTaskManual: false } });

/** A server that has too much to do, and says how long it wants to be left alone. */
const busy =
  (status: number, retryAfter: string): Reaction =>
  (response) =>
    response.writeHead(status, { "Retry-After": retryAfter }).end();

/** A log whose lines are kept. */
function keptLog() {
  const lines: string[] = [];
  return { lines, log: createLogger({ level: "TRACE", pretty: false, write: (line) => lines.push(line) }) };
}

describe("a call", () => {
  test("is the Python stack's: a POST with its headers, and the values in the text of the query", async () => {
    await using server = await scriptedHttp(
      runs,
      datasets(part(1, "parameters")),
      data({ recipeRunStatuses: [] }),
      data({ createRecipeRunStatus: { recipeRunStatusId: 9 } }),
      data({ updateRecipeRun: { recipeRunId: 1 } }),
      recorded,
      recorded,
      data({ createDatasetCatalogReceiptAccount: { datasetCatalogReceiptAccountId: 1 } }),
    );
    await using store = graphqlStoreAt(server.url, { authToken: new Secret("t0ken") });
    await store.recipeRun(1);
    await store.inputDataset(1);
    await store.setStatus(1, "COMPLETEDSUCCESSFULLY");
    await store.recordProvenance(record);
    await store.recordProvenance({ ...record, codeVersion: "abc" });
    await store.createReceiptAccount("AAAAAA", 12);
    for (const { method, url, headers } of server.seen) {
      expect([method, url]).toEqual(["POST", "/graphql"]);
      expect(headers).toMatchObject({
        authorization: "t0ken",
        "service-name": "firstlight",
        "content-type": "application/json",
      });
    }
    const provenance =
      'createParams: {inputDatasetId: 4, isTaskManual: false, recipeRunId: 1, taskName: "A\\"b\\\\", libraryVersions: "{\\"zod\\": \\"4.6.7\\"}", workflowVersion: "1.0"';
    const response = "{recipeRunProvenanceId isTaskManual}";
    expect(server.seen.map(({ body }) => JSON.parse(body))).toEqual([
      {
        query:
          "{recipeRuns(filterParams: {recipeRunId: 1}){recipeInstance{recipeId inputDatasetId} recipeInstanceId recipeRunProvenances{recipeRunProvenanceId isTaskManual} configuration}}",
      },
      {
        query:
          "{recipeRuns(filterParams: {recipeRunId: 1}){recipeInstance{inputDataset{inputDatasetId isActive inputDatasetInputDatasetParts{inputDatasetPart{inputDatasetPartId inputDatasetPartDocument inputDatasetPartType{inputDatasetPartTypeName}}}}}}}",
      },
      {
        query: '{recipeRunStatuses(filterParams: {recipeRunStatusName: "COMPLETEDSUCCESSFULLY"}){recipeRunStatusId}}',
      },
      {
        query:
          'mutation createRecipeRunStatus {createRecipeRunStatus(createParams: {recipeRunStatusName: "COMPLETEDSUCCESSFULLY", isComplete: true, recipeRunStatusDescription: "Recipe run has been processed"}){recipeRunStatusId}}',
        operationName: "createRecipeRunStatus",
      },
      {
        query:
          "mutation updateRecipeRun {updateRecipeRun(updateParams: {recipeRunId: 1, recipeRunStatusId: 9}){recipeRunId}}",
        operationName: "updateRecipeRun",
      },
      {
        query: `mutation createRecipeRunProvenance {createRecipeRunProvenance(${provenance}})${response}}`,
        operationName: "createRecipeRunProvenance",
      },
      {
        query: `mutation createRecipeRunProvenance {createRecipeRunProvenance(${provenance}, codeVersion: "abc"})${response}}`,
        operationName: "createRecipeRunProvenance",
      },
      {
        query:
          'mutation createDatasetCatalogReceiptAccount {createDatasetCatalogReceiptAccount(createParams: {datasetId: "AAAAAA", expectedObjectCount: 12}){datasetCatalogReceiptAccountId}}',
        operationName: "createDatasetCatalogReceiptAccount",
      },
    ]);
    // The pool may open a second while the first is being given back to it.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test.each<readonly [what: string, fault: Reaction]>([
    ["404", page(404)],
    ["429", page(429, "slow down")],
    ["502", page(502)],
    ["504", page(504)],
    ["503", json(503, { errors: [{ message: "not now" }] })],
    ["a connection that ends", hangUp],
    ["an answer that breaks off", breakOff],
  ])("is tried again after %s, and every wait is logged", async (_, fault) => {
    await using server = await scriptedHttp(fault, fault, runs);
    const { lines, log } = keptLog();
    await using store = graphqlStoreAt(server.url, { log });
    expect(await store.recipeRun(1)).toEqual({
      recipeRunId: 1,
      recipeInstanceId: 5,
      recipeId: 3,
      inputDatasetId: 4,
      configuration: { teardown_enabled: false },
      provenances: run.recipeRunProvenances,
    });
    const waits = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "WARNING");
    expect(waits.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(waits[0].message).toContain(`No answer to recipeRuns from the metadata store at ${server.url}`);
  });

  test.each([
    ["an internal error", { code: "INTERNAL_SERVER_ERROR" }, "retry"],
    ["any other", { code: "BAD_USER_INPUT" }, "fatal"],
    ["one without a code", undefined, "fatal"],
  ])("%s of status 200 ends the call at once, and the attempt by its kind", async (_, extensions, disposition) => {
    const errors = [{ message: "Unexpected error.", ...(extensions === undefined ? {} : { extensions }) }];
    await using server = await scriptedHttp(json(200, { errors, data: null }), runs);
    await using store = graphqlStoreAt(server.url);
    await expect(store.recipeRun(1)).rejects.toMatchObject({ code: "METADATA_STORE_REFUSED", disposition });
    expect(server.seen).toHaveLength(1);
  });

  test("is given up after the tries that RETRY_CONFIG names, and without end after eleven", async () => {
    await using server = await scriptedHttp(page(503));
    await using three = graphqlStoreAt(server.url);
    await expect(three.recipeRun(1)).rejects.toMatchObject({
      code: "METADATA_STORE_UNREACHABLE",
      disposition: "retry",
      message: expect.stringContaining("HTTP 503 (3 tries)"),
      fields: { url: server.url, operation: "recipeRuns" },
    });
    expect(server.seen.length).toBe(3);
    await using endless = graphqlStoreAt(server.url, { retry: { ...quickRetry, delaySeconds: 0, tries: -1 } });
    await expect(endless.recipeRun(1)).rejects.toMatchObject({ code: "METADATA_STORE_UNREACHABLE" });
    expect(server.seen.length).toBe(3 + 11);
  });

  test.each([429, 503])("after %i is tried again no earlier than the server asks for", async (status) => {
    await using server = await scriptedHttp(busy(status, "2"), busy(status, new Date(0).toUTCString()), runs);
    const { lines, log } = keptLog();
    await using store = graphqlStoreAt(server.url, { log });
    expect((await store.recipeRun(1)).recipeRunId).toBe(1);
    const waits = lines.map((line) => JSON.parse(line).message as string);
    expect(waits[0]).toContain("trying again in 2.0 s");
    expect(waits[1]).toContain("trying again in 0.0 s");
  });

  test("that nobody answers is given up, with the system's reason", async () => {
    await using gone = await scriptedHttp(runs);
    await gone[Symbol.asyncDispose]();
    await using store = graphqlStoreAt(gone.url);
    await expect(store.recipeRun(1)).rejects.toMatchObject({
      code: "METADATA_STORE_UNREACHABLE",
      message: expect.stringMatching(/ECONNREFUSED.*MESH_CONFIG/s),
    });
  });

  test("that takes too long counts as not answered", async () => {
    await using server = await scriptedHttp(silence, runs);
    const retry = { ...quickRetry, tries: 50 };
    await using store = graphqlStoreAt(server.url, { requestTimeoutMs: 200, retry });
    expect((await store.recipeRun(1)).recipeRunId).toBe(1);
    await using slow = await scriptedHttp(silence);
    await using waiting = graphqlStoreAt(slow.url, { requestTimeoutMs: 50, retry: { ...quickRetry, tries: 1 } });
    await expect(waiting.recipeRun(1)).rejects.toMatchObject({
      code: "METADATA_STORE_UNREACHABLE",
      message: expect.stringContaining("no answer within 0.05 s"),
    });
  });

  test.each<readonly [what: string, reaction: Reaction, code: string, found: RegExp]>([
    ["401", json(401, { errors: [{ message: "who?" }] }), "METADATA_STORE_ACCESS_REFUSED", /GQL_AUTH_TOKEN/],
    ["403", page(403), "METADATA_STORE_ACCESS_REFUSED", /HTTP 403/],
    [
      "an error that says so",
      json(200, { errors: [{ message: "who?", extensions: { code: "UNAUTHENTICATED" } }], data: null }),
      "METADATA_STORE_ACCESS_REFUSED",
      /who\?/,
    ],
    ["400", page(400, "bad"), "METADATA_STORE_REFUSED", /HTTP 400, "bad".*internal-api-gateway/],
    ["500", page(500, ""), "METADATA_STORE_REFUSED", /HTTP 500/],
    [
      "a redirect, which is not followed",
      (response) => response.writeHead(302, { Location: "/elsewhere" }).end(),
      "METADATA_STORE_REFUSED",
      /HTTP 302/,
    ],
    [
      "errors of its own",
      json(200, { errors: [{ message: "no room", path: ["recipeRuns", 0] }, { message: "nor time" }], data: null }),
      "METADATA_STORE_REFUSED",
      /no room \(at recipeRuns\.0\); nor time/,
    ],
    [
      "errors beside data",
      json(200, { errors: [{ message: "half" }], data: { recipeRuns: [run] } }),
      "METADATA_STORE_REFUSED",
      /half/,
    ],
    [
      "no JSON",
      page(200, "<html>login"),
      "METADATA_STORE_SCHEMA",
      /recipeRuns: expected an answer of GraphQL.*<html>login/,
    ],
    ["half of a JSON", page(200, '{"data": {'), "METADATA_STORE_SCHEMA", /expected an answer of GraphQL/],
    ["JSON of something else", json(200, { status: "ok" }), "METADATA_STORE_SCHEMA", /expected an answer of GraphQL/],
    ["a list", json(200, []), "METADATA_STORE_SCHEMA", /expected an answer of GraphQL/],
    ["nothing", page(200, ""), "METADATA_STORE_SCHEMA", /expected an answer of GraphQL/],
    [
      "a field that it does not know",
      json(400, { errors: [{ message: 'Cannot query field "recipeInstance" on type "RecipeRun".' }] }),
      "METADATA_STORE_SCHEMA",
      /found Cannot query field "recipeInstance"/,
    ],
    ["another field", data({ recipeRun: [run] }), "METADATA_STORE_SCHEMA", /recipeRuns: expected array; found nothing/],
    ["null", data({ recipeRuns: null }), "METADATA_STORE_SCHEMA", /recipeRuns: expected array; found null/],
    [
      "another type",
      data({ recipeRuns: [{ ...run, recipeInstance: { recipeId: "3", inputDatasetId: 1.5 } }] }),
      "METADATA_STORE_SCHEMA",
      /recipeRuns\[0\]\.recipeInstance\.recipeId: expected number; found "3"\n {2}recipeRuns\[0\]\.recipeInstance\.inputDatasetId: expected int; found 1\.5/,
    ],
    [
      "a configuration that is no JSON",
      data({ recipeRuns: [{ ...run, configuration: "{teardown" }] }),
      "METADATA_STORE_SCHEMA",
      /recipeRuns\[0\]\.configuration: expected the JSON text of an object; found "\{teardown"/,
    ],
    [
      "a configuration that is a list",
      data({ recipeRuns: [{ ...run, configuration: "[1]" }] }),
      "METADATA_STORE_SCHEMA",
      /recipeRuns\[0\]\.configuration/,
    ],
    ["no run", data({ recipeRuns: [] }), "RECIPE_RUN_NOT_FOUND", /recipe run 1\./],
  ])("that is answered with %s fails at once, and says why", async (_, reaction, code, message) => {
    await using server = await scriptedHttp(reaction);
    await using store = graphqlStoreAt(server.url);
    await expect(store.recipeRun(1)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(server.seen.length).toBe(1);
  });

  test("ends with the signal's reason, while it waits for an answer and while it waits to try again", async () => {
    for (const reaction of [silence, page(503)]) {
      await using server = await scriptedHttp(reaction);
      const stop = new AbortController();
      const waiting = Promise.withResolvers<void>();
      const retry = { ...quickRetry, delaySeconds: 1000, maxDelaySeconds: 1000, onWait: () => waiting.resolve() };
      await using store = graphqlStoreAt(server.url, { retry: { ...retry, signal: stop.signal } });
      const asked = store.recipeRun(1);
      if (reaction === silence) await expect.poll(() => server.seen.length).toBe(1);
      else await waiting.promise;
      stop.abort(new Error("stop now"));
      await expect(asked).rejects.toThrow("stop now");
      await expect(store.inputDataset(1)).rejects.toThrow("stop now");
      expect(server.seen.length).toBe(1);
    }
  });

  test("ends when the store is closed, and after it none begins", async () => {
    await using server = await scriptedHttp(silence);
    const store = graphqlStoreAt(server.url);
    const asked = store.recipeRun(1);
    await expect.poll(() => server.seen.length).toBe(1);
    await store[Symbol.asyncDispose]();
    await expect(asked).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    await expect(store.recipeRun(1)).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    expect(server.seen.length).toBe(1);
  });
});

test("two recipe runs where one was asked for are no answer", async () => {
  await using server = await scriptedHttp(data({ recipeRuns: [run, { ...run, recipeInstanceId: 9 }] }));
  await using store = graphqlStoreAt(server.url);
  const refused = {
    code: "METADATA_STORE_SCHEMA",
    message: expect.stringMatching(/recipeRuns: expected the one recipe run of the id 1,.*; found a list of 2/),
  };
  await expect(store.recipeRun(1)).rejects.toMatchObject(refused);
  const dataset = {
    recipeInstance: { inputDataset: { inputDatasetId: 4, isActive: true, inputDatasetInputDatasetParts: [] } },
  };
  await using two = await scriptedHttp(data({ recipeRuns: [dataset, dataset] }));
  await using other = graphqlStoreAt(two.url);
  await expect(other.inputDataset(1)).rejects.toMatchObject(refused);
});

test("an address that is none is refused by its name, before anything is asked there", () => {
  for (const url of ["not a url", "http://[::1/graphql", "gateway:80/graphql", "ftp://gateway/graphql"]) {
    expect(() => graphqlStoreAt(url)).toThrowError(
      expect.objectContaining({
        code: "SETTINGS_INVALID",
        message: expect.stringContaining("url (internal-api-gateway in MESH_CONFIG)"),
      }),
    );
  }
});

describe("what was asked", () => {
  test("is not asked again, be it at the same time, until this store has changed it", async () => {
    await using server = await scriptedHttp(runs, recorded, runs);
    await using store = graphqlStoreAt(server.url);
    const [first, second] = await Promise.all([store.recipeRun(1), store.recipeRun(1)]);
    expect(second).toBe(first);
    expect(await store.recipeRun(1)).toBe(first);
    await store.recordProvenance(record);
    expect(await store.recipeRun(1)).not.toBe(first);
    expect(server.seen.length).toBe(3);
  });

  test("is kept run by run", async () => {
    await using server = await scriptedHttp(datasets(part(1, "parameters")));
    await using store = graphqlStoreAt(server.url);
    await store.inputDataset(1);
    await store.inputDataset(2);
    await store.inputDataset(1);
    expect(server.seen.length).toBe(2);
  });

  test("and failed may be asked again", async () => {
    await using server = await scriptedHttp(page(400), runs);
    await using store = graphqlStoreAt(server.url);
    await expect(store.recipeRun(1)).rejects.toMatchObject({ code: "METADATA_STORE_REFUSED" });
    expect((await store.recipeRun(1)).recipeId).toBe(3);
  });
});

describe("a status", () => {
  const found = data({ recipeRunStatuses: [{ recipeRunStatusId: 8 }] });
  const updated = data({ updateRecipeRun: { recipeRunId: 1 } });
  const callsOf = (seen: readonly { readonly body: string }[]) =>
    seen.map(({ body }) => /recipeRunStatuses|createRecipeRunStatus|updateRecipeRun|recipeRuns/.exec(body)?.[0]);

  test("that is there is looked for once, then set", async () => {
    await using server = await scriptedHttp(found, updated, updated);
    await using store = graphqlStoreAt(server.url);
    await store.setStatus(1, "INPROGRESS");
    await store.setStatus(2, "INPROGRESS");
    expect(callsOf(server.seen)).toEqual(["recipeRunStatuses", "updateRecipeRun", "updateRecipeRun"]);
    expect(server.seen[1]?.body).toContain("{recipeRunId: 1, recipeRunStatusId: 8}");
  });

  test("that another has created meanwhile is that one", async () => {
    const taken = json(200, { errors: [{ message: "there is one" }], data: { createRecipeRunStatus: null } });
    await using server = await scriptedHttp(data({ recipeRunStatuses: [] }), taken, found, updated);
    await using store = graphqlStoreAt(server.url);
    await store.setStatus(1, "TRIALSUCCESS");
    expect(callsOf(server.seen)).toEqual([
      "recipeRunStatuses",
      "createRecipeRunStatus",
      "recipeRunStatuses",
      "updateRecipeRun",
    ]);
  });

  test("that is there several times is an error that lists them, and no run gets the first", async () => {
    const all = data({ recipeRunStatuses: [{ recipeRunStatusId: 8 }, { recipeRunStatusId: 3 }] });
    await using server = await scriptedHttp(all, runs);
    await using store = graphqlStoreAt(server.url);
    await expect(store.setStatus(1, "INPROGRESS")).rejects.toMatchObject({
      code: "METADATA_STORE_SCHEMA",
      disposition: "invalid",
      message: expect.stringMatching(/the one status of the name INPROGRESS.*found 2 of them, of the ids 8, 3/),
    });
    expect(callsOf(server.seen)).not.toContain("updateRecipeRun");
  });

  test.each<readonly [what: string, reaction: Reaction]>([
    ["refuses", json(200, { errors: [{ message: "nobody of this name" }], data: null })],
    ["answers with null", data({ updateRecipeRun: null })],
  ])("of a run that the store does not know, which it %s, is no status", async (_, reaction) => {
    await using server = await scriptedHttp(found, reaction, data({ recipeRuns: [] }));
    await using store = graphqlStoreAt(server.url);
    await expect(store.setStatus(1, "INPROGRESS")).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
  });

  test("that is refused for another reason is refused in the store's words", async () => {
    const refused = json(200, { errors: [{ message: "frozen" }], data: null });
    await using server = await scriptedHttp(found, refused, runs);
    await using store = graphqlStoreAt(server.url);
    await expect(store.setStatus(1, "INPROGRESS")).rejects.toMatchObject({
      code: "METADATA_STORE_REFUSED",
      message: expect.stringContaining("frozen"),
    });
  });
});

describe("an input dataset", () => {
  test("has the parts that tasks know; others are left to others", async () => {
    await using server = await scriptedHttp(
      datasets(part(3, "calibration_frames", '[{"a": 1}]'), part(4, "moon_phases"), part(5, "moon_phases")),
    );
    await using store = graphqlStoreAt(server.url);
    expect(await store.inputDataset(1)).toEqual({
      inputDatasetId: 4,
      isActive: true,
      parts: [{ inputDatasetPartId: 3, type: "calibration_frames", document: '[{"a": 1}]' }],
    });
  });

  test("with two parts of one type is refused", async () => {
    await using server = await scriptedHttp(datasets(part(3, "parameters"), part(4, "parameters")));
    await using store = graphqlStoreAt(server.url);
    await expect(store.inputDataset(1)).rejects.toMatchObject({
      code: "INPUT_DATASET_INVALID",
      disposition: "invalid",
    });
  });
});

test.each([null, "", "null", "{}"])("a run whose configuration is %j has an empty one", async (configuration) => {
  await using server = await scriptedHttp(data({ recipeRuns: [{ ...run, configuration }] }));
  await using store = graphqlStoreAt(server.url);
  expect((await store.recipeRun(1)).configuration).toEqual({});
});

test.each([2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN])(
  "GraphQL has no recipe run %d, and nobody is asked",
  async (id) => {
    await using server = await scriptedHttp(runs);
    await using store = graphqlStoreAt(server.url);
    await expect(store.recipeRun(id)).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
    await expect(store.setStatus(id, "INPROGRESS")).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
    expect(server.seen).toEqual([]);
  },
);

test("what a server says does not command a terminal", async () => {
  await using server = await scriptedHttp(
    json(200, { errors: [{ message: "no\u001b[2J\u009b31m\r\nroom" }], data: null }),
  );
  await using store = graphqlStoreAt(server.url);
  await expect(store.recipeRun(1)).rejects.toMatchObject({ message: expect.stringContaining("no [2J 31m room") });
});

describe("the token", () => {
  const token = "s3cret-of-the-facility";

  test.each<readonly [what: string, reaction: Reaction]>([
    ["an error page", page(400, `<html>you sent ${token}`)],
    ["a refusal", json(401, { errors: [{ message: `${token} is not the token` }] })],
    ["an error", json(200, { errors: [{ message: `${token} may not` }], data: null })],
    ["a schema's error", json(200, { errors: [{ message: `Unknown argument "${token}"` }] })],
    ["what is no JSON", page(200, `${"x".repeat(190)}${token}`)],
    ["a gateway", page(502, token)],
    ["many times what is no JSON", page(200, `${token} `.repeat(30))],
    ["a field of its answer", data({ recipeRuns: [{ ...run, recipeInstanceId: token }] })],
    ["a configuration", data({ recipeRuns: [{ ...run, configuration: token }] })],
    ["a configuration in its midst", data({ recipeRuns: [{ ...run, configuration: `{"a": ${token}}` }] })],
    ["a field that is cut", data({ recipeRuns: `${"x".repeat(70)}${token}` })],
    ["a configuration that is cut", data({ recipeRuns: [{ ...run, configuration: `${"x".repeat(70)}${token}` }] })],
    ["the place of an error", json(200, { errors: [{ message: "no", path: ["a", token] }] })],
    ["the name of a field", data({ recipeRuns: [{ ...run, configuration: 5, recipeInstanceId: { [token]: 1 } }] })],
    ["Base64", page(400, Buffer.from(`ab:${token}`).toString("base64"))],
  ])("does not show where %s shows it", async (_, reaction) => {
    await using server = await scriptedHttp(reaction);
    const { lines, log } = keptLog();
    await using store = graphqlStoreAt(server.url, { authToken: new Secret(token), log });
    const error: unknown = await store.recipeRun(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    const told = [inspect(error, { depth: 10 }), JSON.stringify(error), ...lines].join("\n");
    // Not even the beginning of one that was cut off.
    expect(told).not.toContain(token.slice(0, 8));
    expect(server.seen[0]?.headers.authorization).toBe(token);
  });

  test.each<readonly [what: string, reaction: Reaction]>([
    ["an error", json(200, { errors: [{ message: `invalid token ${token}` }] })],
    ["a refusal", page(401, `bad token ${token}`)],
  ])("does not show where %s shows it without its scheme", async (_, reaction) => {
    await using server = await scriptedHttp(reaction);
    await using store = graphqlStoreAt(server.url, { authToken: new Secret(`Bearer ${token}`) });
    const error: unknown = await store.recipeRun(1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(inspect(error, { depth: 10 })).not.toContain(token.slice(0, 8));
  });

  test("does not show where it is spelt as JSON spells it", async () => {
    const odd = String.raw`odd"and\${token}`;
    await using server = await scriptedHttp(json(400, { you: odd }));
    await using store = graphqlStoreAt(server.url, { authToken: new Secret(odd) });
    const error: unknown = await store.recipeRun(1).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "METADATA_STORE_REFUSED" });
    expect(inspect(error, { depth: 10 })).not.toContain(token);
  });

  test("that no header can carry is refused without showing it", async () => {
    await using server = await scriptedHttp(runs);
    await using store = graphqlStoreAt(server.url, { authToken: new Secret(`${token}\nX: ☉`) });
    const error: unknown = await store.recipeRun(1).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "METADATA_STORE_ACCESS_REFUSED" });
    expect(inspect(error, { depth: 10 })).not.toContain(token);
    expect(server.seen).toEqual([]);
  });
});
