import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { generatedKernels, generatedPath } from "../../scripts/generated-kernels.ts";
import { borrowKernels, openKernels } from "../../src/kernels/kernels.ts";
import { root } from "../architecture/source-imports.ts";

test("the kernels are what their source compiles to; if not: npm run kernels", { timeout: 120_000 }, async () => {
  expect(readFileSync(join(root, generatedPath), "utf8")).toBe(await generatedKernels(root));
});

test("regions begin at multiples of 64, apart from each other and from what is the kernels' own", () => {
  const kernels = openKernels();
  const sizes = [100, 0, 300_000, 64];
  const places = kernels.regions(sizes);
  for (const [i, at] of places.entries()) {
    expect(at % 64).toBe(0);
    expect(at).toBeGreaterThanOrEqual(
      i === 0 ? kernels.run.firstFree() : (places[i - 1] ?? 0) + (sizes[i - 1] ?? 0) + 64,
    );
    expect(at + (sizes[i] ?? 0)).toBeLessThanOrEqual(kernels.run.memory.buffer.byteLength);
  }
});

test("whoever borrows an instance has it alone", () => {
  using one = borrowKernels();
  using other = borrowKernels();
  const [at = 0] = one.regions([8]);
  other.regions([8]);
  one.bytes(at, 8).fill(1);
  other.bytes(at, 8).fill(2);
  expect([...one.bytes(at, 8)]).toEqual(Array(8).fill(1));
});
