import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { expect, test } from "vitest";
import { watchChannel } from "../../src/services/drivers/amqp-channel.ts";
import { publishAmqp } from "../../src/services/drivers/amqp-publish.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";

describeWithRabbitmq("a channel that many publish over", (url) => {
  test("holds no listener of a publish that is over", async () => {
    const connection = await connect(url);
    try {
      const channel = await connection.createConfirmChannel();
      const watched = watchChannel(channel);
      const { queue } = await channel.assertQueue("", { exclusive: true });
      const listeners = () => channel.eventNames().map((name) => [name, channel.listenerCount(name)]);
      const before = listeners();
      for (let n = 0; n < 3; n += 1) {
        await publishAmqp([{ binding: { routingKey: queue, queue }, messageId: randomUUID(), body: { n } }], {
          exchange: "",
          open: async () => watched,
          waits: { wait: async () => {}, reset() {} },
          signal: undefined,
          onConfirmed() {},
        });
      }
      expect((await channel.checkQueue(queue)).messageCount).toBe(3);
      expect(listeners()).toEqual(before);
    } finally {
      await connection.close();
    }
  });
});
