import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A server's door that can be slammed: connections go through it to the server at `url`. */
export interface Cuttable extends AsyncDisposable {
  /** The same address, by way of this. */
  readonly url: string;
  /** How many connections came. */
  connections(): number;
  /** How many of them are still there. */
  open(): number;
  /** Ends every connection, as a pulled cable does. */
  cut(): void;
  /** Does so as soon as these bytes are sent to the server, which does not get them; the first time, or so many times. */
  cutAt(sent: Uint8Array, times?: number): void;
  /** From when these bytes are sent over a connection on, nothing comes back over it. */
  stallAt(sent: Uint8Array): void;
  /** From now on nothing comes back from the server. */
  stall(): void;
  /** Over how many connections `stallAt` has met its bytes. */
  stalled(): number;
  /** Refuses new connections, too, or takes them again. */
  lock(isLocked: boolean): void;
}

export async function cuttable(url: string): Promise<Cuttable> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const fars = new Set<Socket>();
  const stalled = new Set<Socket>();
  let isLocked = false;
  let count = 0;
  let cutting: { readonly at: Uint8Array; left: number } | undefined;
  let stalling: Uint8Array | undefined;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const between = createServer((near) => {
    if (isLocked) {
      near.destroy();
      return;
    }
    count += 1;
    const far = connect(Number(port), hostname);
    fars.add(far);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on("error", () => {})
        .on("close", () => {
          sockets.delete(socket);
          fars.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.on("data", (chunk) => {
      if (stalling !== undefined && chunk.includes(Buffer.from(stalling))) {
        far.unpipe().pause();
        stalled.add(far);
      }
      if (cutting === undefined || cutting.left === 0 || !chunk.includes(Buffer.from(cutting.at))) return;
      cutting.left -= 1;
      cut();
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  const to = new URL(url);
  to.hostname = "127.0.0.1";
  to.port = String((between.address() as AddressInfo).port);
  return {
    url: to.href,
    connections: () => count,
    open: () => fars.size,
    cut,
    cutAt(sent, times = 1) {
      cutting = { at: sent, left: times };
    },
    stallAt(sent) {
      stalling = sent;
    },
    stall() {
      for (const far of fars) far.unpipe().pause();
    },
    stalled: () => stalled.size,
    lock(locked) {
      isLocked = locked;
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => between.close(resolve));
    },
  };
}
