import type { Command, RedisClient } from "./redis-client.ts";

/** So many are worth a set of their own. */
const manyMembers = 50;
const membersPerCommand = 1_000;
/** A transaction holds the server for as long as it takes. */
const keysPerTransaction = 100;

/**
 * For each member those of the keys whose sets hold it.
 *
 * @param temporary a key that nobody else uses
 */
export async function redisHolders(
  client: RedisClient,
  keys: readonly string[],
  members: readonly string[],
  temporary: string,
): Promise<readonly (readonly string[])[]> {
  const held = new Map(members.map((member): [string, string[]] => [member, []]));
  if (held.size < manyMembers) {
    const asked = [...held.keys()];
    const replies = asked.length === 0 ? [] : await client.pipeline(keys.map((key) => ["SMISMEMBER", key, ...asked]));
    for (const [k, reply] of replies.entries()) {
      for (const [m, isMember] of (reply as readonly number[]).entries()) {
        if (isMember === 1) held.get(asked[m] ?? "")?.push(keys[k] ?? "");
      }
    }
  } else {
    for (const some of pieces(keys, keysPerTransaction)) {
      const shared = await sharedWith(client, some, [...held.keys()], temporary);
      for (const [k, found] of shared.entries()) for (const member of found) held.get(member)?.push(some[k] ?? "");
    }
  }
  return members.map((member) => held.get(member) ?? []);
}

/** What each set shares with the members: of the two the server goes through the smaller one, and tells only what it finds. */
async function sharedWith(
  client: RedisClient,
  keys: readonly string[],
  members: readonly string[],
  temporary: string,
): Promise<readonly (readonly string[])[]> {
  const put = [...pieces(members, membersPerCommand)].map((some): Command => ["SADD", temporary, ...some]);
  const ask = keys.map((key): Command => ["SINTER", key, temporary]);
  const replies = await client.transaction([...put, ...ask, ["UNLINK", temporary]]);
  return replies.slice(put.length, -1) as readonly (readonly string[])[];
}

function* pieces<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
