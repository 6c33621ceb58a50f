import { expect, test } from "vitest";
import { randomIds, uuidFrom } from "../../src/core/ids.ts";

const uuid = (version: number) =>
  new RegExp(`^[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`);

test("random ids are version 4 UUIDs and differ", () => {
  const ids = Array.from({ length: 100 }, () => randomIds.uuid());
  expect(new Set(ids).size).toBe(100);
  for (const id of ids) expect(id).toMatch(uuid(4));
});

test("the id of a name is a version 8 UUID that stays the same between releases", () => {
  expect(uuidFrom("42/catalog.frame.m/a.fits")).toMatch(uuid(8));
  expect(uuidFrom("firstlight")).toBe(uuidFrom("firstlight"));
  expect(uuidFrom("firstlight")).toBe("b6de431a-b46a-8784-b22f-fb5b010a5aea");
});

test("every variant that a hash may give is a UUID", () => {
  for (let index = 0; index < 64; index += 1) expect(uuidFrom(String(index))).toMatch(uuid(8));
});
