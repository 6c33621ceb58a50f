import { formatPythonJson, parsePythonJson } from "../core/python-json.ts";
import type { Entry, Fence, InventoryDriver } from "../scratch/inventory-driver.ts";
import type { BusMessage } from "../services/bus.ts";
import type { Outbox } from "../services/outbox.ts";

export interface InventoryOutboxOptions {
  readonly driver: InventoryDriver;
  /** `{run}:firstlight_outbox:{task}`: a set of JSON lists, place in the order and message. */
  readonly key: string;
  /** An attempt that is no longer the newest neither records nor marks. */
  readonly fence: Fence;
}

/** The outbox of a task's attempt, in the inventory of its recipe run: what it holds is rolled back and purged with the rest. */
export function inventoryOutbox({ driver, key, fence }: InventoryOutboxOptions): Outbox {
  // Only the newest attempt writes: what it has read once it knows.
  let known: Promise<Map<string, Kept>> | undefined;
  const load = async (): Promise<Map<string, Kept>> => {
    const [members = []] = await driver.members([key]);
    const kept = members.map(keptOf).sort((a, b) => a.place - b.place);
    return new Map(kept.map((each) => [each.message.messageId, each]));
  };
  const keptNow = (): Promise<Map<string, Kept>> => {
    known ??= load().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    async record(messages) {
      const kept = await keptNow();
      const added = new Map<string, Kept>();
      // From the last one on, so that a call that failed half way and is made again keeps nothing twice.
      let place = [...kept.values()].at(-1)?.place ?? 0;
      for (const message of messages) {
        if (kept.has(message.messageId) || added.has(message.messageId)) continue;
        place += 1;
        added.set(message.messageId, { place, message, member: formatPythonJson([place, message]) });
      }
      if (added.size === 0) return;
      const entries = [...added.values()].map(({ member }): Entry => [key, member]);
      await driver.add(entries, { fence });
      await driver.sync?.();
      for (const [id, each] of added) kept.set(id, each);
    },
    async pending() {
      return [...(await keptNow()).values()].map(({ message }) => message);
    },
    async mark(messageIds) {
      const kept = await keptNow();
      const entries = messageIds.flatMap((id): readonly Entry[] => {
        const member = kept.get(id)?.member;
        return member === undefined ? [] : [[key, member]];
      });
      if (entries.length === 0) return;
      await driver.remove(entries, { fence });
      for (const id of messageIds) kept.delete(id);
    },
  };
}

interface Kept {
  readonly place: number;
  readonly message: BusMessage;
  /** As the set holds it. */
  readonly member: string;
}

function keptOf(member: string): Kept {
  // Written by `record`, and by nobody else.
  const [place, message] = parsePythonJson(member) as unknown as readonly [number, BusMessage];
  return { place, message, member };
}
