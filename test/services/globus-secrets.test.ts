import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import { globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import { json, page, type Reaction, scriptedHttp } from "./scripted-http.ts";

const clientId = "11111111-2222-4333-8444-555555555555";
const clientSecret = "hush-client-secret-7f";
const token = "Agxx-hush-access-token-9999";
const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");

const isGrant = (url: string | undefined): boolean => url?.startsWith("/v2/oauth2") === true;
const grants = json(200, { access_token: token, expires_in: 1000 });

/** Grants a token, and says to every call what it was sent. */
const echoes =
  (status: number, before = ""): Reaction =>
  (response, { url, headers }) =>
    isGrant(url) ? grants(response) : page(status, `${before}${headers.authorization}`)(response, {} as never);
/** Says it where a token is asked for. */
const echoesPair =
  (status: number, before = ""): Reaction =>
  (response, { headers }) =>
    page(status, `${before}${headers.authorization}`)(response, {} as never);

test.each<readonly [string, string, Reaction]>([
  ["a grant without an end", "GLOBUS_UNREACHABLE", json(200, { access_token: token })],
  ["a grant whose end is text", "GLOBUS_UNREACHABLE", json(200, { access_token: token, expires_in: "1000" })],
  ["a grant that no header carries", "GLOBUS_UNREACHABLE", json(200, { access_token: `${token}\n☉`, expires_in: 9 })],
  ["a grant that is no JSON", "GLOBUS_UNREACHABLE", page(200, `access_token=${token}`)],
  ["a grant with a status of failure", "GLOBUS_UNREACHABLE", json(503, { access_token: token })],
  ["a 503 with the pair", "GLOBUS_UNREACHABLE", echoesPair(503)],
  ["a 401 with the pair", "GLOBUS_ACCESS_REFUSED", echoesPair(401)],
  [
    "an error document with the pair",
    "GLOBUS_ACCESS_REFUSED",
    json(401, { error: "invalid_client", error_description: `Basic ${basic} is none` }),
  ],
  ["a 503 with the token", "GLOBUS_UNREACHABLE", echoes(503)],
  ["a 503 with the token at the cut", "GLOBUS_UNREACHABLE", echoes(503, "x".repeat(180))],
  ["a 200 with the token", "GLOBUS_UNREACHABLE", echoes(200)],
  ["a 200 with the token at the cut", "GLOBUS_UNREACHABLE", echoes(200, "x".repeat(180))],
  ["a 400 with the token at the cut", "GLOBUS_REFUSED", echoes(400, "x".repeat(180))],
  ["a 403 with the token", "GLOBUS_ACCESS_REFUSED", echoes(403)],
  [
    "what is no HTTP",
    "GLOBUS_UNREACHABLE",
    (response, { url, headers }) => {
      if (isGrant(url)) grants(response);
      else response.socket?.end(`HTTP/1.1 200 OK\r\nno header but ${headers.authorization}\r\n\r\n`);
    },
  ],
])("%s tells neither the token nor the client's secret", async (_, code, reaction) => {
  await using server = await scriptedHttp(reaction);
  const url = new URL(server.url).origin;
  const lines: string[] = [];
  const transfer = globusTransfer({
    objectStoreEndpoint: "os",
    scratchEndpoint: "sc",
    inbound: [{ clientId, clientSecret: new Secret(clientSecret) }],
    outbound: [],
    maxRetries: 1,
    retrySeconds: 0.001,
    authUrl: url,
    transferUrl: url,
    log: createLogger({ level: "TRACE", pretty: false, write: (line) => void lines.push(line) }),
  });
  const items = [{ bucket: "raw", key: "a", path: "/nowhere/a" }];
  const error: unknown = await transfer.toScratch(items, { label: "l", recipeRunId: 1 }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code });
  const told = `${lines.join("")}${inspect(error, { depth: 20, showHidden: true, maxStringLength: null })}${JSON.stringify(error)}`;
  // A piece of one is too much, too.
  for (const secret of [clientSecret, token]) expect(told).not.toContain(secret.slice(0, 8));
  expect(told).not.toContain(basic.slice(-16));
});

test("an answer that is a success tells neither where it quotes them in words", async () => {
  await using server = await scriptedHttp((response, request) => {
    const { url = "", headers } = request;
    const said = `sent ${headers.authorization} as ${clientSecret}`;
    const task = { task_id: "task-1", nice_status_short_description: said, canceled_by_admin_message: said };
    const event = { code: said, is_error: true, description: said, details: said, time: "2026-01-01" };
    if (isGrant(url)) return grants(response);
    if (url.includes("/ls?")) return json(200, { DATA: [{ type: "file", name: "a", size: 1 }] })(response);
    if (url.includes("/submission_id")) return json(200, { value: "id" })(response);
    if (url.includes("/event_list")) return json(200, { DATA: [event, { ...event, is_error: false }] })(response);
    if (url.includes("/task_list")) return json(200, { DATA: [] })(response);
    if (url.includes("/transfer")) return json(202, { task_id: "task-1" })(response);
    const failed = { ...task, status: "FAILED", fatal_error: { code: "GONE", description: said } };
    return json(200, { DATA: [], ...failed })(response);
  });
  const url = new URL(server.url).origin;
  const lines: string[] = [];
  const transfer = globusTransfer({
    objectStoreEndpoint: "os",
    scratchEndpoint: "sc",
    inbound: [{ clientId, clientSecret: new Secret(clientSecret) }],
    outbound: [],
    maxRetries: 0,
    retrySeconds: 0.001,
    pollSeconds: [0.001, 0.001],
    authUrl: url,
    transferUrl: url,
    log: createLogger({ level: "TRACE", pretty: false, write: (line) => void lines.push(line) }),
  });
  const items = [{ bucket: "raw", key: "a", path: "/nowhere/a" }];
  const error: unknown = await transfer.toScratch(items, { label: "l", recipeRunId: 1 }).catch((thrown) => thrown);
  const told = `${lines.join("")}${inspect(error, { depth: 20, showHidden: true, maxStringLength: null })}`;
  expect(server.seen.map((seen) => seen.url?.split("?")[0])).toContain("/v0.10/task/task-1/event_list");
  expect(told).toContain("sent Bearer [secret] as [secret]");
  for (const secret of [clientSecret, token]) expect(told).not.toContain(secret.slice(0, 8));
});
