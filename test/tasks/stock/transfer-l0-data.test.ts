import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { bytes } from "../../../src/codecs/bytes.ts";
import { text } from "../../../src/codecs/text.ts";
import { formatFrames, formatParameters } from "../../../src/services/input-dataset.ts";
import type { Transfer, TransferItem, TransferOptions } from "../../../src/services/transfer.ts";
import { TransferL0Data } from "../../../src/tasks/stock/transfer-l0-data.ts";
import { type TmpRun, tmpRun } from "../../../src/testing/tmp-run.ts";
import { frameBytes, inputFolder, registerFrames, registerParts } from "./input-run.ts";

const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");
const namesOf = async (run: TmpRun, tags: readonly string[]): Promise<readonly string[]> =>
  (await run.files(tags, bytes)).map(({ path }) => relative(run.folder, path));

describe("TransferL0Data", () => {
  test("brings documents and frames into scratch with their tags, and sets the run in progress", async () => {
    await using run = await tmpRun();
    const one = frameBytes({ pixels: 1 });
    const folder = await inputFolder({ "one.fits": one, "sub/two.fits": frameBytes({ pixels: 2 }) });
    await registerFrames(run, folder, ["one.fits", "sub/two.fits"]);
    const progress: unknown[] = [];
    const report = await run.run(TransferL0Data, {
      onProgress: ({ current, total }) => progress.push([current, total]),
    });

    expect(await namesOf(run, ["INPUT", "FRAME"])).toEqual(["one.fits", "sub/two.fits"]);
    expect((await run.files(["INPUT", "FRAME"], bytes))[0]?.value).toEqual(one);
    expect((await run.files(["INPUT_DATASET_OBSERVE_FRAMES"], text)).map(({ value }) => JSON.parse(value))).toEqual([
      [{ bucket: folder, object_keys: ["one.fits", "sub/two.fits"] }],
    ]);
    expect(await run.services.metadataStore.record?.(1)).toMatchObject({ status: "INPROGRESS" });
    expect(progress.at(-1)).toEqual([2, 2]);
    // The digests are those that the transfer took, of the right files.
    expect(report.writes.find(({ path }) => path === "one.fits")).toEqual({
      path: "one.fits",
      sha256: sha256(one),
      sizeBytes: one.length,
      tags: ["INPUT", "FRAME"],
    });
  });

  test("takes the digests itself where the transfer takes none", async () => {
    await using run = await tmpRun();
    const frame = frameBytes();
    const folder = await inputFolder({ "one.fits": frame });
    await registerFrames(run, folder, ["one.fits"]);
    await using embedded = await tmpRun();
    const { transfer } = embedded.services;
    const silent = Object.create(transfer, {
      toScratch: {
        value: (items: never, { onFile: _, ...options }: TransferOptions) => transfer.toScratch(items, options),
      },
    });
    await using again = await tmpRun({ services: { transfer: silent, metadataStore: run.services.metadataStore } });
    const report = await again.run(TransferL0Data);
    expect(report.writes.find(({ path }) => path === "one.fits")).toMatchObject({ sha256: sha256(frame) });
  });

  test("brings the files of parameters, tagged by their names or as they ask", async () => {
    await using run = await tmpRun();
    const folder = await inputFolder({
      "a.fits": frameBytes(),
      "flat.dat": new Uint8Array(3),
      "bad.dat": new Uint8Array(4),
    });
    const pointer = (objectKey: string, tag?: string) => ({
      __file__: { bucket: folder, objectKey, ...(tag === undefined ? {} : { tag }) },
    });
    const value = (parameterValueId: number, parameterValue: unknown) => ({
      parameterValueId,
      parameterValue,
      parameterValueStartDate: new Date("2020-01-01T00:00:00Z"),
    });
    await registerParts(run, {
      calibration_frames: formatFrames([{ bucket: folder, objectKeys: ["a.fits"] }]),
      parameters: formatParameters([
        { parameterName: "flat", parameterValues: [value(1, pointer("flat.dat")), value(2, 5)] },
        { parameterName: "bad", parameterValues: [value(3, pointer("bad.dat", "BAD_PIXELS"))] },
      ]),
    });
    await run.run(TransferL0Data);
    expect(await namesOf(run, ["INPUT", "FRAME"])).toEqual(["a.fits"]);
    expect(await namesOf(run, ["PARAMETER_FLAT.DAT"])).toEqual(["flat.dat"]);
    expect(await namesOf(run, ["BAD_PIXELS"])).toEqual(["bad.dat"]);
    expect(await namesOf(run, ["INPUT_DATASET_PARAMETERS"])).toEqual(["input_dataset/parameters.json"]);
  });

  test("brings a file once that two parts name", async () => {
    await using run = await tmpRun();
    const folder = await inputFolder({ "a.fits": frameBytes() });
    const document = formatFrames([{ bucket: folder, objectKeys: ["a.fits"] }]);
    await registerParts(run, { observe_frames: document, calibration_frames: document });
    const report = await run.run(TransferL0Data);
    expect(report.writes.filter(({ path }) => path === "a.fits")).toHaveLength(1);
  });

  test("does all of it again in a second attempt", async () => {
    await using run = await tmpRun();
    const folder = await inputFolder({ "a.fits": frameBytes() });
    await registerFrames(run, folder, ["a.fits"]);
    await run.run(TransferL0Data);
    await run.run(TransferL0Data);
    expect(await namesOf(run, ["INPUT", "FRAME"])).toEqual(["a.fits"]);
  });
});

test("an attempt that fell asleep while its files came brings none of them when it wakes beside a newer one", async () => {
  await using embedded = await tmpRun();
  const { transfer } = embedded.services;
  const [asleep, wake] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isFirst = true;
  const sleepy: Transfer = Object.create(transfer, {
    toScratch: {
      async value(items: readonly TransferItem[], options: TransferOptions) {
        const isGhost = isFirst;
        isFirst = false;
        const land = async (temporary: string, path: string): Promise<void> => {
          asleep.resolve();
          if (isGhost) await wake.promise;
          await options.landing?.land(temporary, path);
        };
        const landing = options.landing === undefined ? undefined : { ...options.landing, land };
        await transfer.toScratch(items, { ...options, landing });
      },
    },
  });
  await using run = await tmpRun({ services: { transfer: sleepy } });
  const folder = await inputFolder({ "a.fits": frameBytes() });
  await registerFrames(run, folder, ["a.fits"]);
  const ghost = run.run(TransferL0Data, { attempt: 1 }).catch((error: unknown) => error);
  await asleep.promise;
  await run.run(TransferL0Data, { attempt: 2 });
  const path = join(run.folder, "a.fits");
  const { ino } = await stat(path);
  wake.resolve();
  expect(await ghost).toMatchObject({ code: "ATTEMPT_FENCED" });
  expect((await stat(path)).ino).toBe(ino);
  expect((await readdir(run.folder)).filter((name) => name.includes("tmp"))).toEqual([]);
});

describe("TransferL0Data refuses", () => {
  test("a dataset without frames, and says which parts there are", async () => {
    await using run = await tmpRun();
    await registerParts(run, { parameters: "[]", observe_frames: "[]" });
    await expect(run.run(TransferL0Data)).rejects.toMatchObject({
      code: "NO_INPUT_FRAMES",
      disposition: "invalid",
      message: expect.stringMatching(
        /recipe run 1 names no frames: its parts are (parameters, observe_frames|observe_frames, parameters)/,
      ),
    });
    expect(await namesOf(run, ["INPUT_DATASET_PARAMETERS"])).toEqual([]);
  });

  test("frames that are not there, and names them all", async () => {
    await using run = await tmpRun();
    const folder = await inputFolder({ "a.fits": frameBytes() });
    await registerFrames(run, folder, ["a.fits", "b.fits", "c.fits"]);
    await expect(run.run(TransferL0Data)).rejects.toMatchObject({
      code: "TRANSFER_FAILED",
      fields: { missing: [join(folder, "b.fits"), join(folder, "c.fits")] },
    });
  });

  test("one key of two buckets, whose files would take each other's place", async () => {
    await using run = await tmpRun();
    const first = await inputFolder({ "a.fits": frameBytes({ pixels: 1 }) });
    const second = await inputFolder({ "a.fits": frameBytes({ pixels: 2 }) });
    await registerParts(run, {
      observe_frames: formatFrames([
        { bucket: first, objectKeys: ["a.fits"] },
        { bucket: second, objectKeys: ["a.fits"] },
      ]),
    });
    await expect(run.run(TransferL0Data)).rejects.toMatchObject({
      code: "INPUT_DATASET_INVALID",
      message: expect.stringContaining(`a.fits in the bucket ${first} and in ${second}`),
    });
  });

  test("a key that leads out of scratch", async () => {
    await using run = await tmpRun();
    const folder = await inputFolder({ "a.fits": frameBytes() });
    await registerFrames(run, folder, ["../a.fits"]);
    await expect(run.run(TransferL0Data)).rejects.toMatchObject({ code: "SCRATCH_PATH" });
  });

  test("a run that nobody registered", async () => {
    await using run = await tmpRun();
    await expect(run.run(TransferL0Data)).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
  });
});
