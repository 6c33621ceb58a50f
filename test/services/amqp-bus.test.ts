import { randomUUID } from "node:crypto";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";
import type { BusMessage } from "../../src/services/bus.ts";
import { amqpBus } from "../../src/services/drivers/amqp/amqp-bus.ts";
import { messageIdOf } from "../../src/services/message-id.ts";
import {
  catalogFrameMessage,
  catalogObjectMessage,
  createQualityReportMessage,
  messageModels,
  recipeRunFailureMessage,
} from "../../src/services/messages.ts";
import { type Outbox, publishThrough } from "../../src/services/outbox.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { amqpBusAt, amqpOptionsAt, noRetry } from "./amqp-bus-at.ts";

describeWithRabbitmq("amqp bus on the wire", (url) => {
  let connection: ChannelModel;
  let raw: Channel;
  beforeAll(async () => {
    connection = await connect(url);
    raw = await connection.createChannel();
  });
  afterAll(() => connection.close());
  const fresh = () => {
    const name = `firstlight.test.${randomUUID()}`;
    return { exchange: `${name}.x`, binding: { routingKey: `${name}.m`, queue: `${name}.q` } };
  };

  test.each(["amq.topic", "amq.mine"])("the exchange %s is the broker's own, and refused by name", async (exchange) => {
    await using bus = amqpBusAt(url, { exchange });
    const { binding } = fresh();
    const refused = {
      code: "BUS_ARGUMENT_INVALID",
      message: expect.stringContaining(`(ISB_EXCHANGE) cannot be '${exchange}'`),
    };
    await expect(bus.declare([binding])).rejects.toMatchObject(refused);
  });

  test("the broker's own exchange amq.direct serves", async () => {
    const { binding } = fresh();
    await using bus = amqpBusAt(url, { exchange: "amq.direct" });
    await bus.declare([binding]);
    await bus.publish([{ binding, body: {}, messageId: "1" }]);
    expect(await raw.deleteQueue(binding.queue)).toEqual({ messageCount: 1 });
  });

  test("an exchange that is not there is told by its name, and costs neither the channel nor a message of the outbox", async () => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange, retry: { ...noRetry, tries: -1 } });
    const kept = new Map<string, BusMessage>();
    const outbox: Outbox = {
      record: async (messages) => {
        for (const message of messages) kept.set(message.messageId, message);
      },
      pending: async () => [...kept.values()],
      mark: async (ids) => {
        for (const id of ids) kept.delete(id);
      },
    };
    const messages = Array.from({ length: 50 }, (_, n) => ({ binding, body: { n }, messageId: String(n) }));
    const [first, beside] = await Promise.allSettled([
      publishThrough(outbox, bus, messages),
      bus.publish([{ binding, body: {}, messageId: "beside" }]),
    ]);
    const missing = {
      code: "BUS_EXCHANGE_MISSING",
      disposition: "retry",
      message: expect.stringContaining(`no exchange ${exchange} on the bus, where 50 messages were on the way`),
      fields: { exchange, count: 50 },
    };
    expect(first).toMatchObject({ reason: missing });
    expect(beside).toMatchObject({ reason: { code: "BUS_EXCHANGE_MISSING", fields: { exchange, count: 1 } } });
    expect([...kept.keys()]).toEqual(messages.map(({ messageId }) => messageId));
    await bus.declare([binding]);
    await publishThrough(outbox, bus, []);
    expect(kept.size).toBe(0);
    expect(await raw.deleteQueue(binding.queue)).toEqual({ messageCount: 50 });
    await raw.deleteExchange(exchange);
    // Nor where it was there and has gone.
    await expect(
      publishThrough(
        outbox,
        bus,
        messages.map((message) => ({ ...message, messageId: `later ${message.messageId}` })),
      ),
    ).rejects.toMatchObject({ code: "BUS_EXCHANGE_MISSING" });
    expect(kept.size).toBe(50);
  });

  test("messages of a recipe run have the Python stack's keys, queues, bodies and properties", async () => {
    const { exchange } = fresh();
    await using bus = amqpBusAt(url, { exchange });
    await bus.declare(messageModels.map(({ binding }) => binding));
    for (const { binding } of messageModels) await raw.purgeQueue(binding.queue);
    const place = { bucket: "data", objectName: "p/AAAAAA/x.fits" };
    await bus.publish([
      catalogFrameMessage.create(7, place),
      catalogObjectMessage.create(7, { ...place, objectType: "MOVIE", groupId: "AAAAAA" }),
      createQualityReportMessage.create(7, { ...place, datasetId: "AAAAAA" }),
      recipeRunFailureMessage.create(7, { workflowName: "w", workflowVersion: "1", taskName: "T" }),
    ]);
    const counted = { incrementDatasetCatalogReceiptCount: true, conversationId: "7" };
    const expected = {
      "catalog.frame": { ...place, ...counted },
      "catalog.object": { ...place, objectType: "MOVIE", groupId: "AAAAAA", groupName: "DATASET", ...counted },
      "create.quality.report": { ...place, datasetId: "AAAAAA", ...counted },
      "recipe.run.failure": { workflowName: "w", workflowVersion: "1", taskName: "T", conversationId: "7" },
    };
    for (const [name, body] of Object.entries(expected)) {
      const message = await raw.get(`${name}.q`, { noAck: true });
      if (message === false) throw new Error(`no message in ${name}.q`);
      expect(JSON.parse(message.content.toString("utf8"))).toEqual(body);
      expect(message.fields).toMatchObject({ exchange, routingKey: `${name}.m` });
      expect(message.properties).toMatchObject({
        contentType: "text/plain",
        contentEncoding: "UTF-8",
        deliveryMode: 2,
        priority: 0,
      });
      await raw.deleteQueue(`${name}.q`);
    }
    await raw.deleteExchange(exchange);
  });

  test("a body is spelt as Python's json.dumps spells it", async () => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange });
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "1", body: { a: "☉", b: [1, 2.5] } }]);
    const message = await raw.get(binding.queue, { noAck: true });
    expect(message || undefined).toMatchObject({ content: Buffer.from('{"a": "\\u2609", "b": [1, 2.5]}') });
  });

  test.each(["classic", "quorum"] as const)("a %s queue is durable and says its type", async (queueType) => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange, queueType });
    await bus.declare([binding]);
    // A declaration that differs in anything is refused by the broker and closes the channel.
    const channel = await connection.createChannel();
    await channel.assertExchange(exchange, "direct", { durable: true });
    await channel.assertQueue(binding.queue, { durable: true, arguments: { "x-queue-type": queueType } });
    await channel.deleteQueue(binding.queue);
    await channel.close();
  });

  test("a queue of another type is a conflict that names it, and the bus goes on", async () => {
    const { exchange, binding } = fresh();
    await using classic = amqpBusAt(url, { exchange, queueType: "classic" });
    await using quorum = amqpBusAt(url, { exchange, queueType: "quorum" });
    await classic.declare([binding]);
    await expect(quorum.declare([binding])).rejects.toMatchObject({
      code: "BUS_TOPOLOGY_CONFLICT",
      disposition: "invalid",
      message: expect.stringContaining(binding.queue),
    });
    await quorum.publish([{ binding, messageId: "1", body: {} }]);
  });

  test("unbinding a queue makes its messages unroutable: none before is lost", async () => {
    const { exchange, binding } = fresh();
    const other = fresh().binding;
    await using bus = amqpBusAt(url, { exchange });
    await bus.declare([binding, other]);
    await raw.unbindQueue(other.queue, exchange, other.routingKey);
    await expect(
      bus.publish([
        { binding, messageId: "1", body: { n: 1 } },
        { binding: other, messageId: "2", body: { n: 2 } },
      ]),
    ).rejects.toMatchObject({ code: "BUS_UNROUTABLE", fields: { messageId: "2", queue: other.queue } });
    expect((await raw.get(binding.queue, { noAck: true })) || undefined).toMatchObject({
      properties: { messageId: "1" },
    });
  });

  test("a queue that is deleted under a consumer ends the consumption by name", async () => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange });
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "1", body: {} }]);
    const consuming = (async () => {
      for await (const delivery of bus.consume(binding.queue)) {
        await delivery.ack();
        await raw.deleteQueue(binding.queue);
      }
    })();
    await expect(consuming).rejects.toMatchObject({ code: "BUS_QUEUE_MISSING", disposition: "retry" });
    // The same connection still serves.
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "2", body: {} }]);
  });

  test("a connection that is lost under a consumer is told as such, and the bus connects anew", async () => {
    const { exchange, binding } = fresh();
    const sockets: Socket[] = [];
    const between = createServer((near) => {
      const far = connectSocket(Number(new URL(url).port), new URL(url).hostname);
      for (const socket of [near, far]) sockets.push(socket.on("error", () => {}));
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
    try {
      await using bus = amqpBusAt(url, { exchange, host: "127.0.0.1", port: (between.address() as AddressInfo).port });
      await bus.declare([binding]);
      await bus.publish([{ binding, messageId: "1", body: {} }]);
      const consuming = (async () => {
        for await (const _ of bus.consume(binding.queue)) for (const socket of sockets) socket.destroy();
      })();
      await expect(consuming).rejects.toMatchObject({
        code: "BUS_CONNECTION_LOST",
        disposition: "retry",
        fields: { queue: binding.queue },
      });
      for await (const delivery of bus.consume(binding.queue)) {
        expect([delivery.messageId, delivery.redelivered]).toEqual(["1", true]);
        await delivery.ack();
        break;
      }
    } finally {
      between.close();
    }
  });

  test("a message without an id gets the one that it would have had from here, however its body is spelt", async () => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange });
    await bus.declare([binding]);
    const body = { bucket: "data", objectName: "p/ü.fits", conversationId: "7" };
    const text = '{"conversationId":"7","objectName":"p/\\u00fc.fits","bucket":"data"}';
    raw.publish(exchange, binding.routingKey, Buffer.from(text), {});
    raw.publish(exchange, binding.routingKey, Buffer.from('{"n": 1}'), {});
    const ids: string[] = [];
    for await (const delivery of bus.consume(binding.queue)) {
      ids.push(delivery.messageId);
      await delivery.ack();
      if (ids.length === 2) break;
    }
    expect(ids).toEqual([messageIdOf(binding.routingKey, body), messageIdOf(binding.routingKey, { n: 1 })]);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test("a message that is no JSON object is refused and said, and the next one comes", async () => {
    const { exchange, binding } = fresh();
    const lines: string[] = [];
    const log = createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line) });
    await using bus = amqpBusAt(url, { exchange, log });
    await bus.declare([binding]);
    raw.publish(exchange, binding.routingKey, Buffer.from("not json"), { messageId: "bad" });
    raw.publish(exchange, binding.routingKey, Buffer.from('{"n": 1}'), { messageId: "good" });
    for await (const delivery of bus.consume(binding.queue)) {
      expect(delivery.messageId).toBe("good");
      await delivery.ack();
      break;
    }
    expect(lines.join("")).toContain(`Refused the message bad of ${binding.queue}`);
    expect(lines.join("")).toContain("dead letters");
  });

  test("a wrong password is refused at once, without being tried again or printed", async () => {
    const password = new Secret("not-the-password-7c1d");
    const waits: unknown[] = [];
    const retry = { ...noRetry, tries: -1, onWait: (wait: unknown) => waits.push(wait) };
    await using bus = amqpBus({ ...amqpOptionsAt(url), password, exchange: "x", queueType: "classic", retry });
    const error: unknown = await bus.declare([]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BUS_ACCESS_REFUSED", disposition: "invalid" });
    expect(waits).toEqual([]);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("7c1d");
  });
});

describe("amqp bus without a broker", () => {
  test.each([
    [{ host: "http://127.0.0.1" }, "SETTINGS_INVALID", "interservice-bus in MESH_CONFIG"],
    [{ host: "no host" }, "SETTINGS_INVALID", "interservice-bus in MESH_CONFIG"],
    [{ host: "one,two" }, "SETTINGS_INVALID", "name one"],
    [{ vhost: "v".repeat(256) }, "BUS_ARGUMENT_INVALID", "256"],
    [{ vhost: "\u00e9".repeat(128) }, "BUS_ARGUMENT_INVALID", "256"],
    [{ vhost: "" }, "BUS_ARGUMENT_INVALID", "virtual host"],
    [{ exchange: "x".repeat(256) }, "BUS_ARGUMENT_INVALID", "ISB_EXCHANGE"],
  ])("an address or name that cannot be is refused by name, and not tried again: %j", async (given, code, named) => {
    const retry = { ...noRetry, delaySeconds: 60, maxDelaySeconds: 60, tries: -1 };
    const address = "amqp://guest:guest@127.0.0.1:1";
    await using bus = amqpBusAt(address, { exchange: "x", retry, ...given });
    const binding = { routingKey: "k", queue: "q" };
    const refused = { code, disposition: "invalid", message: expect.stringContaining(named) };
    await expect(bus.declare([binding])).rejects.toMatchObject(refused);
    await expect(bus.publish([{ binding, messageId: "1", body: {} }])).rejects.toMatchObject(refused);
    if ("exchange" in given) return;
    await expect(Array.fromAsync(bus.consume("q"))).rejects.toMatchObject(refused);
  });

  async function closedPort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  test("waits as often as it may, says every wait, and names the address at last", async () => {
    const port = await closedPort();
    const lines: string[] = [];
    const log = createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line) });
    const retry = { ...noRetry, delaySeconds: 0.01, maxDelaySeconds: 0.01, tries: 3 };
    await using bus = amqpBusAt(`amqp://guest:guest@127.0.0.1:${port}`, { exchange: "x", retry, log });
    await expect(bus.declare([])).rejects.toMatchObject({
      code: "BUS_UNREACHABLE",
      disposition: "retry",
      fields: { host: "127.0.0.1", port },
    });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`No connection to the bus at 127.0.0.1:${port}`);
    expect(lines[0]).toContain("ECONNREFUSED");
  });

  test("closing it ends a wait that would last for ever", async () => {
    const port = await closedPort();
    const waiting = Promise.withResolvers<void>();
    const retry = { ...noRetry, delaySeconds: 3600, maxDelaySeconds: 3600, tries: -1, onWait: () => waiting.resolve() };
    const bus = amqpBusAt(`amqp://guest:guest@127.0.0.1:${port}`, { exchange: "x", retry });
    const refused = expect(bus.declare([])).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    await waiting.promise;
    await bus[Symbol.asyncDispose]();
    await refused;
  });

  test.each(["declare", "publish", "consume"] as const)(
    "a signal ends %s while the broker is waited for",
    async (verb) => {
      const stop = new AbortController();
      const reason = new Error("that is enough");
      const waits: unknown[] = [];
      const onWait = (wait: unknown) => {
        waits.push(wait);
        stop.abort(reason);
      };
      const retry = { ...noRetry, delaySeconds: 3600, maxDelaySeconds: 3600, tries: -1, onWait };
      await using bus = amqpBusAt(`amqp://guest:guest@127.0.0.1:${await closedPort()}`, { exchange: "x", retry });
      const consume = async () => {
        for await (const _ of bus.consume("q", { signal: stop.signal })) throw new Error("a message of no broker");
      };
      if (verb === "consume") await consume();
      else
        await expect(verb === "declare" ? bus.declare([], stop.signal) : bus.publish([], stop.signal)).rejects.toBe(
          reason,
        );
      expect(waits).toHaveLength(1);
    },
  );

  test("the signal of its retries ends every wait, and nothing is tried again", async () => {
    const stop = new AbortController();
    const reason = new Error("that is enough");
    const waits: unknown[] = [];
    const onWait = (wait: unknown) => {
      waits.push(wait);
      stop.abort(reason);
    };
    const retry = { ...noRetry, delaySeconds: 3600, maxDelaySeconds: 3600, tries: -1, onWait, signal: stop.signal };
    await using bus = amqpBusAt(`amqp://guest:guest@127.0.0.1:${await closedPort()}`, { exchange: "x", retry });
    await expect(bus.declare([])).rejects.toBe(reason);
    await expect(bus.publish([])).rejects.toBe(reason);
    expect(waits).toHaveLength(1);
  });

  test("the signal of its retries hangs up on a server that takes the connection and says nothing", async () => {
    const stop = new AbortController();
    const reason = new Error("that is enough");
    const hungUp = Promise.withResolvers<void>();
    const silent = createServer((socket) => {
      socket.on("error", () => {}).on("close", () => hungUp.resolve());
      socket.once("data", () => stop.abort(reason));
    });
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const retry = { ...noRetry, tries: -1, signal: stop.signal };
    await using bus = amqpBusAt(`amqp://guest:guest@127.0.0.1:${port}`, { exchange: "x", retry });
    await expect(bus.declare([])).rejects.toBe(reason);
    await hungUp.promise;
    silent.close();
  });
});
