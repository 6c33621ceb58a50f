import type { Fail } from "./rice.ts";

/** Reads bits, the highest of each byte first. */
export interface BitReader {
  /** At most 24 bits. */
  bits(count: number): number;
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
    toNextByte() {
      held = 0;
    },
  };
}
