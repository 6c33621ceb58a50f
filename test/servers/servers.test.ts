import { connect as connectAmqp } from "amqplib";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { whyNotInstall } from "./debian.ts";
import { describeWithRabbitmq, describeWithRedis } from "./with-server.ts";

describeWithRedis("Redis for tests", (url) => {
  test("answers", async () => {
    const redis = new Redis(url);
    expect(await redis.ping()).toBe("PONG");
    await redis.quit();
  });
});

describeWithRabbitmq("RabbitMQ for tests", (url) => {
  test("takes a message and gives it back", async () => {
    const connection = await connectAmqp(url);
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue("", { exclusive: true });
    channel.sendToQueue(queue, Buffer.from("hello"));
    await channel.waitForConfirms();
    expect((await channel.get(queue)) || undefined).toMatchObject({ content: Buffer.from("hello") });
    await connection.close();
  });
});

test("FIRSTLIGHT_TEST_INSTALL=0 forbids to install anything", () => {
  expect(whyNotInstall({ FIRSTLIGHT_TEST_INSTALL: "0" })).toContain("FIRSTLIGHT_TEST_INSTALL=0");
});
