import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { fits } from "../../src/codecs/fits.ts";
import { text } from "../../src/codecs/text.ts";
import { createLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import type { Frame } from "../../src/fits/frame.ts";
import type { Header } from "../../src/fits/header.ts";
import { subtract } from "../../src/math/arithmetic.ts";
import { average } from "../../src/math/average.ts";
import { fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { keyFlower } from "../../src/parsing/key-flower.ts";
import { uniqueBud } from "../../src/parsing/unique-bud.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { formatFrames } from "../../src/services/input-dataset.ts";
import { catalogFrameMessage, catalogObjectMessage } from "../../src/services/messages.ts";
import { openServices } from "../../src/services/open-services.ts";
import type { Services } from "../../src/services/services.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { AssembleQualityData } from "../../src/tasks/stock/assemble-quality-data.ts";
import { ParseL0InputData } from "../../src/tasks/stock/parse-l0-input-data.ts";
import { PublishCatalogMessages } from "../../src/tasks/stock/publish-catalog-messages.ts";
import { QualityL0Metrics } from "../../src/tasks/stock/quality-l0-metrics.ts";
import { Teardown } from "../../src/tasks/stock/teardown.ts";
import { TransferL0Data } from "../../src/tasks/stock/transfer-l0-data.ts";
import { TransferL1Data } from "../../src/tasks/stock/transfer-l1-data.ts";
import { WriteL1Frame } from "../../src/tasks/stock/write-l1-frame.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { freshRunId, redisAt } from "../scratch/each-inventory.ts";
import { describeWithRabbitmq, describeWithRedis } from "../servers/with-server.ts";
import { amqpBusAt } from "../services/amqp-bus-at.ts";
import { frameBytes, inputFolder } from "./stock/input-run.ts";

const table = fitsAccess({
  instrument: key("INSTRUME", z.string()),
  proposal: key("PROP_ID", z.string()),
  task: key("IPTASK", z.string()),
});

class ParseSynth extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  override constantBuds() {
    return [uniqueBud("INSTRUMENT", "instrument"), uniqueBud("PROPOSAL_ID", "proposal")];
  }
  override tagFlowers() {
    return [keyFlower("TASK", "task")];
  }
}

class SubtractDark extends ScienceTaskL0ToL1Base {
  async run() {
    const darks: Frame[] = [];
    const raw = [Tag.input(), Tag.frame()];
    for await (const { value } of this.read([...raw, Tag.taskDark()], fits.frame)) darks.push(value);
    const dark = await average(darks.map(({ image }) => image));
    for await (const { value } of this.read([...raw, Tag.taskObserve()], fits.frame)) {
      await this.write(subtract(value, dark), [Tag.calibrated(), Tag.frame()], fits.frame);
    }
    if (this.attempt === 1) throw new Error("the first attempt breaks off after all its work");
  }
}

class WriteSynth extends WriteL1Frame {
  override l1Header({ header }: Frame): Header {
    return header;
  }
}

describeWithRedis("Teardown of a run whose Redis holds what is no UTF-8", (url) => {
  test("warns of the tags that it could not remove", async () => {
    const recipeRunId = freshRunId();
    await using inventory = redisAt(url, recipeRunId);
    const redis = new Redis(`${url}/${recipeRunId % 15}`);
    onTestFinished(() => void redis.disconnect());
    const odd = Buffer.from(`${recipeRunId}:path:BAD_\xff`, "latin1");
    onTestFinished(async () => void (await redis.del(odd)));
    await using run = await tmpRun({ recipeRunId, inventory });
    await run.services.metadataStore.register?.({ recipeRunId, parts: [] });
    await run.put("x", ["GOOD"], text);
    await redis.sadd(odd, `${run.folder}/x`);
    const lines: string[] = [];
    await run.run(Teardown, {
      log: createLogger({ level: "WARNING", pretty: false, write: (line) => lines.push(line) }),
    });
    expect(await redis.keys(`${recipeRunId}:path:*`)).toHaveLength(1);
    expect(lines.join("")).toContain("Tags are left in the inventory of a run that was purged: BAD_�. ");
  });
});

describeWithRedis("a small workflow whose tags and constants are in Redis", (url) => {
  test("goes from raw frames to products, retries, publishes and leaves nothing in Redis", async () => {
    const basePath = await mkdtemp(join(tmpdir(), "firstlight-redis-"));
    onTestFinished(() => rm(basePath, { recursive: true, force: true }));
    const recipeRunId = freshRunId();
    const { hostname, port } = new URL(url);
    const mesh = { "automated-processing-scratch-inventory": { mesh_address: hostname, mesh_port: Number(port) } };
    const env = { SCRATCH_BASE_PATH: basePath, MESH_CONFIG: JSON.stringify(mesh) };
    const settings = loadSettings(env);
    await using inventory = redisAt(url, recipeRunId);
    onTestFinished(async () => {
      await using cleaner = redisAt(url, recipeRunId);
      await cleaner.drop(await cleaner.keys(`${recipeRunId}:`));
    });

    const observe = (date: string, pixels: number) => frameBytes({ pixels, cards: { "DATE-BEG": date } });
    const dark = (pixels: number) => frameBytes({ pixels, cards: { IPTASK: "dark" } });
    const files = {
      "dark1.fits": dark(100),
      "dark2.fits": dark(102),
      "sun1.fits": observe("2024-05-01T12:00:01.000", 1101),
      "sun2.fits": observe("2024-05-01T12:00:02.000", 1201),
    };
    const folder = await inputFolder(files);
    await using services = openServices(settings);
    const document = formatFrames([{ bucket: folder, objectKeys: Object.keys(files) }]);
    await services.metadataStore.register?.({ recipeRunId, parts: [{ type: "observe_frames", document }] });

    // Each task opens and closes all of its own, as in processes of their own.
    const run = (task: TaskClass, attempt = 1) => runTask(task, { recipeRunId, env, attempt });
    await run(TransferL0Data);
    await run(ParseSynth);
    expect(await inventory.members([`${recipeRunId}:constant:PROPOSAL_ID`])).toEqual([['"pid_1_1"']]);
    expect(await inventory.intersect([`${recipeRunId}:path:TASK_DARK`, `${recipeRunId}:path:INPUT`])).toHaveLength(2);
    await run(QualityL0Metrics);
    await expect(run(SubtractDark)).rejects.toThrow("breaks off");
    await run(SubtractDark, 2);
    await run(WriteSynth);
    await run(AssembleQualityData);
    await run(TransferL1Data);
    await run(PublishCatalogMessages);

    const objects = await Array.fromAsync(services.objectStore.list("data"));
    const id = objects[0]!.key.split("/")[1]!;
    const keys = objects.map((object) => object.key).toSorted(framesFirst);
    expect(keys).toEqual(
      [
        "SYNTH_2024_05_01T12_00_01_000_ID_L1.fits",
        "SYNTH_2024_05_01T12_00_02_000_ID_L1.fits",
        "ID_quality_data.json",
      ].map((name) => `pid_1_1/${id}/${name.replace("ID", id)}`),
    );
    await using source = await services.objectStore.get("data", keys[0]!);
    const { image } = await fits.frame.decode(source, { path: keys[0]! });
    expect(image.data).toEqual(new Float32Array(256).fill(1000));
    const messages = await Array.fromAsync(services.bus.messages?.({ conversationId: String(recipeRunId) }) ?? []);
    expect(messages.map(({ body }) => body.objectName)).toEqual(keys);

    await run(Teardown);
    expect(await inventory.keys(`${recipeRunId}:`)).toEqual([]);
    expect(await services.metadataStore.record?.(recipeRunId)).toMatchObject({ status: "COMPLETEDSUCCESSFULLY" });
  });

  test("shuts out an attempt that hung when the next began", async () => {
    const basePath = await mkdtemp(join(tmpdir(), "firstlight-redis-"));
    onTestFinished(() => rm(basePath, { recursive: true, force: true }));
    const recipeRunId = freshRunId();
    onTestFinished(async () => {
      await using cleaner = redisAt(url, recipeRunId);
      await cleaner.drop(await cleaner.keys(`${recipeRunId}:`));
    });
    const { hostname, port } = new URL(url);
    const mesh = { "automated-processing-scratch-inventory": { mesh_address: hostname, mesh_port: Number(port) } };
    const env = { SCRATCH_BASE_PATH: basePath, MESH_CONFIG: JSON.stringify(mesh) };
    const woken = Promise.withResolvers<void>();
    const hung = Promise.withResolvers<void>();
    class Hangs extends ScienceTaskL0ToL1Base {
      async run() {
        if (this.attempt === 1) {
          hung.resolve();
          await woken.promise;
        }
        await this.write(String(this.attempt), ["MADE"], text);
        await this.setConstant("FOUND", this.attempt);
      }
    }
    const zombie = runTask(Hangs, { recipeRunId, env });
    await hung.promise;
    await runTask(Hangs, { recipeRunId, env, attempt: 2 });
    woken.resolve();
    await expect(zombie).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    await using inventory = redisAt(url, recipeRunId);
    expect(await inventory.members([`${recipeRunId}:constant:FOUND`])).toEqual([["2"]]);
    expect((await inventory.members([`${recipeRunId}:path:MADE`]))[0]).toHaveLength(1);
  });
});

/** Frames before documents, each in the order of their names. */
function framesFirst(a: string, b: string): number {
  return Number(a.endsWith(".json")) - Number(b.endsWith(".json")) || (a < b ? -1 : 1);
}

describeWithRabbitmq("PublishCatalogMessages over RabbitMQ", (url) => {
  test("brings as many messages into the facility's queues as were announced, twice with the same ids", async () => {
    const basePath = await mkdtemp(join(tmpdir(), "firstlight-rabbitmq-"));
    onTestFinished(() => rm(basePath, { recursive: true, force: true }));
    const recipeRunId = freshRunId();
    const env = { SCRATCH_BASE_PATH: basePath };
    class MakeProducts extends ScienceTaskL0ToL1Base {
      async run() {
        for (const name of ["a", "b"]) {
          const tags = [Tag.output(), Tag.frame()];
          await this.write(syntheticFrame(), tags, fits.frame, { relativePath: `${name}.fits` });
        }
        await this.write("[]", [Tag.output(), Tag.qualityData()], text, { relativePath: "quality.json" });
        await this.setConstant("PROPOSAL_ID", "pid_1_1");
      }
    }
    await using bus = amqpBusAt(url, { exchange: "firstlight.test.tasks" });
    await using services = openServices(loadSettings(env));
    await services.metadataStore.register?.({ recipeRunId, parts: [] });
    await runTask(MakeProducts, { recipeRunId, env });
    const given: Partial<Services> = { bus };
    await runTask(PublishCatalogMessages, { recipeRunId, env, services: given });
    await runTask(PublishCatalogMessages, { recipeRunId, env, services: given, attempt: 2 });

    const frames = await take(catalogFrameMessage.binding.queue, 4);
    const objects = await take(catalogObjectMessage.binding.queue, 2);
    expect(frames.slice(2)).toEqual(frames.slice(0, 2));
    expect(objects[1]).toEqual(objects[0]);
    const announced = new Set([...frames, ...objects].map(({ messageId }) => messageId));
    const id = frames[0]!.body.objectName as string;
    expect(await services.metadataStore.expectedObjectCount?.(id.split("/")[1]!)).toBe(announced.size);
    expect(frames[0]!.body).toEqual({
      objectName: expect.stringMatching(/^pid_1_1\/[A-Z]+\/a\.fits$/),
      bucket: "data",
      conversationId: String(recipeRunId),
      incrementDatasetCatalogReceiptCount: true,
    });
    expect(objects[0]!.body).toMatchObject({ objectType: "QDATA", groupName: "DATASET", groupId: id.split("/")[1] });

    /** The next messages of this run. */
    async function take(queue: string, count: number) {
      const taken: { readonly messageId: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
      for await (const { messageId, body, ack } of bus.consume(queue)) {
        await ack();
        if (body.conversationId === String(recipeRunId)) taken.push({ messageId, body });
        if (taken.length === count) break;
      }
      return taken;
    }
  });
});
