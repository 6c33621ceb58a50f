import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { type ConfirmChannel, connect } from "amqplib";
import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { watchChannel } from "../../src/services/drivers/amqp/amqp-channel.ts";
import { publishAmqp } from "../../src/services/drivers/amqp/amqp-publish.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";

/** The wire's end of a channel whose broker takes all, and confirms nothing until it is told to. */
class Silent extends EventEmitter {
  readonly #unconfirmed: ((error: null) => void)[] = [];
  publish(_exchange: string, _key: string, _content: Buffer, _options: unknown, done: (error: null) => void): boolean {
    this.#unconfirmed.push(done);
    return true;
  }
  confirm(): void {
    for (const done of this.#unconfirmed.splice(0)) done(null);
  }
}

test("a broker that confirms nothing is told of, again and again, and may confirm after all", async () => {
  const channel = new Silent();
  const lines: string[] = [];
  const { promise: isTold, resolve } = Promise.withResolvers<void>();
  const log = createLogger({
    level: "WARNING",
    pretty: false,
    write: (line) => {
      lines.push(line);
      if (lines.length === 2) resolve();
    },
  });
  const publishing = publishAmqp([{ binding: { routingKey: "r.m", queue: "r.q" }, messageId: "1", body: {} }], {
    exchange: "e.x",
    open: async () => watchChannel(channel as unknown as ConfirmChannel),
    hasExchange: async () => true,
    waits: { wait: async () => {}, reset() {} },
    signal: undefined,
    onConfirmed() {},
    log,
    silenceMs: 5,
  });
  await isTold;
  channel.confirm();
  await publishing;
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { exchange: "e.x", queue: "r.q", unconfirmed: 1, message: expect.stringContaining("for 0.005 s") },
    { message: expect.stringContaining("for 0.01 s") },
  ]);
});

/** A channel that the broker closes at the first message, as it has no such exchange. */
class WithoutExchange extends EventEmitter {
  publish(): boolean {
    setImmediate(() => {
      this.emit("error", Object.assign(new Error("NOT_FOUND - no exchange 'e.x'"), { code: 404 }));
      this.emit("close");
    });
    return true;
  }
}

test("an exchange that has come meanwhile is published to again, over another channel", async () => {
  const silent = new Silent();
  const channels: readonly EventEmitter[] = [new WithoutExchange(), silent];
  let opened = 0;
  let isAsked = 0;
  const publishing = publishAmqp([{ binding: { routingKey: "r.m", queue: "r.q" }, messageId: "1", body: {} }], {
    exchange: "e.x",
    open: async () => {
      opened += 1;
      if (opened === 2) setImmediate(() => setImmediate(() => silent.confirm()));
      return watchChannel(channels[opened - 1] as unknown as ConfirmChannel);
    },
    hasExchange: async () => {
      isAsked += 1;
      return true;
    },
    waits: { wait: async () => {}, reset() {} },
    signal: undefined,
    onConfirmed() {},
  });
  await publishing;
  expect([opened, isAsked]).toEqual([2, 1]);
});

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
          hasExchange: async () => true,
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
