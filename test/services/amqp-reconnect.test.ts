import { randomUUID } from "node:crypto";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import type { BusMessage } from "../../src/services/bus.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { amqpBusAt, noRetry } from "./amqp-bus-at.ts";
import { cuttable } from "./cuttable.ts";

const untiring = { ...noRetry, delaySeconds: 0.01, maxDelaySeconds: 0.01, tries: -1 };

describeWithRabbitmq("amqp bus whose connection is lost", (url) => {
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
  const range = (count: number) => Array.from({ length: count }, (_, n) => n);
  const logged = () => {
    const lines: string[] = [];
    return { lines, log: createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line) }) };
  };
  /** As methods go over the wire: class and method (AMQP 0-9-1 §1.7, §1.5). */
  const channelOpen = new Uint8Array([0, 20, 0, 10]);
  const channelClose = new Uint8Array([0, 20, 0, 40]);
  const queueDeclare = new Uint8Array([0, 50, 0, 10]);
  /** Ids of all that lies in a queue, in its order. */
  async function idsIn(queue: string): Promise<string[]> {
    const ids: string[] = [];
    for (;;) {
      const message = await raw.get(queue, { noAck: true });
      if (message === false) return ids;
      ids.push(String(message.properties.messageId));
    }
  }

  test("publishing goes on with what was unconfirmed: nothing is lost, what comes twice has the same id", async () => {
    const { exchange, binding } = fresh();
    const { lines, log } = logged();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring, log });
    await bus.declare([binding]);
    const count = 2000;
    function* messages(): Iterable<BusMessage> {
      for (const n of range(count)) {
        if (n % 500 === 350) door.cut();
        yield { binding, messageId: String(n), body: { n } };
      }
    }
    await bus.publish(messages());
    const ids = await idsIn(binding.queue);
    expect([...new Set(ids)].map(Number).sort((a, b) => a - b)).toEqual(range(count));
    expect(door.connections()).toBe(5);
    expect(lines.filter((line) => line.includes("Publishing over the bus at")).length).toBeGreaterThanOrEqual(4);
    expect(lines.join("")).toContain("going on in 0.0 s");
  });

  test("what is unconfirmed goes out again before the next message is there", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring });
    await bus.declare([binding]);
    const arrived = Promise.withResolvers<void>();
    async function* messages(): AsyncIterable<BusMessage> {
      door.stall();
      yield { binding, messageId: "first", body: {} };
      door.cut();
      await arrived.promise;
      yield { binding, messageId: "second", body: {} };
    }
    const publishing = bus.publish(messages());
    const ids: string[] = [];
    for await (const { messageId, ack } of amqpBusAt(url, { exchange }).consume(binding.queue)) {
      await ack();
      ids.push(messageId);
      arrived.resolve();
      if (messageId === "second") break;
    }
    await publishing;
    expect([ids[0], ids.at(-1), new Set(ids).size]).toEqual(["first", "second", 2]);
  });

  test("a consumer goes on: what it had not acknowledged comes again, and nothing else", async () => {
    const { exchange, binding } = fresh();
    const { lines, log } = logged();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring, log });
    await bus.declare([binding]);
    await bus.publish(range(60).map((n) => ({ binding, messageId: String(n), body: { n } })));
    const done = new Set<string>();
    const expired: string[] = [];
    for await (const { messageId, ack } of bus.consume(binding.queue, { prefetch: 5 })) {
      if (done.size % 20 === 19 && expired.length < done.size / 20) {
        door.cut();
        // Until the connection is gone an acknowledgement would seem to have been given.
        while (
          !(await ack().then(
            () => false,
            () => true,
          ))
        )
          await new Promise(setImmediate);
        expired.push(messageId);
        continue;
      }
      await ack();
      done.add(messageId);
      if (done.size === 60) break;
    }
    expect(expired.length).toBeGreaterThan(0);
    expect([...done].map(Number).sort((a, b) => a - b)).toEqual(range(60));
    expect(lines.join("")).toContain(`Consuming ${binding.queue} over the bus at`);
    expect((await raw.checkQueue(binding.queue)).messageCount).toBe(0);
  });

  test("what was declared is declared again on a broker that has lost it", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring });
    const deadLetter = fresh().binding;
    await bus.declare([{ ...binding, deadLetter }]);
    await bus.publish([{ binding, messageId: "1", body: {} }]);
    await raw.deleteQueue(binding.queue);
    await raw.deleteQueue(deadLetter.queue);
    await raw.deleteExchange(exchange);
    door.cut();
    await bus.publish([{ binding, messageId: "2", body: {} }]);
    expect(await idsIn(binding.queue)).toEqual(["2"]);
    expect(await idsIn(deadLetter.queue)).toEqual([]);
  });

  test("what the broker has lost before anything was consumed is declared again with the first consumer", async () => {
    const { exchange, binding } = fresh();
    await using bus = amqpBusAt(url, { exchange, retry: untiring });
    await bus.declare([binding]);
    await raw.deleteQueue(binding.queue);
    await raw.deleteExchange(exchange);
    const reading = (async () => {
      for await (const { messageId, ack } of bus.consume(binding.queue)) {
        await ack();
        return messageId;
      }
      return "nothing";
    })().catch((error: unknown) => error);
    // Until the consumer's connection has declared it, nothing takes the message.
    const publish = () =>
      bus.publish([{ binding, messageId: "1", body: {} }]).then(
        () => "published",
        (error: unknown) => error,
      );
    await expect.poll(publish, { timeout: 5000 }).toBe("published");
    expect(await reading).toBe("1");
  });

  test("a broker that drops the connection whenever it is to declare again is not tried more often than asked", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: { ...untiring, tries: 3 } });
    await bus.declare([binding]);
    door.cutAt(queueDeclare, 100);
    door.cut();
    await expect(bus.publish([{ binding, messageId: "1", body: {} }])).rejects.toMatchObject({
      code: "BUS_CONNECTION_LOST",
    });
    expect(door.connections()).toBeLessThanOrEqual(4);
  });

  test("a queue that is another one by now keeps none of the others from being declared again", async () => {
    const { exchange, binding } = fresh();
    const other = fresh().binding;
    const { lines, log } = logged();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring, log });
    await bus.declare([binding, other]);
    for (const { queue } of [binding, other]) await raw.deleteQueue(queue);
    await raw.assertQueue(binding.queue, { arguments: { "x-queue-type": "quorum" } });
    door.cut();
    await bus.publish([{ binding: other, messageId: "1", body: {} }]);
    expect(await idsIn(other.queue)).toEqual(["1"]);
    expect(lines.join("")).toContain(`The queue ${binding.queue} is on the bus already, with other properties`);
  });

  test("a declaration with no try left says that it was cut off", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange });
    door.cutAt(queueDeclare);
    await expect(bus.declare([binding])).rejects.toMatchObject({ code: "BUS_CONNECTION_LOST", disposition: "retry" });
    await bus.declare([binding]);
  });

  test("with no try left it says which messages are unconfirmed", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange });
    await bus.declare([binding]);
    function* messages(): Iterable<BusMessage> {
      door.stall();
      for (const n of range(3)) yield { binding, messageId: String(n), body: { n } };
      setImmediate(door.cut);
    }
    await expect(bus.publish(messages())).rejects.toMatchObject({
      code: "BUS_NOT_CONFIRMED",
      disposition: "retry",
      fields: { messageId: "0", count: 3 },
    });
  });

  test("a signal ends publishing at once, also while the broker confirms nothing", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring });
    await bus.declare([binding]);
    const stop = new AbortController();
    const reason = new Error("that is enough");
    let asked = 0;
    function* messages(): Iterable<BusMessage> {
      door.stall();
      for (;;) {
        asked += 1;
        // The window is full then, and nothing is asked for any more.
        if (asked === 2048) setImmediate(() => stop.abort(reason));
        yield { binding, messageId: String(asked), body: {} };
      }
    }
    await expect(bus.publish(messages(), stop.signal)).rejects.toBe(reason);
    expect(asked).toBe(2048);
    door.cut();
  });

  test("a bus that closes while the broker is gone leaves publishing with what is unconfirmed", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    const waiting = Promise.withResolvers<void>();
    const retry = { ...untiring, delaySeconds: 3600, maxDelaySeconds: 3600, onWait: () => waiting.resolve() };
    const bus = amqpBusAt(door.url, { exchange, retry });
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "0", body: {} }]);
    door.stall();
    const publishing = bus.publish([{ binding, messageId: "1", body: {} }]);
    const refused = expect(publishing).rejects.toMatchObject({ code: "BUS_NOT_CONFIRMED", fields: { messageId: "1" } });
    setTimeout(door.cut, 50);
    await waiting.promise;
    await bus[Symbol.asyncDispose]();
    await refused;
  });

  test("no more than a few megabytes are under way", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange });
    await bus.declare([binding]);
    const stop = new AbortController();
    const text = "x".repeat(2 ** 20);
    let asked = 0;
    function* messages(): Iterable<BusMessage> {
      door.stall();
      for (;;) {
        asked += 1;
        if (asked === 16) setTimeout(() => stop.abort(), 100);
        yield { binding, messageId: String(asked), body: { text } };
      }
    }
    await expect(bus.publish(messages(), stop.signal)).rejects.toMatchObject({ name: "AbortError" });
    expect(asked).toBe(16);
    door.cut();
  });

  test("a connection that is lost while a channel closes holds up neither what closes it nor the bus's end", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring });
    door.cutAt(channelClose);
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "1", body: {} }]);
    door.cutAt(channelClose);
    for await (const delivery of bus.consume(binding.queue)) {
      await delivery.ack();
      break;
    }
    door.cutAt(channelClose);
    const stop = new AbortController();
    await bus.publish([{ binding, messageId: "2", body: {} }]);
    for await (const delivery of bus.consume(binding.queue, { signal: stop.signal })) {
      await delivery.ack();
      stop.abort();
    }
    // An acknowledgement that was on its way with it may be lost: then the message comes again.
    await bus.publish([{ binding, messageId: "3", body: {} }]);
    await expect.poll(() => idsIn(binding.queue)).toContain("3");
  });

  test("a broker that has fallen silent does not keep what a signal ends", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    await using bus = amqpBusAt(door.url, { exchange, retry: untiring });
    await bus.declare([binding]);
    const reading = new AbortController();
    const read = (async () => {
      for await (const _ of bus.consume(binding.queue, { signal: reading.signal })) expect.fail("nothing is there");
    })();
    // Its connection is there then, and its channel likewise.
    await expect.poll(() => door.connections()).toBe(2);
    await expect.poll(async () => (await raw.checkQueue(binding.queue)).consumerCount).toBe(1);
    door.stall();
    const given = new AbortController();
    const reason = new Error("no time");
    const ended = [
      bus.declare([binding], given.signal),
      bus.publish([{ binding, messageId: "1", body: {} }], given.signal),
    ].map((work) => work.catch((error: unknown) => error));
    given.abort(reason);
    expect(await Promise.all(ended)).toEqual([reason, reason]);
    const later = new AbortController();
    const second = (async () => {
      for await (const _ of bus.consume(binding.queue, { signal: later.signal })) expect.fail("nothing comes");
    })();
    later.abort();
    await second;
    reading.abort();
    await read;
  });

  test("a bus closes while the broker, back again, is silent in the middle of declaring what was declared", async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    const bus = amqpBusAt(door.url, { exchange, retry: untiring });
    await bus.declare([binding]);
    const read = (async () => {
      for await (const _ of bus.consume(binding.queue)) expect.fail("nothing comes");
    })();
    await expect.poll(async () => (await raw.checkQueue(binding.queue)).consumerCount).toBe(1);
    door.stallAt(channelOpen);
    door.cut();
    const refused = [bus.declare([binding]), bus.publish([{ binding, messageId: "1", body: {} }])].map((work) =>
      work.catch((error: unknown) => error),
    );
    await expect.poll(() => door.stalled()).toBe(2);
    await bus[Symbol.asyncDispose]();
    await read;
    expect(await Promise.all(refused)).toMatchObject([{ code: "SERVICE_CLOSED" }, { code: "SERVICE_CLOSED" }]);
    await expect.poll(() => door.open()).toBe(0);
  });

  test("a declaration that a silent broker does not answer holds up no closing", { timeout: 20_000 }, async () => {
    const { exchange, binding } = fresh();
    await using door = await cuttable(url);
    const bus = amqpBusAt(door.url, { exchange, retry: untiring });
    await bus.declare([binding]);
    door.stallAt(channelOpen);
    const declared = bus.declare([binding]).catch((error: unknown) => error);
    await expect.poll(() => door.stalled()).toBe(1);
    await bus[Symbol.asyncDispose]();
    expect(await declared).toMatchObject({ code: "SERVICE_CLOSED" });
  });

  test("what was begun before is still declared while the bus closes", async () => {
    const { exchange, binding } = fresh();
    const bus = amqpBusAt(url, { exchange, retry: untiring });
    await bus.declare([]);
    const declared = bus.declare([binding]);
    await bus[Symbol.asyncDispose]();
    await declared;
    expect(await raw.checkQueue(binding.queue)).toMatchObject({ messageCount: 0 });
  });
});
