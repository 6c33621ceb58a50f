import { expect, test } from "vitest";
import { bytesSource, readAll } from "../../src/core/byte-source.ts";

test("bytes in memory are read at any offset, and short only at their end", async () => {
  const source = bytesSource(Uint8Array.of(1, 2, 3, 4, 5), "five");
  const into = new Uint8Array(3);
  expect([source.name, source.sizeBytes]).toEqual(["five", 5]);
  expect([await source.read(1, into), ...into]).toEqual([3, 2, 3, 4]);
  expect(await source.read(4, into)).toBe(1);
  expect(into[0]).toBe(5);
  expect(await source.read(5, into)).toBe(0);
  expect(await readAll(source)).toEqual(Uint8Array.of(1, 2, 3, 4, 5));
});

test("a source that gives little at a time is read whole", async () => {
  const bytes = Uint8Array.from({ length: 10 }, (_, index) => index);
  const slow = bytesSource(bytes);
  const source = { ...slow, read: (offset: number, into: Uint8Array) => slow.read(offset, into.subarray(0, 3)) };
  expect(await readAll(source)).toEqual(bytes);
});

test("a source that ends before its size says so by its length", async () => {
  const source = { ...bytesSource(Uint8Array.of(1, 2)), sizeBytes: 5 };
  expect(await readAll(source)).toEqual(Uint8Array.of(1, 2));
});
