import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What befalls one request. Bytes are counted from the beginning of what the client, or the server, sends for it. */
export type Fault =
  /** The connection ends after so many bytes to the server. */
  | { readonly kind: "cutRequest"; readonly afterBytes: number }
  /** The server gets all, and the client so many bytes of the answer. */
  | { readonly kind: "cutAnswer"; readonly afterBytes: number }
  /** After so many bytes of the answer nothing comes any more, and the connection stays. */
  | { readonly kind: "stallAnswer"; readonly afterBytes: number }
  | { readonly kind: "stallRequest"; readonly afterBytes: number }
  /** One byte is another one, that far into the body. */
  | { readonly kind: "corruptRequest"; readonly atBytes: number }
  | { readonly kind: "corruptAnswer"; readonly atBytes: number }
  /** The server gets nothing, and the client an error of S3. */
  | { readonly kind: "answer"; readonly status: number; readonly code: string };

export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly bodyBytes: number;
}

export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** Says what befalls a request; set it anew at any time. */
  choose: (request: ProxiedRequest) => Fault | undefined;
  /** Those that came, in their order. */
  readonly requests: readonly (ProxiedRequest & { readonly fault: Fault | undefined })[];
}

/** A proxy before a server that speaks HTTP/1.1 with lengths of bodies told in advance, which does to requests what `choose` says. */
export async function faultProxy(target: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const sockets = new Set<Socket>();
  const requests: (ProxiedRequest & { readonly fault: Fault | undefined })[] = [];
  const proxy = { choose: (_: ProxiedRequest): Fault | undefined => undefined };
  const server = createServer((client) => {
    keep(client);
    // One after the other: a client sends the next request when it has the answer.
    let upstream: Socket | undefined;
    let waiting: Buffer = Buffer.alloc(0);
    let bodyLeft = 0;
    let sent = 0;
    let fault: Fault | undefined;
    let dead = false;
    const end = (): void => {
      dead = true;
      client.destroy();
      upstream?.destroy();
    };
    const open = (): Socket => {
      const socket = connect(target.port, target.host);
      keep(socket);
      let inBody = false;
      let answered = 0;
      let body = 0;
      socket.on("data", (chunk: Buffer) => {
        if (dead) return;
        let out = chunk;
        if (fault?.kind === "cutAnswer" || fault?.kind === "stallAnswer") {
          const rest = Math.max(0, fault.afterBytes - answered);
          answered += chunk.length;
          if (rest < chunk.length) {
            const isCut = fault.kind === "cutAnswer";
            dead = true;
            client.write(chunk.subarray(0, rest), () => {
              if (isCut) end();
            });
            return;
          }
        }
        if (fault?.kind === "corruptAnswer") {
          const at = inBody ? 0 : chunk.indexOf("\r\n\r\n") + 4;
          if (inBody || at >= 4) {
            inBody = true;
            const index = at + fault.atBytes - body;
            body += chunk.length - at;
            if (index >= at && index < chunk.length) {
              out = Buffer.from(chunk);
              out[index] = (out[index] ?? 0) ^ 1;
            }
          }
        }
        client.write(out);
      });
      socket.on("close", end);
      socket.on("error", end);
      // A new request begins a new answer.
      socket.on("firstlight-next", () => {
        inBody = false;
        answered = 0;
        body = 0;
      });
      return socket;
    };
    const forward = (bytes: Buffer, isBody: boolean): void => {
      if (dead) return;
      let out = bytes;
      if (fault?.kind === "cutRequest" || fault?.kind === "stallRequest") {
        const rest = Math.max(0, fault.afterBytes - sent);
        if (rest < bytes.length) {
          dead = true;
          upstream?.write(bytes.subarray(0, rest));
          if (fault.kind === "cutRequest") end();
          return;
        }
      }
      if (fault?.kind === "corruptRequest" && isBody) {
        const index = fault.atBytes - sent;
        if (index >= 0 && index < bytes.length) {
          out = Buffer.from(bytes);
          out[index] = (out[index] ?? 0) ^ 1;
        }
      }
      if (isBody || fault?.kind === "cutRequest" || fault?.kind === "stallRequest") sent += bytes.length;
      upstream?.write(out);
    };
    client.on("data", (chunk: Buffer) => {
      if (dead) return;
      waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
      while (waiting.length > 0 && !dead) {
        if (bodyLeft > 0) {
          const part = waiting.subarray(0, bodyLeft);
          waiting = waiting.subarray(part.length);
          bodyLeft -= part.length;
          if (fault?.kind !== "answer") forward(part, true);
          else if (bodyLeft === 0) answer(client, fault);
          continue;
        }
        const headEnd = waiting.indexOf("\r\n\r\n");
        if (headEnd < 0) return;
        const head = waiting.subarray(0, headEnd + 4);
        waiting = waiting.subarray(head.length);
        const text = head.toString("latin1");
        const [method = "", path = ""] = text.split(" ");
        bodyLeft = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        const request = { method, target: path, bodyBytes: bodyLeft };
        fault = proxy.choose(request);
        sent = 0;
        requests.push({ ...request, fault });
        if (fault?.kind === "answer") {
          if (bodyLeft === 0) answer(client, fault);
          continue;
        }
        upstream ??= open();
        upstream.emit("firstlight-next");
        forward(head, false);
      }
    });
    client.on("close", end);
    client.on("error", end);
  });
  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    get choose() {
      return proxy.choose;
    },
    set choose(choose) {
      proxy.choose = choose;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

function answer(client: Socket, { status, code }: Extract<Fault, { readonly kind: "answer" }>): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>by the proxy</Message></Error>`;
  client.write(
    `HTTP/1.1 ${status} ${code}\r\ncontent-type: application/xml\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
