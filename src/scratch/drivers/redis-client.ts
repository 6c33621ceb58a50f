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
  /** `isTracked`: where the connection has CLIENT TRACKING on, in OPTIN mode, the server remembers what the script reads. */
  script(
    text: string,
    keys: readonly string[],
    args: readonly (string | number)[],
    isTracked?: boolean,
  ): Promise<unknown>;
  close(): Promise<void>;
}

const pipelineLength = 2_000;
const connectTimeoutMs = 5_000;
/** A server that was never there is given up soon, one that restarts is waited for. */
const tries = { first: 3, again: 12 };

/** @param lost called whenever the server may track nothing any more: the connection has ended, before anything comes of the next one */
export function redisClient(address: RedisAddress, lost: () => void): RedisClient {
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
      connectionName: nameOfConnection(address),
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
    redis.on("close", lost);
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
    script: (text, keys, args, isTracked = false) =>
      use(async (redis) => {
        const digest = createHash("sha1").update(text).digest("hex");
        const evaluate = (command: "EVAL" | "EVALSHA", script: string) => {
          // No batch with the command that follows: one that was half answered is not sent again. Refused, as after a new connection, it
          // means that this script is not tracked, and what was known by it does not hold.
          if (isTracked) redis.call(...trackNext).catch(lost);
          return redis.call(command, script, keys.length, ...keys, ...args);
        };
        try {
          return await evaluate("EVALSHA", digest);
        } catch (error) {
          if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
          return await evaluate("EVAL", text);
        }
      }),
    async close() {
      const redis = await opening;
      opening = undefined;
      redis?.disconnect();
    },
  };
}

/** The server remembers what the next command reads, where tracking is on. */
export const trackNext = ["CLIENT", "CACHING", "YES"] as const;

/** Redis allows no blank or line break in the name of a client. */
export function nameOfConnection({ clientName }: RedisAddress): string {
  return clientName.replace(/[^!-~]/g, "_");
}

async function repliesTo(batch: ChainableCommander, commands: readonly Command[]): Promise<readonly unknown[]> {
  for (const [name, ...args] of commands) batch.call(name, ...args);
  return ((await batch.exec()) ?? []).map(([error, reply]) => {
    if (error !== null) throw error;
    return reply;
  });
}
