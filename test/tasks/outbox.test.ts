// On every inventory, redis included.
import { expect, test } from "vitest";
import { FirstlightError } from "../../src/core/errors.ts";
import { real } from "../../src/core/scalar.ts";
import { raiseFence } from "../../src/scratch/fence.ts";
import { inventoryKeys } from "../../src/scratch/inventory-keys.ts";
import type { Bus, BusMessage } from "../../src/services/bus.ts";
import { catalogFrameMessage } from "../../src/services/messages.ts";
import { outboxBus, publishThrough } from "../../src/services/outbox.ts";
import { inventoryOutbox } from "../../src/tasks/inventory-outbox.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { fakeServices } from "../../src/testing/fake-services.ts";
import { eachInventory, type TestRun } from "../scratch/each-inventory.ts";

const { binding } = catalogFrameMessage;
const frame = (n: number): BusMessage =>
  catalogFrameMessage.create(1, { objectName: `${n}.fits`, bucket: "data", exposure: real(10), frames: 2 });
const idsOf = (messages: readonly BusMessage[]) => messages.map(({ messageId }) => messageId);

async function outboxOf({ driver, recipeRunId }: TestRun, attempt: number) {
  const keys = inventoryKeys(recipeRunId, "Publish");
  const token = await raiseFence(driver, recipeRunId, "Publish", attempt);
  return inventoryOutbox({ driver, key: keys.outbox, fence: { key: keys.fence, token } });
}

/** A bus that ends like a process: it does not come back from a publish. */
function failing(bus: Bus, error: unknown, after = false): Bus {
  const publish: Bus["publish"] = async (messages, signal) => {
    if (after) await bus.publish(messages, signal);
    throw error;
  };
  return { ...outboxBus(bus, { record: async () => {}, pending: async () => [], mark: async () => {} }), publish };
}

eachInventory((makeRun) => {
  test("what was recorded is there for whoever comes next, to the letter and in its order", async () => {
    const run = await makeRun();
    const messages = [3, 1, 2].map(frame);
    const first = await outboxOf(run, 1);
    await first.record(messages.slice(0, 2));
    await first.record(messages);
    expect(idsOf(await first.pending())).toEqual(idsOf(messages));
    const second = await outboxOf(run, 2);
    expect(await second.pending()).toEqual(messages);
    await second.mark(idsOf(messages.slice(0, 1)));
    expect(idsOf(await (await outboxOf(run, 3)).pending())).toEqual(idsOf(messages.slice(1)));
  });

  test("an attempt that is no longer the newest neither records nor marks", async () => {
    const run = await makeRun();
    const late = await outboxOf(run, 1);
    await late.record([frame(1)]);
    const newest = await outboxOf(run, 2);
    await expect(late.record([frame(2)])).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    await expect(late.mark(idsOf([frame(1)]))).rejects.toMatchObject({ code: "ATTEMPT_FENCED" });
    expect(idsOf(await newest.pending())).toEqual(idsOf([frame(1)]));
  });

  test("a publish that broke off goes on with what is left, before anything new", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    await services.bus.declare([binding]);
    const broken = new FirstlightError("BUS_NOT_CONFIRMED", "broken", { disposition: "retry" });
    const first = await outboxOf(run, 1);
    await expect(publishThrough(first, failing(services.bus, broken), [frame(1), frame(2)])).rejects.toBe(broken);
    await publishThrough(await outboxOf(run, 2), services.bus, [frame(2), frame(3)]);
    const stored = await Array.fromAsync(services.bus.messages());
    expect(stored.map(({ body }) => body.objectName)).toEqual(["1.fits", "2.fits", "3.fits"]);
    expect(await (await outboxOf(run, 3)).pending()).toEqual([]);
  });

  test("a message that can never go is told of once", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const outbox = await outboxOf(run, 1);
    const nowhere = { ...frame(1), binding: { routingKey: "nowhere.m", queue: "nowhere.q" } };
    await services.bus.declare([binding]);
    await expect(publishThrough(outbox, services.bus, [nowhere])).rejects.toMatchObject({ code: "BUS_UNROUTABLE" });
    await publishThrough(outbox, services.bus, [frame(2)]);
    expect(await outbox.pending()).toEqual([]);
  });

  test("more messages than one step holds are published and marked, all of them", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    await services.bus.declare([binding]);
    const outbox = await outboxOf(run, 1);
    await publishThrough(
      outbox,
      services.bus,
      Array.from({ length: 2300 }, (_, n) => frame(n)),
    );
    expect(await Array.fromAsync(services.bus.messages())).toHaveLength(2300);
    expect(await run.facts()).not.toHaveProperty("firstlight_outbox:Publish");
  });

  test("a step is recorded while the one before is under way, and goes out once all of that has arrived; behind one that fails nothing does", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const outbox = await outboxOf(run, 1);
    const broken = new FirstlightError("BUS_NOT_CONFIRMED", "broken", { disposition: "retry" });
    const kept = async (): Promise<number> => (await outbox.pending()).length;
    const taken: string[][] = [];
    let underWay = 0;
    // Sends all that it is given at once, and hears of it when the next step has been recorded.
    const bus: Bus = {
      ...failing(services.bus, undefined),
      publish: async (given) => {
        const own = idsOf([...(given as Iterable<BusMessage>)]);
        underWay += 1;
        expect(underWay).toBe(1);
        taken.push([...own]);
        await expect.poll(kept).toBe(taken.length === 1 ? 375 : 750);
        underWay -= 1;
        if (taken.length === 2) throw broken;
      },
    };
    const messages = Array.from({ length: 875 }, (_, n) => frame(n));
    await expect(publishThrough(outbox, bus, messages)).rejects.toBe(broken);
    expect(taken).toEqual([idsOf(messages.slice(0, 125)), idsOf(messages.slice(125, 375))]);
    expect(idsOf(await outbox.pending())).toEqual(idsOf(messages.slice(125)));
  });

  test("behind a message that did not go out nothing goes out", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const outbox = await outboxOf(run, 1);
    const broken = new FirstlightError("BUS_NOT_CONFIRMED", "broken", { disposition: "retry" });
    let calls = 0;
    const bus: Bus = {
      ...failing(services.bus, broken),
      publish: async () => {
        calls += 1;
        throw broken;
      },
    };
    const messages = Array.from({ length: 875 }, (_, n) => frame(n));
    await expect(publishThrough(outbox, bus, messages)).rejects.toBe(broken);
    expect(calls).toBe(1);
    expect(idsOf(await outbox.pending())).toEqual(idsOf(messages.slice(0, 375)));
  });

  test("a message that can never go is dropped alone: those beside and behind it go the next time", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const outbox = await outboxOf(run, 1);
    const nowhere = { ...frame(0), binding: { routingKey: "nowhere.m", queue: "nowhere.q" } };
    await services.bus.declare([binding]);
    const many = [nowhere, ...Array.from({ length: 2300 }, (_, n) => frame(n + 1))];
    await expect(publishThrough(outbox, services.bus, many)).rejects.toMatchObject({ code: "BUS_UNROUTABLE" });
    const left = idsOf(await outbox.pending());
    expect(left).not.toContain(nowhere.messageId);
    expect(left).toEqual(expect.arrayContaining(idsOf(many.slice(1, 125))));
    await publishThrough(outbox, services.bus, many.slice(1));
    expect(await outbox.pending()).toEqual([]);
    expect(await Array.fromAsync(services.bus.messages())).toHaveLength(2300);
  });

  test("a message that nothing could carry is dropped alone, too", async () => {
    await using services = fakeServices();
    await services.bus.declare([binding]);
    const wrong = [
      [{ ...frame(0), messageId: "x".repeat(256) }, "BUS_ARGUMENT_INVALID"],
      [{ ...frame(0), body: [] as unknown as BusMessage["body"] }, "BUS_ARGUMENT_INVALID"],
      [{ ...frame(0), headers: { a: "x".repeat(65_000) } }, "BUS_MESSAGE_REFUSED"],
    ] as const;
    for (const [message, code] of wrong) {
      const outbox = await outboxOf(await makeRun(), 1);
      const published = publishThrough(outbox, services.bus, [frame(1), message, frame(2)]);
      await expect(published).rejects.toMatchObject({ code });
      expect(idsOf(await outbox.pending())).toEqual(idsOf([frame(1), frame(2)]));
    }
  });

  test("where the bus was closed or allows nothing, all messages stay for whoever comes next", async () => {
    await using services = fakeServices();
    await services.bus.declare([binding]);
    const refused = new FirstlightError("BUS_ACCESS_REFUSED", "refused", { disposition: "invalid" });
    const closed = fakeServices().bus;
    await closed[Symbol.asyncDispose]();
    for (const [bus, code] of [
      [closed, "SERVICE_CLOSED"],
      [failing(services.bus, refused), "BUS_ACCESS_REFUSED"],
    ] as const) {
      const run = await makeRun();
      const messages = Array.from({ length: 1200 }, (_, n) => frame(n));
      await expect(publishThrough(await outboxOf(run, 1), bus, messages)).rejects.toMatchObject({ code });
      expect(idsOf(await (await outboxOf(run, 2)).pending())).toEqual(
        expect.arrayContaining(idsOf(messages.slice(0, 125))),
      );
    }
  });

  test("where the messages themselves break off, those of the steps before are out, and marked", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    await services.bus.declare([binding]);
    const outbox = await outboxOf(run, 1);
    const broken = new Error("no more of them");
    const some = function* (): Iterable<BusMessage> {
      for (let n = 0; n < 1500; n += 1) yield frame(n);
      throw broken;
    };
    await expect(publishThrough(outbox, services.bus, some())).rejects.toBe(broken);
    expect(await outbox.pending()).toEqual([]);
    // Steps of 125, 250 and 500.
    expect(await Array.fromAsync(services.bus.messages())).toHaveLength(875);
  });

  class Publish extends WorkflowTaskBase<"bus"> {
    static override readonly uses = ["bus"] as const;
    static messages: readonly BusMessage[] = [];
    override async run(): Promise<void> {
      await this.bus.declare([binding]);
      // A task that does not mind.
      await this.bus.publish(Publish.messages, this.signal).catch(() => undefined);
    }
  }
  const attempt = (run: TestRun, bus: Bus, number?: number) =>
    runTask(Publish, {
      recipeRunId: run.recipeRunId,
      env: { SCRATCH_BASE_PATH: run.basePath },
      inventory: run.driver,
      services: { bus },
      ...(number === undefined ? {} : { attempt: number }),
    });

  test("no attempt is done before its messages are out; by hand it takes up what the one before left", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const broken = new FirstlightError("BUS_NOT_CONFIRMED", "broken", { disposition: "retry" });
    Publish.messages = [frame(1)];
    await expect(attempt(run, failing(services.bus, broken))).rejects.toBe(broken);
    Publish.messages = [];
    await attempt(run, services.bus);
    expect((await Array.fromAsync(services.bus.messages())).map(({ messageId }) => messageId)).toEqual(
      idsOf([frame(1)]),
    );
  });

  test("a rollback takes the messages along that were not published", async () => {
    await using services = fakeServices();
    const run = await makeRun();
    const broken = new FirstlightError("BUS_NOT_CONFIRMED", "broken", { disposition: "retry" });
    Publish.messages = [frame(1), frame(2)];
    await expect(attempt(run, failing(services.bus, broken), 1)).rejects.toBe(broken);
    expect((await run.facts())["firstlight_outbox:Publish"]).toHaveLength(2);
    Publish.messages = [frame(2)];
    await attempt(run, services.bus, 2);
    expect((await Array.fromAsync(services.bus.messages())).map(({ messageId }) => messageId)).toEqual(
      idsOf([frame(2)]),
    );
    expect(await run.facts()).not.toHaveProperty("firstlight_outbox:Publish");
  });

  test("a purge takes them, too", async () => {
    const run = await makeRun();
    await (await outboxOf(run, 1)).record([frame(1)]);
    await using scratch = await run.open("Teardown");
    await scratch.purge();
    expect(await run.driver.keys(`${run.recipeRunId}:`)).toEqual([]);
  });
});
