import type { Fail } from "./rice.ts";

/** Reads bits, the highest of each byte first. */
export interface BitReader {
  /** At most 24 bits. */
  bits(count: number): number;
  /** So many groups of four bits. */
  nibbles(into: Uint8Array, count: number): void;
  /** Leaves out what is left of the byte begun. */
  toNextByte(): void;
}

export function bitReader(bytes: Uint8Array, start: number, end: number, fail: Fail): BitReader {
  let position = start;
  let buffer = 0;
  let held = 0;
  return {
    bits(count) {
      while (held < count) {
        if (position >= end) throw fail("the compressed bytes end before the tile is full.");
        buffer = (buffer << 8) | (bytes[position++] as number);
        held += 8;
      }
      held -= count;
      return (buffer >>> held) & ((1 << count) - 1);
    },
    nibbles(into, count) {
      // After at most 7 bits left over, each byte more gives two.
      if (position + (4 * count - held) / 8 > end) throw fail("the compressed bytes end before the tile is full.");
      let index = 0;
      for (; index + 1 < count && held < 8; index += 2) {
        buffer = (buffer << 8) | (bytes[position++] as number);
        const pair = buffer >>> held;
        into[index] = (pair >>> 4) & 15;
        into[index + 1] = pair & 15;
      }
      for (; index < count; index += 1) into[index] = this.bits(4);
    },
    toNextByte() {
      held = 0;
    },
  };
}
