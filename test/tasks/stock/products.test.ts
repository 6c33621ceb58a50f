import { existsSync } from "node:fs";
import { basename, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { bytes } from "../../../src/codecs/bytes.ts";
import { fits } from "../../../src/codecs/fits.ts";
import { json } from "../../../src/codecs/json.ts";
import { decodeQualityJson } from "../../../src/codecs/quality-json.ts";
import { text } from "../../../src/codecs/text.ts";
import { plainJson } from "../../../src/core/python-json.ts";
import type { Frame } from "../../../src/fits/frame.ts";
import type { Header } from "../../../src/fits/header.ts";
import { AssembleProvenance } from "../../../src/tasks/stock/assemble-provenance.ts";
import { AssembleQualityData } from "../../../src/tasks/stock/assemble-quality-data.ts";
import { MakeBrowseImages } from "../../../src/tasks/stock/make-browse-images.ts";
import { PublishCatalogMessages } from "../../../src/tasks/stock/publish-catalog-messages.ts";
import { QualityL0Metrics } from "../../../src/tasks/stock/quality-l0-metrics.ts";
import { Teardown } from "../../../src/tasks/stock/teardown.ts";
import { TransferL1Data } from "../../../src/tasks/stock/transfer-l1-data.ts";
import { WriteL1Frame } from "../../../src/tasks/stock/write-l1-frame.ts";
import { WorkflowTaskBase } from "../../../src/tasks/workflow-task-base.ts";
import { syntheticFrame } from "../../../src/testing/synthetic-frame.ts";
import { type TmpRun, tmpRun } from "../../../src/testing/tmp-run.ts";
import { registerParts } from "./input-run.ts";

const namesOf = async (run: TmpRun, tags: readonly string[]): Promise<readonly string[]> =>
  (await run.files(tags, bytes)).map(({ path }) => relative(run.folder, path));

const calibrated = (date: string, value: number): Frame =>
  syntheticFrame({ cards: { "DATE-BEG": date }, data: new Float64Array(256).fill(value) });

class WriteSynth extends WriteL1Frame {
  override l1Header(frame: Frame): Header {
    return frame.header.clone().set("BUNIT", "adu/s");
  }
}

describe("WriteL1Frame", () => {
  test("writes each calibrated frame as float32 with a header, checksums and a name of its own", async () => {
    await using run = await tmpRun({ recipeRunId: 9, env: { SOURCE_DATE_EPOCH: "1700000000" } });
    for (const value of [1, 2]) {
      await run.put(calibrated("2024-05-01T12:00:00.000", value), ["CALIBRATED", "FRAME"], fits.frame);
    }
    await run.run(WriteSynth, { workflowName: "l0_to_l1_synth", workflowVersion: "1.0" });
    const frames = await run.files(["OUTPUT", "FRAME"], fits.frame);
    const names = frames.map(({ path }) => basename(path));
    expect(names).toEqual([
      expect.stringMatching(/^SYNTH_2024_05_01T12_00_00_000_2_[A-Z]{6}_L1\.fits$/),
      expect.stringMatching(/^SYNTH_2024_05_01T12_00_00_000_[A-Z]{6}_L1\.fits$/),
    ]);
    for (const [i, { path, value }] of frames.entries()) {
      expect(value.image.data).toEqual(new Float32Array(256).fill(2 - i));
      expect(value.header.string("FILENAME")).toBe(basename(path));
      expect(value.header.string("BUNIT")).toBe("adu/s");
      expect(value.header.string("DATE")).toBe("2023-11-14T22:13:20.000");
      expect(value.header.number("DATAMEAN")).toBe(2 - i);
      expect(value.header.has("CHECKSUM") && value.header.has("DATASUM")).toBe(true);
    }
  });

  test("gives the same bytes for the same clock", async () => {
    const products = [];
    for (const _ of [1, 2]) {
      await using run = await tmpRun({ env: { SOURCE_DATE_EPOCH: "1700000000" } });
      await run.put(calibrated("2024-05-01T12:00:00.000", 1), ["CALIBRATED", "FRAME"], fits.frame);
      await run.run(WriteSynth);
      products.push((await run.files(["OUTPUT"], bytes)).map(({ value }) => value));
    }
    expect(products[0]).toHaveLength(1);
    expect(products[0]).toEqual(products[1]);
  });

  test("takes images of long integers", async () => {
    await using run = await tmpRun();
    await run.put(syntheticFrame({ data: new BigInt64Array(256).fill(7n) }), ["CALIBRATED", "FRAME"], fits.frame);
    await run.run(WriteSynth);
    const [product] = await run.files(["OUTPUT"], fits.frame);
    expect(product?.value.image.data).toEqual(new Float32Array(256).fill(7));
  });
});

test("MakeBrowseImages names the frame that cannot be drawn", async () => {
  await using run = await tmpRun();
  const cube = { ...calibrated("2024-05-01T12:00:00.000", 1), image: { data: new Float64Array(8), shape: [2, 2, 2] } };
  await run.put(cube, ["OUTPUT", "FRAME"], fits.frame, "output/cube.fits");
  await expect(run.run(MakeBrowseImages)).rejects.toMatchObject({
    code: "ARRAY_SHAPE",
    message: expect.stringMatching(/^cube\.fits: .*give an image of two axes/),
  });
});

test("MakeBrowseImages puts a PNG beside every product frame", async () => {
  await using run = await tmpRun();
  await run.put(calibrated("2024-05-01T12:00:00.000", 1), ["OUTPUT", "FRAME"], fits.frame, "output/one.fits");
  await run.run(MakeBrowseImages);
  const [picture] = await run.files(["OUTPUT", "BROWSE"], bytes);
  expect(relative(run.folder, picture!.path)).toBe("output/one.png");
  expect([...picture!.value.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
});

describe("quality", () => {
  test("of raw frames is stored per task and assembled into one document", async () => {
    await using run = await tmpRun();
    const put = (task: string, pixels: number, at: string, exposureMs = 2000) =>
      run.put(
        syntheticFrame({ pixels, cards: { "DATE-BEG": at, XPOSURE: exposureMs } }),
        ["INPUT", "FRAME", `TASK_${task}`],
        fits.frame,
      );
    await put("DARK", 100, "2024-05-01T12:00:00.000");
    await put("DARK", 102, "2024-05-01T12:00:01.000");
    await put("DARK", 102, "2024-05-01T12:00:02.000", 0);
    await put("SOLAR_GAIN", 5000, "2024-05-01T12:00:03.000");
    await run.run(QualityL0Metrics);
    const [average] = await run.files(["QUALITY_FRAME_AVERAGE", "QUALITY_TASK_DARK"], json);
    expect(average?.value).toMatchObject({ x_values: ["2024-05-01T12:00:00.000", "2024-05-01T12:00:01.000"] });
    expect(JSON.stringify(average?.value)).toContain("[50,51]");
    const [types] = await run.files(["QUALITY_TASK_TYPES", "QUALITY_TASK_DARK"], json);
    expect(types?.value).toMatchObject({ total_frames: 3, frames_not_used: 1 });

    await run.run(AssembleQualityData);
    const [document] = await run.files(["OUTPUT", "QUALITY_DATA"], bytes);
    expect(basename(document!.path)).toMatch(/^[A-Z]{6}_quality_data\.json$/);
    const schema = z.array(z.looseObject({ metric_code: z.string(), facet: z.string().nullish() }));
    const metrics = schema.parse(decodeQualityJson(document!.value, { schema, name: "quality" }));
    const facets = metrics.map(({ metric_code, facet }) => `${metric_code} ${facet ?? ""}`.trim());
    expect(facets).toContain("FRAME_AVERAGE DARK");
    expect(facets).toContain("FRAME_AVERAGE SOLAR_GAIN");
  });

  test("of raw frames tells modulator states apart, 0 among them", async () => {
    class Modulated extends QualityL0Metrics {
      override readonly modstates = [0, 1];
    }
    await using run = await tmpRun();
    for (const state of [0, 1]) {
      const frame = syntheticFrame({ pixels: 10 * (1 + state), cards: { XPOSURE: 1000 } });
      await run.put(frame, ["INPUT", "FRAME", "TASK_DARK", `MODSTATE_${state}`], fits.frame);
    }
    await run.run(Modulated);
    const averages = await run.files(["QUALITY_FRAME_AVERAGE", "QUALITY_TASK_DARK"], json);
    const byState = averages.map(({ value }) => plainJson(value)) as { series_name: number; y_values: number[] }[];
    expect(byState.map(({ series_name, y_values }) => [series_name, y_values])).toEqual([
      [0, [10]],
      [1, [20]],
    ]);
  });
});

test("AssembleProvenance tells which product was made of which frame, and may be done again", async () => {
  class Doubles extends WorkflowTaskBase {
    async run() {
      for await (const { path, value } of this.read(["CALIBRATED"], fits.frame)) {
        await this.write(value, ["OUTPUT", "FRAME"], fits.frame, { relativePath: `output/${basename(path)}` });
      }
    }
  }
  await using run = await tmpRun();
  for (const name of ["a.fits", "b.fits"]) await run.put(syntheticFrame(), ["CALIBRATED"], fits.frame, name);
  await run.run(Doubles);
  await run.run(AssembleProvenance);
  await run.run(AssembleProvenance);
  const [document] = await run.files(["OUTPUT", "PROVENANCE"], json);
  const { wasDerivedFrom } = document!.value as { wasDerivedFrom: Record<string, Record<string, string>> };
  const pairs = Object.values(wasDerivedFrom).map((each) => [each["prov:generatedEntity"], each["prov:usedEntity"]]);
  expect(pairs).toEqual([
    [expect.stringContaining("output/a.fits"), expect.stringMatching(/\/a\.fits$/)],
    [expect.stringContaining("output/b.fits"), expect.stringMatching(/\/b\.fits$/)],
  ]);
});

/** Products of every kind. */
async function productRun(
  constants: Readonly<Record<string, unknown>> = { PROPOSAL_ID: "pid_1_2" },
  configuration = {},
) {
  const run = await tmpRun();
  await registerParts(run, {}, configuration);
  for (const [name, value] of Object.entries(constants)) await run.setConstant(name, value);
  const put = (name: string, ...tags: readonly string[]) => run.put(name, ["OUTPUT", ...tags], text, `output/${name}`);
  await put("a.fits", "FRAME");
  await put("b.fits", "FRAME");
  await put("dark.fits", "EXTRA");
  await put("movie.mp4", "MOVIE");
  await put("quality.json", "QUALITY_DATA");
  await put("a.png", "BROWSE");
  return run;
}

const dataset = /^[A-Z]{6}$/;

async function keysIn(run: TmpRun, bucket: string): Promise<readonly string[]> {
  return (await Array.fromAsync(run.services.objectStore.list(bucket))).map(({ key }) => key);
}

describe("TransferL1Data", () => {
  test("counts products as read", async () => {
    await using run = await productRun();
    expect((await run.run(TransferL1Data)).reads).toHaveLength(6);
  });

  test("puts products under proposal and dataset, and dataset extras into a folder of theirs", async () => {
    await using run = await productRun();
    await run.run(TransferL1Data);
    const keys = await keysIn(run, "data");
    const [, id = ""] = keys[0]?.split("/") ?? [];
    expect(id).toMatch(dataset);
    expect(keys).toEqual(
      ["a.fits", "a.png", "b.fits", "extra/dark.fits", "movie.mp4", "quality.json"].map(
        (name) => `pid_1_2/${id}/${name}`,
      ),
    );
  });

  test("tells the object store what movie and quality data are", async () => {
    await using run = await productRun();
    await run.run(TransferL1Data);
    const keys = await keysIn(run, "data");
    const id = keys[0]!.split("/")[1]!;
    const headOf = (name: string) => run.services.objectStore.head("data", `pid_1_2/${id}/${name}`);
    const dataset = { groupname: "DATASET", groupid: id };
    expect(await headOf("movie.mp4")).toMatchObject({
      contentType: "video/mp4",
      metadata: { ...dataset, objecttype: "MOVIE" },
    });
    expect(await headOf("quality.json")).toMatchObject({
      contentType: "application/json",
      metadata: { ...dataset, objecttype: "QDATA" },
    });
    expect((await headOf("a.fits"))?.metadata).toEqual({});
  });

  test("takes the bucket of the run's configuration, and the instrument where there is no proposal", async () => {
    await using run = await productRun({ PROPOSAL_ID: " ", INSTRUMENT: "SOHO/EIT" }, { destination_bucket: "solar" });
    await run.run(TransferL1Data);
    expect((await keysIn(run, "solar"))[0]).toMatch(/^SOHO-EIT\/[A-Z]{6}\/a\.fits$/);
    expect(await keysIn(run, "data")).toEqual([]);
  });

  test("brings a product that was changed anew", async () => {
    class Corrects extends WorkflowTaskBase {
      async run() {
        await this.write("better", ["OUTPUT", "FRAME"], text, { relativePath: "output/a.fits", overwrite: true });
      }
    }
    await using run = await productRun();
    await run.run(TransferL1Data);
    await run.run(Corrects);
    await run.run(TransferL1Data);
    const [first, ...others] = await keysIn(run, "data");
    expect(others).toHaveLength(5);
    await using source = await run.services.objectStore.get("data", first!);
    expect(await text.decode(source, { path: first! })).toBe("better");
  });

  test("refuses two products of one name, which would take each other's place", async () => {
    await using run = await productRun();
    await run.put("other", ["OUTPUT"], text, "elsewhere/a.fits");
    await expect(run.run(TransferL1Data)).rejects.toMatchObject({
      code: "PRODUCTS_COLLIDE",
      message: expect.stringMatching(/elsewhere\/a\.fits and .*output\/a\.fits/),
    });
    expect(await keysIn(run, "data")).toEqual([]);
  });

  test("of a run without products says so", async () => {
    await using run = await tmpRun();
    await registerParts(run, {});
    await expect(run.run(TransferL1Data)).rejects.toMatchObject({ code: "NO_PRODUCTS" });
  });

  test("refuses a run that has quality and provenance but no data, as one that lost its frames", async () => {
    await using run = await tmpRun();
    await registerParts(run, {});
    await run.put("[]", ["OUTPUT", "QUALITY_DATA"], text, "output/quality.json");
    await run.put("{}", ["OUTPUT", "PROVENANCE"], text, "output/provenance.json");
    await expect(run.run(TransferL1Data)).rejects.toMatchObject({
      code: "NO_PRODUCTS",
      message: expect.stringContaining("has made no data"),
    });
  });
});

describe("PublishCatalogMessages", () => {
  const messagesOf = async (run: TmpRun) => Array.fromAsync(run.services.bus.messages?.({ conversationId: "1" }) ?? []);

  test("tells of every product by its kind under the keys of the transfer, after saying how many", async () => {
    await using run = await productRun();
    await run.run(TransferL1Data);
    await run.run(PublishCatalogMessages);
    const messages = await messagesOf(run);
    const keys = await keysIn(run, "data");
    expect(keys).toEqual(expect.arrayContaining(messages.map(({ body }) => body.objectName)));
    const id = keys[0]!.split("/")[1]!;
    const shared = { bucket: "data", conversationId: "1", incrementDatasetCatalogReceiptCount: true };
    const object = { ...shared, groupId: id, groupName: "DATASET" };
    expect(messages.map(({ routingKey, body }) => [routingKey, body])).toEqual([
      ["catalog.frame.m", { ...shared, objectName: `pid_1_2/${id}/a.fits` }],
      ["catalog.frame.m", { ...shared, objectName: `pid_1_2/${id}/b.fits` }],
      ["catalog.frame.m", { ...shared, objectName: `pid_1_2/${id}/extra/dark.fits` }],
      ["catalog.object.m", { ...object, objectType: "MOVIE", objectName: `pid_1_2/${id}/movie.mp4` }],
      ["catalog.object.m", { ...object, objectType: "QDATA", objectName: `pid_1_2/${id}/quality.json` }],
    ]);
    expect(await run.services.metadataStore.expectedObjectCount?.(id)).toBe(messages.length);
  });

  test("published twice is taken once: the second attempt has the same ids", async () => {
    await using run = await productRun();
    await run.run(PublishCatalogMessages);
    const first = (await messagesOf(run)).map(({ messageId }) => messageId);
    await run.run(PublishCatalogMessages);
    expect((await messagesOf(run)).map(({ messageId }) => messageId)).toEqual(first);
    expect(new Set(first).size).toBe(5);
  });

  test("of a run without products publishes nothing, and says so", async () => {
    await using run = await tmpRun();
    await registerParts(run, {});
    await expect(run.run(PublishCatalogMessages)).rejects.toMatchObject({ code: "NO_PRODUCTS" });
    expect(await messagesOf(run)).toEqual([]);
  });
});

describe("Teardown", () => {
  const statusOf = async (run: TmpRun) => (await run.services.metadataStore.record?.(1))?.status;

  test("records the run as complete and empties its scratch: files, tags, counters, constants", async () => {
    await using run = await productRun();
    await run.run(Teardown);
    expect(await statusOf(run)).toBe("COMPLETEDSUCCESSFULLY");
    expect(existsSync(run.folder)).toBe(false);
    expect(await run.constants()).toEqual(new Map());
    expect(await run.files(["OUTPUT"], bytes)).toEqual([]);
  });

  test("keeps scratch where the run's configuration says so", async () => {
    await using run = await productRun({}, { teardown_enabled: false });
    await run.run(Teardown);
    expect(await statusOf(run)).toBe("COMPLETEDSUCCESSFULLY");
    expect(await namesOf(run, ["OUTPUT", "FRAME"])).toEqual(["output/a.fits", "output/b.fits"]);
  });

  test("purges nothing where the status cannot be set", async () => {
    await using run = await tmpRun();
    await run.put("x", ["OUTPUT"], text);
    await expect(run.run(Teardown)).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
    expect(await namesOf(run, ["OUTPUT"])).toHaveLength(1);
  });

  test("may be done again after it was done", async () => {
    await using run = await productRun();
    await run.run(Teardown);
    await run.run(Teardown);
    expect(await statusOf(run)).toBe("COMPLETEDSUCCESSFULLY");
    expect(existsSync(run.folder)).toBe(false);
  });
});
