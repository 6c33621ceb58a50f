import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A Redis as a client sees it, and what the client asked, batch by batch: a batch ends where the server answers. */
export interface WatchedRedis {
  readonly url: string;
  /** Takes the batches since the last call; a batch is the names of its commands, a SCAN with its cursor. */
  take(): readonly (readonly string[])[];
  /** Cuts the connection in place of the next answer. */
  loseNextReply(): void;
}

export async function watchedRedis(url: string): Promise<WatchedRedis> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  let batches: string[] = [];
  let isAnswered = true;
  let isLosing = false;
  const server = createServer((client) => {
    const redis = connect(Number(port), hostname);
    for (const socket of [client, redis]) sockets.add(socket.on("error", () => socket.destroy()));
    client.on("data", (chunk) => {
      if (isAnswered) batches.push("");
      isAnswered = false;
      batches.push(`${batches.pop() ?? ""}${chunk.toString("latin1")}`);
    });
    redis.on("data", (chunk) => {
      isAnswered = true;
      if (isLosing) client.destroy();
      else client.write(chunk);
      isLosing = false;
    });
    client.pipe(redis).on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  });
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = batches.map(commandsOf);
      batches = [];
      return taken;
    },
    loseNextReply() {
      isLosing = true;
    },
  };
}

/** RESP: `*<number of words>`, then each word behind its length. */
function commandsOf(batch: string): readonly string[] {
  const commands = batch.matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n(?:\$\d+\r\n(\w+)\r\n)?/g);
  return Array.from(commands, ([, name = "", word = ""]) =>
    name.toUpperCase() === "SCAN" ? `SCAN ${word}` : name.toUpperCase(),
  );
}
