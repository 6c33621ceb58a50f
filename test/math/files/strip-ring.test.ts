import { expect, test } from "vitest";
import { stripRing, stripRingBytes } from "../../../src/math/files/strip-ring.ts";

test("strips come out as they went in, and their room is free again", async () => {
  const ring = stripRing(new SharedArrayBuffer(stripRingBytes(2, 8)), 2, 8);
  const other = stripRing(ring.memory, 2, 8);
  const nobodyWaits = (): never => {
    throw new Error("full");
  };
  const give = (value: number) => other.give(value * 2 ** 33, value, (target) => target.fill(value), nobodyWaits);
  const taken: unknown[] = [];
  const take = () => ring.take((bytes, start, count) => void taken.push([bytes[7], start, count]));
  expect(await take()).toBe(0);
  give(1);
  give(2);
  expect(() => give(3)).toThrow("full");
  await ring.more();
  expect(await take()).toBe(3);
  give(4);
  await ring.more();
  expect(await take()).toBe(4);
  expect(taken).toEqual([1, 2, 4].map((value) => [value, value * 2 ** 33, value]));
});
