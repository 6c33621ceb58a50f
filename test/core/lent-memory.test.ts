import { expect, test } from "vitest";
import { byteArena, lentMemory } from "../../src/core/lent-memory.ts";

test("memory that was given back is lent again, and to one at a time", () => {
  const first = lentMemory(100_000);
  const { bytes } = first;
  expect(bytes.length).toBeGreaterThanOrEqual(100_000);
  expect(lentMemory(100_000).bytes).not.toBe(bytes);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  expect(lentMemory(90_000).bytes).toBe(bytes);
  expect(lentMemory(90_000).bytes).not.toBe(bytes);
});

test("an arena holds what was added since it was cleared, however much", () => {
  using arena = byteArena();
  arena.add(Uint8Array.of(9));
  arena.clear();
  const parts = Array.from({ length: 300 }, (_, i) => new Uint8Array(i * 5).fill(i));
  for (const part of parts) arena.add(part);
  expect(Buffer.from(arena.bytes).equals(Buffer.concat(parts))).toBe(true);
});
