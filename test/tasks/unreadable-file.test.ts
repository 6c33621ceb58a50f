import { rm, truncate } from "node:fs/promises";
import { expect, test } from "vitest";
import { fits } from "../../src/codecs/fits.ts";
import { text } from "../../src/codecs/text.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

class ReadText extends WorkflowTaskBase {
  override async run(): Promise<void> {
    await this.readOne([Tag.intermediate()], text);
  }
}

class ReadFrames extends WorkflowTaskBase {
  override async run(): Promise<void> {
    for await (const _ of this.read([Tag.frame()], fits.frame));
  }
}

test("a file that carries tags and is gone is named, with what to do", async () => {
  await using run = await tmpRun();
  const path = await run.put("dark", [Tag.intermediate()], text, "dark.txt");
  await rm(`${run.folder}/${path}`);
  await expect(run.run(ReadText)).rejects.toMatchObject({
    code: "SCRATCH_FILE_MISSING",
    message: expect.stringMatching(
      /^dark\.txt carries tags, and is not in scratch .*The same command again makes it anew/,
    ),
  });
});

test("a damaged file of the run's own making comes with advice, one that came in does not", async () => {
  await using run = await tmpRun();
  const path = await run.put(syntheticFrame(), [Tag.frame(), Tag.intermediate()], fits.frame, "flat.fits");
  await truncate(`${run.folder}/${path}`, 3000);
  await expect(run.run(ReadFrames)).rejects.toMatchObject({
    code: "SCRATCH_FILE_DAMAGED",
    message: expect.stringContaining("of this run's making: if it was damaged since, remove it"),
  });
  await using other = await tmpRun();
  const input = await other.put(syntheticFrame(), [Tag.frame(), Tag.input()], fits.frame, "l0.fits");
  await truncate(`${other.folder}/${input}`, 3000);
  await expect(other.run(ReadFrames)).rejects.toMatchObject({
    code: "FITS_TRUNCATED",
    message: expect.not.stringContaining("of this run's making"),
  });
});
