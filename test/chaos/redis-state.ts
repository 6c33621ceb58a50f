import { Redis } from "ioredis";
import type { Berth } from "./berth.ts";
import { type State, stateOf, whoeverCameFirst } from "./state.ts";

/** As `stateOf`, for a run whose inventory is in the Redis at `url`. */
export async function redisStateOf(berth: Berth, url: string, recipeRunId: number): Promise<State> {
  const found: Record<string, unknown> = {};
  await withRun(url, recipeRunId, async (redis, keys) => {
    for (const key of keys.filter((one) => !one.includes(":firstlight_fence:"))) {
      const type = await redis.type(key);
      if (type === "string") found[key] = await redis.get(key);
      else if (type === "hash")
        found[key] = Object.entries(await redis.hgetall(key))
          .sort()
          .map(([path, history]) => [path, whoeverCameFirst(history)]);
      else found[key] = (await redis.smembers(key)).sort();
    }
  });
  return { ...(await stateOf(berth, recipeRunId)), inventory: found };
}

/** The state of the first run of a berth, wherever its inventory is. */
export function stateAt(berth: Berth): Promise<State> {
  return berth.redis === undefined ? stateOf(berth) : redisStateOf(berth, berth.redis.url, 1);
}

/** Removes everything of a run from the Redis at `url`, and of no other. */
export async function forgetRun(url: string, recipeRunId: number): Promise<void> {
  await withRun(url, recipeRunId, async (redis, keys) => {
    if (keys.length > 0) await redis.del(...keys);
  });
}

/** What a runner and its tasks need to find their inventory there. */
export function redisEnvironment(url: string): Readonly<Record<string, string>> {
  const { hostname, port } = new URL(url);
  const address = { mesh_address: hostname === "127.0.0.1" ? "localhost" : hostname, mesh_port: Number(port) };
  return { MESH_CONFIG: JSON.stringify({ "automated-processing-scratch-inventory": address }) };
}

async function withRun(
  url: string,
  recipeRunId: number,
  work: (redis: Redis, keys: readonly string[]) => Promise<void>,
): Promise<void> {
  const redis = new Redis(`${url}/${recipeRunId % 15}`);
  try {
    await work(redis, (await redis.keys(`${recipeRunId}:*`)).sort());
  } finally {
    redis.disconnect();
  }
}
