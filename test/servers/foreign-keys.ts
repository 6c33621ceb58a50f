import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";

/** Somebody else's keys in every database of a Redis. They must be there when the tests have run: a flush takes them. */
export interface ForeignKeys {
  /** Takes them away again; throws when the tests did it first. */
  remove(): Promise<void>;
}

export async function plantForeignKeys(url: string): Promise<ForeignKeys> {
  const key = `somebody-else:${randomUUID()}`;
  const count = await databaseCount(url);
  await inEach(url, count, (redis) => redis.set(key, "unharmed"));
  return {
    async remove() {
      const removed = await inEach(url, count, (redis) => redis.del(key));
      const lost = removed.flatMap((deleted, index) => (deleted === 1 ? [] : [index]));
      if (lost.length > 0)
        throw new Error(`The tests removed keys of somebody else's from the Redis databases ${lost}.`);
    },
  };
}

async function databaseCount(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return Number(((await redis.config("GET", "databases")) as string[])[1]);
  } finally {
    redis.disconnect();
  }
}

function inEach<T>(url: string, count: number, work: (redis: Redis) => Promise<T>): Promise<T[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, db) => {
      const redis = new Redis(url, { db });
      try {
        return await work(redis);
      } finally {
        redis.disconnect();
      }
    }),
  );
}
