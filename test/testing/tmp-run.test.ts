import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { fits } from "../../src/codecs/fits.ts";
import { text } from "../../src/codecs/text.ts";
import { real } from "../../src/core/scalar.ts";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import type { Bus } from "../../src/services/bus.ts";
import { catalogFrameMessage } from "../../src/services/messages.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { openFilesOf } from "../fixtures/open-files.ts";

class Upper extends WorkflowTaskBase {
  async run() {
    for await (const { value } of this.read(["GIVEN"], text)) await this.write(value.toUpperCase(), ["MADE"], text);
    await this.setConstant("ATTEMPT", this.attempt);
  }
}

describe("tmpRun", () => {
  test("puts files and constants, runs a task on them, and shows what it made", async () => {
    await using run = await tmpRun({ recipeRunId: 12 });
    expect(await run.put("words", ["GIVEN"], text, "a/b.txt")).toBe("a/b.txt");
    await run.setConstant("KNOWN", 1);
    const report = await run.run(Upper);
    expect(report.reads).toEqual(["a/b.txt"]);
    expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["WORDS"]);
    expect(await run.tags("a/b.txt")).toEqual(["GIVEN"]);
    expect(await run.constants()).toEqual(
      new Map([
        ["ATTEMPT", 1],
        ["KNOWN", 1],
      ]),
    );
    expect(run.folder).toMatch(/\/12$/);
  });

  test.runIf(process.platform === "linux")("has no file open once it has shown what files hold", async () => {
    await using run = await tmpRun();
    for (const name of ["a", "b"]) await run.put(name, ["GIVEN"], text, name);
    const watched = { name: "watched", decode: () => openFilesOf(run.folder).length };
    expect((await run.files("GIVEN", watched)).map(({ value }) => value)).toEqual([1, 1]);
    expect(openFilesOf(run.folder)).toEqual([]);
  });

  test.each([1.5, -1, Number.NaN, "7"])("refuses %j as the number of a run, as runTask does", async (recipeRunId) => {
    await expect(tmpRun({ recipeRunId: recipeRunId as number })).rejects.toMatchObject({
      code: "RECIPE_RUN_ID_INVALID",
      message: expect.stringContaining(String(recipeRunId)),
    });
  });

  test("counts the attempts of a task, so that the one before is rolled back", async () => {
    await using run = await tmpRun();
    await run.put("words", ["GIVEN"], text);
    await run.run(Upper);
    await run.run(Upper);
    expect(await run.files(["MADE"], text)).toHaveLength(1);
    expect(await run.constants()).toEqual(new Map([["ATTEMPT", 2]]));
  });

  test("leaves nothing behind, also after a task that failed", async () => {
    let base: string | undefined;
    await expect(
      (async () => {
        await using run = await tmpRun();
        base = dirname(run.folder);
        await run.setConstant("ATTEMPT", 1);
        await run.put("x", ["GIVEN"], text);
        await run.run(Upper, { attempt: 1 });
      })(),
    ).rejects.toMatchObject({ code: "CONSTANT_EXISTS" });
    expect(base).toContain("firstlight-run-");
    expect(existsSync(base!)).toBe(false);
  });

  test("has the embedded services in its folder, shared with its tasks", async () => {
    class Puts extends WorkflowTaskBase<"objectStore"> {
      static override readonly uses = ["objectStore"] as const;
      async run() {
        await this.objectStore.put("data", "key", new Uint8Array(3));
      }
    }
    await using run = await tmpRun();
    await run.run(Puts);
    expect(await run.services.objectStore.head("data", "key")).toMatchObject({ sizeBytes: 3 });
  });

  test("uses what it is given in the place of a service or the inventory, and leaves it open", async () => {
    let published = 0;
    let disposed = 0;
    const bus = {
      publish: async () => void published++,
      [Symbol.asyncDispose]: async () => void disposed++,
    } as unknown as Bus;
    class Publishes extends WorkflowTaskBase<"bus"> {
      static override readonly uses = ["bus"] as const;
      async run() {
        await this.bus.publish([catalogFrameMessage.create(1, { bucket: "data", objectName: "frame.fits" })]);
      }
    }
    const inventory = memoryInventory();
    {
      await using run = await tmpRun({ services: { bus }, inventory });
      await run.run(Publishes);
      await run.setConstant("KEPT", 1);
    }
    expect([published, disposed]).toEqual([1, 0]);
    expect(await inventory.members(["1:constant:KEPT"])).toEqual([["1"]]);
  });

  test("takes settings from its own environment only, and refuses bad ones", async () => {
    process.env.SCRATCH_INVENTORY_DB_COUNT = "no number";
    try {
      await using run = await tmpRun();
      expect(existsSync(run.folder)).toBe(true);
    } finally {
      delete process.env.SCRATCH_INVENTORY_DB_COUNT;
    }
    await expect(tmpRun({ env: { SCRATCH_INVENTORY_DB_COUNT: "no number" } })).rejects.toMatchObject({
      code: "SETTINGS_INVALID",
    });
  });
});

describe("syntheticFrame", () => {
  test("is a small raw frame with the cards that the stock tasks ask for", () => {
    const { header, image } = syntheticFrame();
    expect(image).toEqual({ data: new Uint16Array(256).fill(1000), shape: [16, 16] });
    expect(header.string("IPTASK")).toBe("observe");
    expect(header.get("XPOSURE")).toEqual(real(20));
  });

  test("has the pixels and cards that are asked for, and survives being written", async () => {
    await using run = await tmpRun();
    const frame = syntheticFrame({
      shape: [2, 3],
      pixels: (row, column) => row * 30_000 + column,
      cards: { IPTASK: "dark", LINEWAV: 630.2 },
    });
    await run.put(frame, ["INPUT"], fits.frame);
    const [item] = await run.files(["INPUT"], fits.frame);
    expect(item?.value.image).toEqual({ data: Uint16Array.of(0, 1, 2, 30_000, 30_001, 30_002), shape: [2, 3] });
    expect(item?.value.header.string("IPTASK")).toBe("dark");
    expect(item?.value.header.number("LINEWAV")).toBe(630.2);
  });
});
