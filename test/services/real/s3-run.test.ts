import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { fits } from "../../../src/codecs/fits.ts";
import { text } from "../../../src/codecs/text.ts";
import { loadSettings } from "../../../src/core/settings.ts";
import { Tag } from "../../../src/scratch/tag.ts";
import { formatFrames } from "../../../src/services/input-dataset.ts";
import { openServices } from "../../../src/services/open-services.ts";
import { runTask } from "../../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../../src/tasks/science-task.ts";
import { PublishCatalogMessages } from "../../../src/tasks/stock/publish-catalog-messages.ts";
import { Teardown } from "../../../src/tasks/stock/teardown.ts";
import { TransferL0Data } from "../../../src/tasks/stock/transfer-l0-data.ts";
import { TransferL1Data } from "../../../src/tasks/stock/transfer-l1-data.ts";
import type { TaskClass } from "../../../src/tasks/task-base.ts";
import { describeWithRgw } from "../../servers/with-server.ts";
import { frameBytes } from "../../tasks/stock/input-run.ts";
import { makeBucket, plainClient } from "./s3-store-at.ts";

class Calibrate extends ScienceTaskL0ToL1Base {
  async run() {
    let count = 0;
    for await (const { value } of this.read([Tag.input(), Tag.frame()], fits.frame)) {
      count += 1;
      const relativePath = `output/${count}.fits`;
      await this.write(value, [Tag.output(), Tag.frame()], fits.frame, { relativePath });
    }
    await this.write("[]", [Tag.output(), Tag.qualityData()], text, { relativePath: "output/quality.json" });
    await this.setConstant("PROPOSAL_ID", "pid_s3_run");
  }
}

describeWithRgw("a recipe run over S3", (url) => {
  test("fetches its input there, brings its products there, and leaves no object for a folder", async () => {
    const basePath = await mkdtemp(join(tmpdir(), "firstlight-s3-run-"));
    onTestFinished(() => rm(basePath, { recursive: true, force: true }));
    await makeBucket(url, "raw");
    await makeBucket(url, "data");
    const { hostname, port, username, password } = new URL(url);
    const env = {
      SCRATCH_BASE_PATH: basePath,
      MESH_CONFIG: JSON.stringify({ "object-store-api": { mesh_address: hostname, mesh_port: Number(port) } }),
      OBJECT_STORE_ACCESS_KEY: username,
      OBJECT_STORE_SECRET_KEY: password,
      RETRY_CONFIG: '{"retry_tries": 3, "retry_delay": 0.1, "retry_jitter": 0}',
    };
    await using services = openServices(loadSettings(env));
    const objectKeys = ["night 1/a.fits", "night 1/b.fits"];
    for (const [i, key] of objectKeys.entries()) {
      await services.objectStore.put("raw", key, Buffer.from(frameBytes({ pixels: i + 1 })));
    }
    const client = await plainClient(url);
    await client.putObject({ Bucket: "data", Key: "pid_s3_run/", Body: Buffer.of() });
    client.destroy();
    const document = formatFrames([{ bucket: "raw", objectKeys }]);
    await services.metadataStore.register?.({ recipeRunId: 1, parts: [{ type: "observe_frames", document }] });

    const run = (task: TaskClass, attempt = 1) => runTask(task, { recipeRunId: 1, env, attempt });
    for (const task of [TransferL0Data, Calibrate, TransferL1Data]) await run(task);
    await run(TransferL1Data, 2);
    await run(PublishCatalogMessages);

    const entries = await Array.fromAsync(services.objectStore.list("data", "pid_s3_run/"));
    const id = entries[0]?.key.split("/")[1];
    expect(entries.map(({ key }) => key)).toEqual(
      ["1.fits", "2.fits", "quality.json"].map((name) => `pid_s3_run/${id}/${name}`),
    );
    expect(await services.objectStore.removeFolderObjects("data", "pid_s3_run/")).toEqual([]);
    expect(await services.objectStore.head("data", `pid_s3_run/${id}/quality.json`)).toMatchObject({
      contentType: "application/json",
      metadata: { groupname: "DATASET", groupid: id, objecttype: "QDATA" },
    });
    await using source = await services.objectStore.get("data", `pid_s3_run/${id}/1.fits`);
    const { image } = await fits.frame.decode(source, { path: "1.fits" });
    expect(image.data[0]).toBe(1);
    const messages = await Array.fromAsync(services.bus.messages?.({ conversationId: "1" }) ?? []);
    expect(messages).toHaveLength(3);
    await run(Teardown);
    await services.objectStore.delete(
      "data",
      entries.map(({ key }) => key),
    );
  });
});
