import { Redis } from "ioredis";

/** What stands under the keys of a pattern, as one text. Disposed, they are deleted. */
export async function keysInRedis(url: string, pattern: string): Promise<AsyncDisposable & { readonly text: string }> {
  const client = new Redis(url);
  const keys = (await client.scanStream({ match: pattern, count: 1000 }).toArray()).flat() as string[];
  const values = await Promise.all(keys.map((key) => heldAt(client, key)));
  return {
    text: keys.map((key, i) => JSON.stringify([key, values[i]])).join("\n"),
    async [Symbol.asyncDispose]() {
      if (keys.length > 0) await client.del(keys);
      await client.quit();
    },
  };
}

async function heldAt(client: Redis, key: string): Promise<unknown> {
  const type = await client.type(key);
  if (type === "string") return client.get(key);
  if (type === "hash") return client.hgetall(key);
  if (type === "set") return client.smembers(key);
  if (type === "list") return client.lrange(key, 0, -1);
  if (type === "zset") return client.zrange(key, "0", "-1");
  throw new Error(`${key} is a ${type}, which nobody here reads`);
}
