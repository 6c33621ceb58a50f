import { wordChange } from "../../core/word-change.ts";

/** Strips of a result that threads hand to the one that keeps it, in slots that are used again: nobody else has to hold the whole. */
export interface StripRing {
  /** To be handed to the other threads, which make their `stripRing` of it. */
  readonly memory: SharedArrayBuffer;
  /** Waits until there is room, and hands over what `fill` puts there. `check` throws where the work is to end. */
  give(start: number, count: number, fill: (target: Uint8Array<ArrayBufferLike>) => void, check: () => void): void;
  /** Takes all strips that are there, each until `use` is done with it, and resolves to how many pixels these are. */
  take(
    use: (bytes: Uint8Array<ArrayBufferLike>, start: number, count: number) => void | Promise<void>,
  ): Promise<number>;
  /** Until more may be there. */
  more(): Promise<void>;
}

const [given, taken, statesFrom] = [0, 1, 2];
const [free, filling, full] = [0, 1, 2];
const headBytes = 4096;
const placeBytes = 16;
/** Who waits looks up so often, come what may. */
const longestWaitMs = 100;

/** How much memory a ring needs. */
export function stripRingBytes(slots: number, slotBytes: number): number {
  return headBytes + slots * slotBytes;
}

/** @param slots at most 100 */
export function stripRing(memory: SharedArrayBuffer, slots: number, slotBytes: number): StripRing {
  const words = new Int32Array(memory, 0, statesFrom + slots);
  const places = new Float64Array(memory, headBytes / 2, (slots * placeBytes) / 8);
  const bytesOf = (slot: number) => new Uint8Array(memory, headBytes + slot * slotBytes, slotBytes);
  const freeSlot = (check: () => void): number => {
    for (;;) {
      const seen = Atomics.load(words, taken);
      for (let slot = 0; slot < slots; slot += 1) {
        if (Atomics.compareExchange(words, statesFrom + slot, free, filling) === free) return slot;
      }
      check();
      Atomics.wait(words, taken, seen, longestWaitMs);
    }
  };
  let seenGiven = 0;
  return {
    memory,
    give(start, count, fill, check) {
      const slot = freeSlot(check);
      fill(bytesOf(slot));
      places[2 * slot] = start;
      places[2 * slot + 1] = count;
      Atomics.store(words, statesFrom + slot, full);
      Atomics.add(words, given, 1);
      Atomics.notify(words, given);
    },
    async take(use) {
      seenGiven = Atomics.load(words, given);
      let pixels = 0;
      for (let slot = 0; slot < slots; slot += 1) {
        if (Atomics.load(words, statesFrom + slot) !== full) continue;
        const [start = 0, count = 0] = places.subarray(2 * slot, 2 * slot + 2);
        await use(bytesOf(slot), start, count);
        pixels += count;
        Atomics.store(words, statesFrom + slot, free);
        Atomics.add(words, taken, 1);
        Atomics.notify(words, taken);
      }
      return pixels;
    },
    more: () => wordChange(words, given, seenGiven, longestWaitMs),
  };
}
