import { createHash } from "node:crypto";
import type { ChainableCommander, Redis } from "ioredis";
import { FirstlightError, isFirstlightError, messageOf } from "../../core/errors.ts";
import { attemptFenced } from "../attempt-fenced.ts";

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly databaseIndex: number;
  readonly clientName: string;
  /** Ends the wait for a server that does not answer, and no connection that is there. */
  readonly signal: AbortSignal | undefined;
}

/** A command with its arguments. */
export type Command = readonly [name: string, ...args: readonly (string | number)[]];

/** One connection, made at its first use and again after it was lost. */
export interface RedisClient {
  call(command: Command): Promise<unknown>;
  /** The replies in order; sent in pieces, so that no more than some thousand wait at once. */
  pipeline(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** The replies in order; nothing of others comes between the commands. */
  transaction(commands: readonly Command[]): Promise<readonly unknown[]>;
  script(text: string, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
}

const pipelineLength = 2_000;
const connectTimeoutMs = 5_000;
/** A server that was never there is given up soon, one that restarts is waited for. */
const tries = { first: 3, again: 12 };

export function redisClient(address: RedisAddress): RedisClient {
  const { host, port, signal } = address;
  /** Ends the waiting of each call. A promise for all, which each would race with, would keep the answers of all. */
  const waiting = new Set<(reason: unknown) => void>();
  let opening: Promise<Redis> | undefined;
  let wasReady = false;
  let lastProblem: unknown;
  let isGivenUp = false;

  const open = async (): Promise<Redis> => {
    const { Redis } = await import("ioredis");
    const redis = new Redis({
      host,
      port,
      db: address.databaseIndex,
      // Redis allows no blank or line break in the name of a client.
      connectionName: address.clientName.replace(/[^!-~]/g, "_"),
      lazyConnect: true,
      connectTimeout: connectTimeoutMs,
      maxRetriesPerRequest: null,
      retryStrategy(attempt) {
        if (signal?.aborted === true || attempt > (wasReady ? tries.again : tries.first)) return null;
        // Full jitter: many tasks lose the server at the same moment, and shall not return at the same one.
        return Math.ceil(Math.random() * Math.min(3_000, 50 * 2 ** attempt));
      },
    });
    redis.on("error", (error) => {
      lastProblem = error;
    });
    redis.on("ready", () => {
      wasReady = true;
    });
    const giveUp = (): void => {
      if (redis.status === "ready") return;
      redis.disconnect();
      isGivenUp = true;
      // Commands that wait for a connection between two tries are told nothing by the client.
      for (const abandon of waiting) abandon(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    redis.on("end", () => signal?.removeEventListener("abort", giveUp));
    return redis;
  };

  const orAbandoned = <Result>(work: Promise<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      if (isGivenUp) reject(signal?.reason);
      waiting.add(reject);
      work.then(resolve, reject).finally(() => waiting.delete(reject));
    });

  const use = async <Result>(work: (redis: Redis) => Promise<Result>): Promise<Result> => {
    opening ??= open();
    const redis = await opening;
    try {
      if (redis.status === "wait" || redis.status === "end") {
        signal?.throwIfAborted();
        await orAbandoned(redis.connect());
      }
      return await orAbandoned(work(redis));
    } catch (error) {
      if (redis.status !== "ready") signal?.throwIfAborted();
      throw translated(error);
    }
  };

  const translated = (error: unknown): unknown => {
    if (isFirstlightError(error)) return error;
    const message = messageOf(error);
    const fence = /FENCED (.*)/.exec(message)?.[1];
    if (fence !== undefined) return attemptFenced(fence, error);
    if (
      error instanceof Error &&
      error.name === "ReplyError" &&
      !/^(LOADING|READONLY|MASTERDOWN|OOM|MISCONF)/.test(message)
    ) {
      return new FirstlightError(
        "INVENTORY_REFUSED",
        `Redis at ${host}:${port} refused a command of the inventory: ${message}.`,
        { disposition: "fatal", fields: { host, port }, cause: error },
      );
    }
    return new FirstlightError(
      "INVENTORY_UNREACHABLE",
      `The inventory's Redis at ${host}:${port} does not answer (${messageOf(lastProblem ?? error)}). Start it, or give its address as automated-processing-scratch-inventory in MESH_CONFIG; INVENTORY_DRIVER=sqlite needs no server.`,
      { disposition: "retry", fields: { host, port }, cause: lastProblem ?? error },
    );
  };

  return {
    call: ([name, ...args]) => use((redis) => redis.call(name, ...args)),
    pipeline: (commands) =>
      use(async (redis) => {
        const replies: unknown[] = [];
        for (let start = 0; start < commands.length; start += pipelineLength) {
          replies.push(...(await repliesTo(redis.pipeline(), commands.slice(start, start + pipelineLength))));
        }
        return replies;
      }),
    transaction: (commands) => use((redis) => repliesTo(redis.multi(), commands)),
    script: (text, keys, args) =>
      use(async (redis) => {
        const digest = createHash("sha1").update(text).digest("hex");
        try {
          return await redis.call("EVALSHA", digest, keys.length, ...keys, ...args);
        } catch (error) {
          if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
          return await redis.call("EVAL", text, keys.length, ...keys, ...args);
        }
      }),
    async close() {
      const redis = await opening;
      opening = undefined;
      redis?.disconnect();
    },
  };
}

async function repliesTo(batch: ChainableCommander, commands: readonly Command[]): Promise<readonly unknown[]> {
  for (const [name, ...args] of commands) batch.call(name, ...args);
  return ((await batch.exec()) ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
