import { nameOfConnection, type RedisAddress } from "./redis-client.ts";

/** A connection on which a server tells which keys have changed. */
export interface RedisListener {
  /** Its number in the server's list of clients. */
  readonly clientId: number;
  /** Resolves once all that the server had to tell before this call has been told: what is told and the answer come one after the other. */
  heard(): Promise<void>;
  /** Without calling `lost`. */
  close(): void;
}

export interface RedisHearing {
  /** The keys that have changed; `undefined` for all. */
  told(keys: readonly string[] | undefined): void;
  /** The connection has ended, and is not made again. */
  lost(): void;
}

const connectTimeoutMs = 5_000;
/** Where RESP 2 has it told what a client tracks that names this connection. */
const channel = "__redis__:invalidate";

export async function redisListener(address: RedisAddress, { told, lost }: RedisHearing): Promise<RedisListener> {
  const { host, port, signal } = address;
  const { Redis } = await import("ioredis");
  signal?.throwIfAborted();
  const redis = new Redis({
    host,
    port,
    // Of RESP 3 the client passes on no message of this kind.
    protocol: 2,
    connectionName: nameOfConnection(address),
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    // What was told while it was away nobody knows: whoever needs one makes another.
    retryStrategy: () => null,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
  });
  const close = (): void => {
    redis.off("close", lost);
    redis.disconnect();
  };
  redis.on("error", () => undefined);
  redis.on("close", lost);
  redis.on("end", () => signal?.removeEventListener("abort", giveUp));
  const giveUp = (): void => {
    if (redis.status !== "ready") close();
  };
  signal?.addEventListener("abort", giveUp, { once: true });
  redis.on("messageBuffer", (_, keys: unknown) => {
    told(Array.isArray(keys) ? keys.map(String) : undefined);
  });
  try {
    await redis.connect();
    const clientId = Number(await redis.call("CLIENT", "ID"));
    await redis.subscribe(channel);
    return {
      clientId,
      heard: async () => void (await redis.ping()),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
