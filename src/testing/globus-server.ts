import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readGlobusJournal, writeGlobusJournal } from "./globus-server-journal.ts";
import { globusListing } from "./globus-server-listing.ts";
import {
  endedGlobusTask,
  type GlobusServerFile,
  type GlobusServerTask,
  globusServerTask,
  type TransferBody,
} from "./globus-server-task.ts";

export interface GlobusServerOptions {
  /** The folder that each collection shows, by the collection's id. */
  readonly collections: Readonly<Record<string, string>>;
  readonly clients: readonly { readonly clientId: string; readonly clientSecret: string }[];
  /** How long a token holds; two days where nothing is said. */
  readonly tokenSeconds?: number;
  /** What goes wrong with a request. */
  readonly onRequest?: (request: GlobusRequest) => GlobusFault | undefined;
  /** Called before a file is copied, which waits for it. A code that is returned, such as `PERMISSION_DENIED`, fails this try. */
  readonly onFile?: (file: GlobusServerFile) => Promise<string | undefined> | string | undefined;
  /** How often a file is tried before its task fails; 3 where nothing is said. */
  readonly triesPerFile?: number;
  /** Where it listens; a free port where nothing is said. */
  readonly port?: number;
  /**
   * A file that outlives the server: one that is begun anew with it, be it after a kill, knows the submission ids that were given and the
   * tasks that were handed in, and goes on with those that had not ended. Its tokens are forgotten.
   */
  readonly journalPath?: string;
}

export interface GlobusRequest {
  readonly method: string;
  /** Without the version: `/transfer`; of Globus Auth `/v2/oauth2/token`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The client that a token was given to. */
  readonly clientId: string | undefined;
  readonly body: string;
}

/** An answer in place of the server's own, or the connection cut: before the request is handled, or before it is answered. */
export type GlobusFault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | "cut"
  | "cut-answer";

/** A Globus of one's own: what it is asked, and what it does. */
export interface GlobusServer extends AsyncDisposable {
  /** `http://localhost:port`, of Globus Auth and of Globus Transfer. */
  readonly url: string;
  readonly requests: readonly GlobusRequest[];
  readonly tasks: readonly GlobusServerTask[];
  /** Every token that was given is refused from now on. */
  expireTokens(): void;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Speaks as much of Globus Auth and Globus Transfer as a transfer of files needs, and copies between folders of this machine, in place
 * as GridFTP does. For tests: set `GLOBUS_SDK_SERVICE_URL_AUTH` and `GLOBUS_SDK_SERVICE_URL_TRANSFER` to its `url`.
 */
export async function globusServer(options: GlobusServerOptions): Promise<GlobusServer> {
  const { collections, clients, tokenSeconds = 172_800, onRequest, onFile, triesPerFile = 3, journalPath } = options;
  const tokens = new Map<string, { readonly clientId: string; readonly expiresAtMs: number }>();
  const known = journalPath === undefined ? { submissions: [], tasks: [] } : readGlobusJournal(journalPath);
  const submissions = new Map<string, string | undefined>(known.submissions);
  const requests: GlobusRequest[] = [];
  const tasks = known.tasks.map(({ document, events = [], ...task }) =>
    document === undefined ? begun(task) : endedGlobusTask(task, document, events),
  );

  function begun(given: {
    readonly taskId?: string;
    readonly clientId: string;
    readonly body: TransferBody;
  }): GlobusServerTask {
    const task = globusServerTask({ ...given, collections, onFile, triesPerFile });
    const { taskId, events } = task;
    void task.ended.then(() =>
      writeGlobusJournal(journalPath, { kind: "end", taskId, document: task.document(), events }),
    );
    return task;
  }

  function grant(header: string | undefined, body: string): Answer {
    const [id = "", secret] = Buffer.from((header ?? "").replace(/^Basic /, ""), "base64")
      .toString()
      .split(/:(.*)/s);
    const known = clients.some(({ clientId, clientSecret }) => clientId === id && clientSecret === secret);
    if (!known)
      return { status: 401, body: { error: "invalid_client", error_description: "unknown client or secret" } };
    const form = new URLSearchParams(body);
    if (form.get("grant_type") !== "client_credentials") {
      return { status: 400, body: { error: "unsupported_grant_type" } };
    }
    const token = randomUUID();
    tokens.set(token, { clientId: id, expiresAtMs: Date.now() + tokenSeconds * 1000 });
    const scope = form.get("scope") ?? "";
    const resource_server = "transfer.api.globus.org";
    return {
      status: 200,
      body: {
        access_token: token,
        token_type: "Bearer",
        expires_in: tokenSeconds,
        scope,
        resource_server,
        other_tokens: [],
      },
    };
  }

  function submit(clientId: string, text: string): Answer {
    const body = JSON.parse(text) as TransferBody;
    const { submission_id: submissionId, label } = body;
    if (!submissions.has(submissionId)) return failed(400, "ClientError.BadRequest", "no such submission id");
    const earlier = submissions.get(submissionId);
    if (earlier !== undefined) return accepted(200, "Duplicate", submissionId, earlier);
    // As https://docs.globus.org/cli/reference/labels/ has it.
    if (label.length > 128 || !/^[\w,-]+( +[\w,-]+)*$/.test(label)) {
      return failed(400, "ClientError.BadRequest", "invalid value for property 'label'");
    }
    if (body.DATA.length === 0) return failed(400, "ClientError.BadRequest", "no items");
    for (const id of [body.source_endpoint, body.destination_endpoint]) {
      if (collections[id] === undefined) return failed(404, "EndpointNotFound", `No such endpoint '${id}'`);
    }
    const task = begun({ clientId, body });
    const { taskId } = task;
    writeGlobusJournal(journalPath, { kind: "task", submissionId, taskId, clientId, body });
    tasks.push(task);
    submissions.set(submissionId, taskId);
    return accepted(202, "Accepted", submissionId, taskId);
  }

  async function handle({ method, path, query, clientId, body }: GlobusRequest): Promise<Answer> {
    if (clientId === undefined) return failed(401, "AuthenticationFailed", "Token is not active");
    if (path === "/submission_id") {
      const value = randomUUID();
      writeGlobusJournal(journalPath, { kind: "submission", submissionId: value });
      submissions.set(value, undefined);
      return { status: 200, body: { DATA_TYPE: "submission_id", value } };
    }
    if (method === "POST" && path === "/transfer") return submit(clientId, body);
    if (path === "/task_list") {
      const statuses = /status:([A-Z,]+)/.exec(query.filter ?? "")?.[1]?.split(",");
      const label = patternOf(/label:~([^/,]+)/.exec(query.filter ?? "")?.[1] ?? "*");
      const found = tasks
        .filter((task) => task.clientId === clientId)
        .map((task) => task.document())
        .filter((found) => label.test(found.label) && (statuses === undefined || statuses.includes(found.status)));
      const offset = Number(query.offset ?? 0);
      const DATA = found.slice(offset, offset + Number(query.limit ?? 10));
      return { status: 200, body: { DATA_TYPE: "task_list", length: DATA.length, total: found.length, DATA } };
    }
    const [, endpoint] = /^\/operation\/endpoint\/([^/]+)\/ls$/.exec(path) ?? [];
    if (endpoint !== undefined) {
      const root = collections[decodeURIComponent(endpoint)];
      if (root === undefined) return failed(404, "EndpointNotFound", `No such endpoint '${endpoint}'`);
      const listing = await globusListing(root, query);
      if ("message" in listing) return failed(listing.status, listing.code, listing.message);
      return { status: 200, body: listing };
    }
    const [, taskId, verb] = /^\/task\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const task = tasks.find((one) => one.taskId === taskId && one.clientId === clientId);
    if (task === undefined) return failed(404, "ClientError.NotFound", `No such resource '${path}'`);
    if (verb === undefined) return { status: 200, body: task.document() };
    if (verb === "event_list") {
      return {
        status: 200,
        body: { DATA_TYPE: "event_list", DATA: task.events.toReversed().slice(0, Number(query.limit ?? 10)) },
      };
    }
    if (verb === "cancel" && method === "POST") {
      const code = task.document().status === "SUCCEEDED" ? "TaskComplete" : "CancelAccepted";
      task.cancel();
      return { status: 200, body: { DATA_TYPE: "result", code, message: "accepted" } };
    }
    return failed(404, "ClientError.NotFound", `No such resource '${path}'`);
  }

  const server = createServer(async (incoming, response) => {
    const request = await requestOf(incoming, (token) => {
      const held = tokens.get(token);
      return held !== undefined && held.expiresAtMs > Date.now() ? held.clientId : undefined;
    });
    requests.push(request);
    const fault = onRequest?.(request);
    if (fault === "cut") return void incoming.socket.destroy();
    if (fault !== undefined && fault !== "cut-answer") return send(response, fault.status, fault.body, fault.headers);
    const isAuth = request.path === "/v2/oauth2/token";
    const answer = isAuth ? grant(incoming.headers.authorization, request.body) : await handle(request);
    if (fault === "cut-answer") return void incoming.socket.destroy();
    send(response, answer.status, answer.body);
  });
  server.listen(options.port ?? 0, "localhost");
  await once(server, "listening");
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    tasks,
    expireTokens: () => tokens.clear(),
    async [Symbol.asyncDispose]() {
      for (const task of tasks) task.cancel();
      await Promise.all(tasks.map((task) => task.ended));
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Of a filter that begins with `~`: a star stands for anything, and capitals are small letters. */
function patternOf(text: string): RegExp {
  return new RegExp(`^${text.split("*").map(RegExp.escape).join(".*")}$`, "is");
}

async function requestOf(
  incoming: IncomingMessage,
  clientOf: (token: string) => string | undefined,
): Promise<GlobusRequest> {
  const { pathname, searchParams } = new URL(incoming.url ?? "/", "http://localhost");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return {
    method: incoming.method ?? "GET",
    path: pathname.replace(/^\/v0\.10/, ""),
    query: Object.fromEntries(searchParams),
    clientId: clientOf((incoming.headers.authorization ?? "").replace(/^Bearer /, "")),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body ?? {}));
}

function failed(status: number, code: string, message: string): Answer {
  return { status, body: { code, message, request_id: randomUUID().slice(0, 9), resource: "" } };
}

function accepted(status: number, code: string, submission_id: string, task_id: string): Answer {
  const message = code === "Duplicate" ? "It has been submitted already." : "The transfer has been accepted.";
  return {
    status,
    body: { DATA_TYPE: "transfer_result", code, message, submission_id, task_id, resource: "/transfer" },
  };
}
