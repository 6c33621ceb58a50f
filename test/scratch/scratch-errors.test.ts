import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { openScratch } from "../../src/scratch/scratch.ts";
import { scratchProblem } from "../../src/scratch/scratch-errors.ts";

test.runIf(process.platform === "linux")("a full disk is named with its folder and what to do", async () => {
  const error: unknown = await writeFile("/dev/full", "x").catch((full: unknown) => full);
  expect(scratchProblem("/scratch/7", error)).toMatchObject({
    code: "SCRATCH_FULL",
    disposition: "retry",
    message: expect.stringMatching(/\/scratch\/7 .*ENOSPC.*SCRATCH_BASE_PATH/),
    cause: error,
  });
});

test.runIf(process.platform === "linux")("a place that cannot be written is named with what to do", async () => {
  // Not even the superuser makes a folder there.
  const opening = openScratch({ basePath: "/sys", recipeRunId: 7, taskName: "Task", driver: memoryInventory() });
  await expect(opening).rejects.toMatchObject({
    code: "SCRATCH_READ_ONLY",
    message: expect.stringContaining("SCRATCH_BASE_PATH"),
    fields: { folder: "/sys/7" },
  });
});

test("other errors stay what they are", () => {
  const error = new Error("other");
  expect(scratchProblem("/scratch/7", error)).toBe(error);
});
