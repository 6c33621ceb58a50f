import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What happens to one request. */
export type Reaction = (response: ServerResponse, request: SeenRequest) => unknown;

/** An HTTP server that reacts as it is told, request by request, and then by the last reaction. */
export interface ScriptedHttp extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** How many connections were made to it. */
  readonly connections: () => number;
}

export async function scriptedHttp(...reactions: readonly [Reaction, ...Reaction[]]): Promise<ScriptedHttp> {
  const seen: SeenRequest[] = [];
  let connections = 0;
  const server = createServer(async (message, response) => {
    const request = await read(message).catch(() => undefined);
    // One that was broken off in the middle is none.
    if (request === undefined) return;
    seen.push(request);
    const reaction = reactions[Math.min(seen.length, reactions.length) - 1];
    reaction?.(response, request);
  });
  server.on("connection", () => {
    connections += 1;
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    seen,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(message: IncomingMessage): Promise<SeenRequest> {
  const { method, url, headers } = message;
  let body = "";
  for await (const chunk of message.setEncoding("utf8")) body += chunk;
  return { method, url, headers, body };
}

/** The answer to a call that was done. */
export const data =
  (value: unknown): Reaction =>
  (response) =>
    json(200, { data: value })(response);

export function json(status: number, value: unknown) {
  return (response: ServerResponse): unknown =>
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

/** A status with a page such as a gateway makes. */
export const page =
  (status: number, text = "<html>no</html>"): Reaction =>
  (response) =>
    response.writeHead(status, { "Content-Type": "text/html" }).end(text);

/** The connection ends without an answer. */
export const hangUp: Reaction = (response) => response.destroy();

/** The answer breaks off half way. */
export const breakOff: Reaction = (response) => {
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": "1000" });
  response.write('{"data": {"recipeRuns": [', () => response.destroy());
};

/** Nothing ever comes. */
export const silence: Reaction = () => undefined;
