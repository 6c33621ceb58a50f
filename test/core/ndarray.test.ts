import { expect, test } from "vitest";
import { sizeOf } from "../../src/core/ndarray.ts";

test.each([
  [[], 0],
  [[7], 7],
  [[2, 3, 4], 24],
  [[2, 0, 4], 0],
])("the shape %o has %i elements", (shape, size) => {
  expect(sizeOf(shape)).toBe(size);
});
