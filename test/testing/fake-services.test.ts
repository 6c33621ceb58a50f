import { existsSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { formatFrames } from "../../src/services/input-dataset.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { fakeServices } from "../../src/testing/fake-services.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

const binding = { routingKey: "test.m", queue: "test.q" };

class Announces extends WorkflowTaskBase<"bus" | "metadataStore" | "objectStore"> {
  static override readonly uses = ["bus", "metadataStore", "objectStore"] as const;
  override readonly recordsProvenance = true;
  async run() {
    const { parts } = await this.metadataStore.inputDataset(this.recipeRunId);
    await this.objectStore.put("data", "one", new Uint8Array(3));
    await this.bus.declare([binding]);
    const conversationId = String(this.recipeRunId);
    await this.bus.publish([{ binding, messageId: "1", body: { conversationId, parts: parts.length } }]);
  }
}

const registration = {
  recipeRunId: 7,
  parts: [{ type: "observe_frames", document: formatFrames([{ bucket: "raw", objectKeys: ["a.fits"] }]) }],
} as const;

test("serve a task as the real ones do, and tell what it did", async () => {
  await using services = fakeServices();
  await services.metadataStore.register(registration);
  await using run = await tmpRun({ recipeRunId: 7, services });
  await run.run(Announces);

  const messages = await Array.fromAsync(services.bus.messages({ conversationId: "7" }));
  expect(messages.map(({ queue, body }) => [queue, body.parts])).toEqual([["test.q", 1]]);
  expect(await services.objectStore.head("data", "one")).toMatchObject({ sizeBytes: 3 });
  expect((await services.metadataStore.record(7)).provenances).toMatchObject([{ taskName: "Announces" }]);
  expect(await services.metadataStore.expectedObjectCount("NONE")).toBeUndefined();
});

test("are what runTask takes, and refuse what the real ones refuse", async () => {
  await using services = fakeServices();
  await using run = await tmpRun();
  class Unheard extends WorkflowTaskBase<"bus"> {
    static override readonly uses = ["bus"] as const;
    async run() {
      await this.bus.publish([{ binding, messageId: "1", body: { conversationId: "1" } }]);
    }
  }
  const env = { SCRATCH_BASE_PATH: run.folder };
  await expect(runTask(Unheard, { recipeRunId: 1, env, services })).rejects.toMatchObject({ code: "BUS_UNROUTABLE" });
});

test("make no folder before they are used, and leave none", async () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith("firstlight-services-"));
  const before = new Set(folders());
  const fresh = () => folders().filter((name) => !before.has(name));
  {
    await using services = fakeServices();
    expect(services.objectStore.name).toBe("fs");
  }
  expect(fresh()).toEqual([]);
  const services = fakeServices();
  await services.objectStore.put("data", "k", new Uint8Array(1));
  const [folder = ""] = fresh();
  expect(folder).not.toBe("");
  await services[Symbol.asyncDispose]();
  expect(existsSync(`${tmpdir()}/${folder}`)).toBe(false);
});

test("one of them can be another", async () => {
  await using services = fakeServices();
  const bus = { ...services.bus, name: "mine", publish: async () => {} };
  await using run = await tmpRun({ services: { ...services, bus } });
  expect(run.services.bus.name).toBe("mine");
  expect(run.services.objectStore.name).toBe("fs");
});
