import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to one request: a gateway's status, or a fault of the connection. */
export type NetworkFault = "404" | "502" | "503" | "refuse" | "cut request" | "cut answer" | "stall" | "trickle";

/** A proxy on the wire before an HTTP server. */
export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** The next so many requests meet this fault, and those after them none. */
  fail(fault: NetworkFault, times: number): void;
  /** How many requests have met one. */
  readonly met: () => number;
}

const pieceBytes = 700;

export async function faultyProxy(target: URL): Promise<FaultyProxy> {
  let fault: NetworkFault | undefined;
  let [left, met] = [0, 0];
  const sockets = new Set<Socket>();
  const nextFault = (): NetworkFault | undefined => {
    if (left === 0) return undefined;
    left -= 1;
    met += 1;
    return fault;
  };
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
  };
  const server = createServer((client) => {
    keep(client);
    const upstream = keep(connect(Number(target.port), target.hostname));
    let meets: NetworkFault | undefined;
    let isNew = true;
    client.on("data", (bytes: Buffer) => {
      // The client sends one request after the other, and the whole of a small one at once or in two pieces.
      if (isNew) meets = nextFault();
      isNew = false;
      if (meets === "refuse") client.destroy();
      else if (meets === "cut request") {
        upstream.end(bytes.subarray(0, bytes.length >> 1));
        client.destroy();
      } else if (meets !== undefined && /^\d/.test(meets)) {
        client.end(`HTTP/1.1 ${meets} Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n`);
      } else upstream.write(bytes);
    });
    upstream.on("data", async (bytes: Buffer) => {
      isNew = true;
      if (meets === "stall") return;
      if (meets === "cut answer") {
        client.write(bytes.subarray(0, bytes.length >> 1), () => client.destroy());
        return;
      }
      if (meets !== "trickle") {
        client.write(bytes);
        return;
      }
      upstream.pause();
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await new Promise((resolve) => client.write(bytes.subarray(at, at + pieceBytes), resolve));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      upstream.resume();
    });
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname}`,
    fail(next, times) {
      fault = next;
      left = times;
    },
    met: () => met,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
