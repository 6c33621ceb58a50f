import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "amqplib";
import { expect, onTestFinished, test } from "vitest";
import { runTask } from "../../src/tasks/run-task.ts";
import { publishFrames } from "../fixtures/processes/publish-frames.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { amqpBusAt } from "../services/amqp-bus-at.ts";

const program = join(import.meta.dirname, "../fixtures/processes/publishing-task.ts");

describeWithRabbitmq("a task that is killed while it publishes", (url) => {
  test.each([
    { where: "before the record", least: 0, most: 0 },
    { where: "after the record", least: 0, most: 0 },
    // The first step of 125 has arrived, and of the second, of 250, whatever was sent by then.
    { where: "after the publish", least: 125, most: 375 },
    { where: "after the mark", least: 125, most: 375 },
  ])(
    "$where, and done again, loses no message, and what comes twice has the same id",
    { timeout: 90_000 },
    async ({ where, least, most }) => {
      const name = `firstlight.test.${randomUUID()}`;
      const [exchange, queue] = [`${name}.x`, `${name}.q`];
      const { messages, PublishFrames } = publishFrames(queue);
      const basePath = await mkdtemp(join(tmpdir(), "firstlight-outbox-"));
      const connection = await connect(url);
      const raw = await connection.createChannel();
      onTestFinished(async () => {
        await raw.deleteQueue(queue);
        await raw.deleteExchange(exchange);
        await connection.close();
        await rm(basePath, { recursive: true, force: true });
      });
      const { signal, stderr } = spawnSync(
        process.execPath,
        ["--no-warnings", "--conditions=firstlight-source", program, where, basePath, url, exchange, queue],
        { encoding: "utf8" },
      );
      expect([signal, stderr]).toEqual(["SIGKILL", ""]);
      await using bus = amqpBusAt(url, { exchange });
      const env = { SCRATCH_BASE_PATH: basePath };
      await runTask(PublishFrames, { recipeRunId: 1, attempt: 2, env, services: { bus } });

      const arrived = (await raw.checkQueue(queue)).messageCount;
      const copies = arrived - messages.length;
      expect(copies).toBeGreaterThanOrEqual(least);
      expect(copies).toBeLessThanOrEqual(most);
      const ids: string[] = [];
      for await (const { messageId, ack } of bus.consume(queue, { prefetch: 500 })) {
        await ack();
        ids.push(messageId);
        if (ids.length === arrived) break;
      }
      expect([...new Set(ids)].toSorted()).toEqual(messages.map(({ messageId }) => messageId).toSorted());
      expect((await raw.checkQueue(queue)).messageCount).toBe(0);
    },
  );
});
