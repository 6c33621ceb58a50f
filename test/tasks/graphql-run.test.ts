import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { fits } from "../../src/codecs/fits.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { keyFlower } from "../../src/parsing/key-flower.ts";
import { uniqueBud } from "../../src/parsing/unique-bud.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { formatFrames } from "../../src/services/input-dataset.ts";
import { openServices } from "../../src/services/open-services.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { ParseL0InputData } from "../../src/tasks/stock/parse-l0-input-data.ts";
import { PublishCatalogMessages } from "../../src/tasks/stock/publish-catalog-messages.ts";
import { Teardown } from "../../src/tasks/stock/teardown.ts";
import { TransferL0Data } from "../../src/tasks/stock/transfer-l0-data.ts";
import { TransferL1Data } from "../../src/tasks/stock/transfer-l1-data.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { serveMetadata } from "../../src/testing/serve-metadata.ts";
import { frameBytes, inputFolder } from "./stock/input-run.ts";

const table = fitsAccess({ proposal: key("PROP_ID", z.string()), task: key("IPTASK", z.string()) });

class ParseSynth extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  override constantBuds() {
    return [uniqueBud("PROPOSAL_ID", "proposal")];
  }
  override tagFlowers() {
    return [keyFlower("TASK", "task")];
  }
}

class Pass extends ScienceTaskL0ToL1Base {
  async run() {
    for await (const { value } of this.read([Tag.input(), Tag.frame()], fits.frame)) {
      await this.write(value, [Tag.output(), Tag.frame()], fits.frame);
    }
    if (this.attempt === 1) throw new Error("the first attempt breaks off after all its work");
  }
}

test("a small workflow goes from its input dataset to its end over a metadata store that answers by GraphQL", {
  timeout: 120_000,
}, async () => {
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-graphql-"));
  onTestFinished(() => rm(basePath, { recursive: true, force: true }));
  await using store = sqliteMetadataStore({ path: join(basePath, "facility.sqlite") });
  await using server = await serveMetadata({ store, authToken: "facility-token" });
  const recipeRunId = 4711;
  const env = {
    SCRATCH_BASE_PATH: join(basePath, "scratch"),
    METADATA_STORE_DRIVER: "graphql",
    MESH_CONFIG: server.meshConfig,
    GQL_AUTH_TOKEN: "facility-token",
  };
  const files = { "a.fits": frameBytes({ pixels: 1 }), "b.fits": frameBytes({ pixels: 2 }) };
  const document = formatFrames([{ bucket: await inputFolder(files), objectKeys: Object.keys(files) }]);
  await store.register({
    recipeRunId,
    parts: [{ type: "observe_frames", document }],
    configuration: { destination_bucket: "products" },
  });

  // Each task opens and closes all of its own, as in processes of their own.
  const run = (task: TaskClass, attempt = 1) => runTask(task, { recipeRunId, env, attempt, workflowVersion: "2.0" });
  await run(TransferL0Data);
  expect((await store.record(recipeRunId)).status).toBe("INPROGRESS");
  await run(ParseSynth);
  await expect(run(Pass)).rejects.toThrow("breaks off");
  await run(Pass, 2);
  await run(TransferL1Data);
  await run(PublishCatalogMessages);
  await run(Teardown);

  const { status, provenances } = await store.record(recipeRunId);
  expect(status).toBe("COMPLETEDSUCCESSFULLY");
  expect(provenances).toMatchObject([
    { taskName: "Pass", workflowVersion: "2.0", isTaskManual: false },
    { taskName: "Pass", workflowVersion: "2.0" },
  ]);
  expect(provenances[0]?.libraryVersions).toMatchObject({ node: process.versions.node });
  await using services = openServices(loadSettings(env));
  const keys = (await Array.fromAsync(services.objectStore.list("products"))).map((object) => object.key);
  expect(keys).toHaveLength(2);
  expect(await store.expectedObjectCount(keys[0]?.split("/")[1] ?? "")).toBe(2);
  const messages = services.bus.messages?.({ conversationId: String(recipeRunId) }) ?? [];
  expect(await Array.fromAsync(messages)).toHaveLength(2);
});
