import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { redisScripts } from "../../src/scratch/drivers/redis-scripts.ts";
import type { RedisCall } from "./recognise-phase.ts";

/** What is told of every script that a process sends; a promise resolves once the server has answered. */
export interface RedisWatcher {
  /** Whether the reply is to be lost, and the connection with it. */
  before(call: RedisCall): boolean;
  after(call: RedisCall): void;
  refused(call: RedisCall): void;
  /** After a while in which the server has done what it was asked, and the client has read nothing. */
  lost(): void;
}

/** Long enough for a script, however busy the machine; where not, the server dies before it has begun. */
const executionMs = 100;

const names = new Map(
  Object.entries(redisScripts).map(([name, text]) => [createHash("sha1").update(text).digest("hex"), name]),
);

/** Watches what this process's clients send, from below: `sendCommand` is where all that a client does comes by. */
export async function watchRedis(watcher: RedisWatcher): Promise<void> {
  const { Redis: Client } = await import("ioredis");
  const send = Client.prototype.sendCommand;
  /** Sent again by the client, after a new connection. */
  const seen = new WeakSet<object>();
  /** Scripts that the server did not know: they come again, with their text. */
  const unknown = new Set<string>();
  Client.prototype.sendCommand = function (this: Redis, command, ...more) {
    const digest = digestOf(command.name, command.args);
    const script = digest === undefined ? undefined : names.get(digest);
    if (digest === undefined || script === undefined || seen.has(command)) return send.call(this, command, ...more);
    seen.add(command);
    const [, count, ...rest] = command.args.map(String);
    const call = { script, keys: rest.slice(3, Number(count)), args: rest.slice(Number(count) + 3) };
    const isLost = unknown.delete(digest) ? false : watcher.before(call);
    command.promise.then(
      () => watcher.after(call),
      (error: unknown) => {
        if (String(error).includes("NOSCRIPT")) unknown.add(digest);
        else watcher.refused(call);
      },
    );
    const sent = send.call(this, command, ...more);
    if (isLost) loseReply(this, watcher);
    return sent;
  };
}

function digestOf(name: string, [first]: readonly unknown[]): string | undefined {
  if (name.toLowerCase() === "evalsha") return String(first);
  return name.toLowerCase() === "eval" ? createHash("sha1").update(String(first)).digest("hex") : undefined;
}

function loseReply(client: Redis, watcher: RedisWatcher): void {
  const stream = Reflect.get(client, "stream") as { pause(): void; destroy(): void } | undefined;
  stream?.pause();
  setTimeout(() => {
    watcher.lost();
    stream?.destroy();
  }, executionMs);
}
