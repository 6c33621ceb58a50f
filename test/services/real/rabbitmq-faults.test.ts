import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "amqplib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messageOf } from "../../../src/core/errors.ts";
import { createLogger } from "../../../src/core/log.ts";
import { Secret } from "../../../src/core/secret.ts";
import type { Bus, BusMessage, QueueBinding } from "../../../src/services/bus.ts";
import { findProgram } from "../../servers/debian.ts";
import { type RestartableRabbitmq, restartableRabbitmq } from "../../servers/rabbitmq.ts";
import { describeWithRabbitmq } from "../../servers/with-server.ts";
import { amqpBusAt, noRetry } from "../amqp-bus-at.ts";
import { cuttable } from "../cuttable.ts";

const untiring = { ...noRetry, delaySeconds: 0.3, maxDelaySeconds: 0.3, tries: -1 };
const everything = { configure: ".*", write: ".*", read: ".*" };
const definitions = {
  vhosts: [{ name: "/" }],
  users: [
    { name: "guest", password: "guest", tags: "administrator" },
    { name: "reader", password: "reader", tags: "" },
  ],
  permissions: [
    { user: "guest", vhost: "/", ...everything },
    { user: "reader", vhost: "/", configure: "", write: "", read: ".*" },
  ],
};
const settings = async (folder: string): Promise<string> => {
  await writeFile(join(folder, "definitions.json"), JSON.stringify(definitions));
  return `max_message_size = 1000000\nload_definitions = ${join(folder, "definitions.json")}\n`;
};

// One that the tests share must not be killed.
describeWithRabbitmq("a RabbitMQ of one's own", () => {
  let broker: RestartableRabbitmq;
  beforeAll(async () => {
    broker = await restartableRabbitmq(findProgram("epmd") ?? "epmd", settings);
    await broker.start();
  }, 180_000);
  afterAll(() => broker[Symbol.asyncDispose]());
  const range = (count: number) => Array.from({ length: count }, (_, n) => n);
  const bindingOf = (name: string): QueueBinding => ({ routingKey: `${name}.m`, queue: `${name}.q` });

  test("a bus whose publishing the broker holds up for want of memory still empties the queue that fills it", {
    timeout: 120_000,
  }, async () => {
    await using bus = amqpBusAt(broker.url, { exchange: "alarm.x", retry: untiring });
    await bus.declare([bindingOf("alarm")]);
    const messages = range(100).map((n) => ({ binding: bindingOf("alarm"), messageId: String(n), body: { n } }));
    await bus.publish(messages);
    await broker.control("set_vm_memory_high_watermark", "0.00001");
    try {
      const reason = new Error("enough waited");
      const stop = new AbortController();
      const held = bus.publish([{ binding: bindingOf("alarm"), messageId: "held", body: {} }], stop.signal);
      const left = new Set(messages.map(({ messageId }) => messageId));
      for await (const delivery of bus.consume("alarm.q")) {
        await delivery.ack();
        left.delete(delivery.messageId);
        if (left.size === 0) break;
      }
      stop.abort(reason);
      await expect(held).rejects.toBe(reason);
    } finally {
      await broker.control("set_vm_memory_high_watermark", "0.6");
    }
  });

  /** What RabbitMQ does to a classic queue whose process has died too often: it is there, but nobody can use it. */
  const stopQueue = (queue: string) =>
    broker.control(
      "eval",
      `{ok, Q} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, <<"${queue}">>)),
       {ok, All} = rabbit_amqqueue_sup_sup:find_for_vhost(<<"/">>, node()),
       [ok] = [supervisor:terminate_child(All, One) || {_, One, _, _} <- supervisor:which_children(All),
               {_, Pid, _, _} <- supervisor:which_children(One), Pid =:= amqqueue:get_pid(Q)].`,
    );

  test("a bus that cannot declare again what was declared leaves no connection behind", async () => {
    await using door = await cuttable(broker.url);
    const stop = new AbortController();
    const reason = new Error("enough tried");
    const waits: unknown[] = [];
    const onWait = ({ error }: { readonly error: unknown }): void => {
      waits.push(messageOf(error));
      if (waits.length === 5) stop.abort(reason);
    };
    const binding = bindingOf("stopped");
    const bus = amqpBusAt(door.url, { exchange: "stopped.x", retry: { ...untiring, delaySeconds: 0.01, onWait } });
    await bus.declare([binding]);
    await stopQueue(binding.queue);
    door.cut();
    await expect(bus.publish([{ binding, messageId: "1", body: {} }], stop.signal)).rejects.toBe(reason);
    expect(waits.at(-1)).toContain("process is stopped by supervisor");
    expect(door.connections()).toBeGreaterThan(4);
    await expect.poll(() => door.open()).toBeLessThanOrEqual(1);
    await bus[Symbol.asyncDispose]();
    await expect.poll(() => door.open()).toBe(0);
  });

  test("the broker shows which connection of a bus publishes and which consumes", async () => {
    await using bus = amqpBusAt(broker.url, { exchange: "named.x", retry: untiring, clientName: "somebody" });
    const binding = bindingOf("named");
    await bus.declare([binding]);
    await bus.publish([{ binding, messageId: "1", body: {} }]);
    for await (const { ack } of bus.consume(binding.queue)) {
      await ack();
      break;
    }
    const shown = await broker.control("list_connections", "client_properties");
    expect(shown).toContain('{"connection_name","somebody publish"}');
    expect(shown).toContain('{"connection_name","somebody consume"}');
  });

  test("a bus that is closed while the broker holds it up keeps no connection", async () => {
    // Without a door between: that would answer in place of the broker, which reads nothing then.
    const connections = () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
    await expect.poll(connections).toBe(0);
    const blocked = Promise.withResolvers<void>();
    const write = (line: string): void => {
      if (line.includes("takes no messages for now")) blocked.resolve();
    };
    const log = createLogger({ level: "WARNING", pretty: false, write });
    const bus = amqpBusAt(broker.url, { exchange: "held.x", retry: untiring, log });
    const binding = bindingOf("held");
    await bus.declare([binding]);
    await broker.control("set_vm_memory_high_watermark", "0.00001");
    try {
      const stop = new AbortController();
      const held = bus.publish([{ binding, messageId: "held", body: {} }], stop.signal).catch(() => {});
      await blocked.promise;
      stop.abort();
      await held;
      await bus[Symbol.asyncDispose]();
      await expect.poll(connections, { timeout: 20_000 }).toBe(0);
    } finally {
      await broker.control("set_vm_memory_high_watermark", "0.6");
    }
  });

  test("a queue is consumed for the first time while another one that was declared is down", async () => {
    await using bus = amqpBusAt(broker.url, { exchange: "beside-down.x", retry: untiring });
    const [down, up] = [bindingOf("down"), bindingOf("up")];
    await bus.declare([down, up]);
    await bus.publish([{ binding: up, messageId: "1", body: {} }]);
    await stopQueue(down.queue);
    for await (const { messageId, ack } of bus.consume(up.queue)) {
      expect(messageId).toBe("1");
      await ack();
      break;
    }
  });

  test("10,000 messages on classic and on quorum queues outlive three kills of the broker, and so does a consumer", {
    timeout: 600_000,
  }, async () => {
    const count = 10_000;
    const kills = 3;
    const waits: string[] = [];
    const log = createLogger({ level: "WARNING", pretty: false, write: (line) => waits.push(line) });
    const types = ["classic", "quorum"] as const;
    const buses = new Map<string, Bus>();
    for (const type of types) {
      const bus = amqpBusAt(broker.url, { exchange: `${type}.x`, queueType: type, retry: untiring, log });
      await bus.declare([bindingOf(type)]);
      buses.set(type, bus);
    }
    // RabbitMQ writes down which quorum queues it has up to 3 s after they were declared: killed before, it loses what lies in them.
    await sleep(4000);
    const reading = amqpBusAt(broker.url, { exchange: "read.x", retry: untiring, log });
    await reading.declare([bindingOf("read")]);
    const given = 3000;
    await reading.publish(range(given).map((n) => ({ binding: bindingOf("read"), messageId: String(n), body: { n } })));

    /** All publishers stand at a mark; then the broker is killed while they go on, and comes back. */
    let restarting: Promise<void> = Promise.resolve();
    const marks = range(kills).map(() => ({ ...Promise.withResolvers<void>(), waiting: types.length }));
    const reach = async (at: number): Promise<void> => {
      const mark = marks[at];
      if (mark === undefined) return;
      mark.waiting -= 1;
      if (mark.waiting > 0) return mark.promise;
      await restarting;
      restarting = (async () => {
        await sleep(15);
        await broker.kill();
        await broker.start();
      })();
      mark.resolve();
    };
    async function* messages(binding: QueueBinding): AsyncIterable<BusMessage> {
      for (const n of range(count)) {
        if (n > 0 && n % 2500 === 0) await reach(n / 2500 - 1);
        yield { binding, messageId: String(n), body: { n } };
      }
    }
    const taken = new Map<string, number>();
    const consuming = (async () => {
      for await (const { messageId, ack } of reading.consume("read.q", { prefetch: 50 })) {
        taken.set(messageId, (taken.get(messageId) ?? 0) + 1);
        await ack().catch(() => undefined);
        if (taken.size % 700 === 0) await restarting;
        if (taken.size === given) break;
      }
    })();
    const begun = performance.now();
    await Promise.all(types.map((type) => buses.get(type)?.publish(messages(bindingOf(type)))));
    const published = (performance.now() - begun) / 1000;
    await restarting;
    await consuming;
    for (const bus of [...buses.values(), reading]) await bus[Symbol.asyncDispose]();

    const copies: Record<string, number> = {};
    for (const type of types) {
      const ids = await idsIn(bindingOf(type).queue, count);
      expect([...new Set(ids)].map(Number).sort((a, b) => a - b)).toEqual(range(count));
      copies[type] = ids.length - count;
    }
    expect([...taken.keys()].map(Number).sort((a, b) => a - b)).toEqual(range(given));
    expect(waits.join("")).toContain("Publishing over the bus at");
    expect(waits.join("")).toContain("Consuming read.q over the bus at");
    expect(waits.join("")).toContain("No connection to the bus at");
    const again = [...taken.values()].reduce((sum, times) => sum + times - 1, 0);
    console.log(
      `2 x ${count} messages through ${kills} kills in ${published.toFixed(1)} s; twice with the same id: ${JSON.stringify(copies)}; of ${given} consumed ${again} came again; ${waits.length} waits logged`,
    );
  });

  /** The ids of all that lies in a queue: it is read until a last message of our own. */
  async function idsIn(queue: string, most: number): Promise<string[]> {
    const connection = await connect(broker.url);
    const channel = await connection.createConfirmChannel();
    const ids: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    channel.sendToQueue(queue, Buffer.from("{}"), { messageId: "end" });
    await channel.waitForConfirms();
    await channel.prefetch(most);
    await channel.consume(queue, (message) => {
      if (message?.properties.messageId === "end") resolve();
      else if (message !== null) ids.push(String(message.properties.messageId));
      if (message !== null) channel.ack(message);
    });
    await promise;
    await connection.close();
    return ids;
  }

  describe("what a broker refuses is told once and not tried again:", () => {
    const binding = bindingOf("refused");

    test("a message that is too large, by its id; those beside it may be published again", async () => {
      await using bus = amqpBusAt(broker.url, { exchange: "refused.x", retry: untiring });
      await bus.declare([binding]);
      const messages = ["small", "large"].map((messageId) => ({
        binding,
        messageId,
        body: { text: "x".repeat(messageId === "large" ? 1_000_001 : 1) },
      }));
      await expect(bus.publish(messages)).rejects.toMatchObject({
        code: "BUS_MESSAGE_REFUSED",
        disposition: "invalid",
        fields: { messageId: "large" },
        message: expect.stringMatching(/its 1000\d+ bytes are more than the 1000000 that the broker takes/),
      });
      await bus.publish(messages.slice(0, 1));
    });

    test("one that is far too large, once and without a new connection; what the same bus publishes beside it arrives", async () => {
      const lines: string[] = [];
      const log = createLogger({ level: "WARNING", pretty: false, write: (line) => lines.push(line) });
      await using bus = amqpBusAt(broker.url, { exchange: "beside.x", retry: untiring, log });
      const beside = bindingOf("beside");
      await bus.declare([beside]);
      const large = { binding: beside, messageId: "large", body: { text: "x".repeat(40_000_000) } };
      const small = range(2000).map((n) => ({ binding: beside, messageId: String(n), body: { n } }));
      const [refused, taken] = await Promise.allSettled([bus.publish([large]), bus.publish(small)]);
      expect(refused).toMatchObject({
        status: "rejected",
        reason: { code: "BUS_MESSAGE_REFUSED", disposition: "invalid" },
      });
      expect(taken).toMatchObject({ status: "fulfilled" });
      const ids = await idsIn(beside.queue, 5000);
      expect([...new Set(ids)].map(Number).sort((a, b) => a - b)).toEqual(range(2000));
      expect(lines.filter((line) => line.includes("No connection") || line.includes("dropped the connection"))).toEqual(
        [],
      );
    });

    test.each(["declare", "publish", "consume"] as const)("a user who may not %s", async (verb) => {
      await using owner = amqpBusAt(broker.url, { exchange: "refused.x" });
      await owner.declare([binding]);
      const reader = { username: verb === "consume" ? "nobody" : "reader", password: new Secret("reader") };
      await using bus = amqpBusAt(broker.url, { exchange: "refused.x", retry: untiring, ...reader });
      const consume = async () => {
        for await (const _ of bus.consume(binding.queue)) return;
      };
      const work = {
        declare: () => bus.declare([bindingOf("new")]),
        publish: () => bus.publish([{ binding, messageId: "1", body: {} }]),
        consume,
      };
      await expect(work[verb]()).rejects.toMatchObject({ code: "BUS_ACCESS_REFUSED", disposition: "invalid" });
    });

    test("a virtual host that is not there", async () => {
      await using bus = amqpBusAt(broker.url, { exchange: "refused.x", retry: untiring, vhost: "nowhere" });
      await expect(bus.declare([])).rejects.toMatchObject({
        code: "BUS_ACCESS_REFUSED",
        fields: { vhost: "nowhere" },
      });
    });

    test("a connection more than the user may have, with the limit among the causes", async () => {
      await broker.control("add_user", "single", "single");
      await broker.control("set_permissions", "single", ".*", ".*", ".*");
      await broker.control("set_user_limits", "single", '{"max-connections": 1}');
      const single = { username: "single", password: new Secret("single") };
      await using bus = amqpBusAt(broker.url, { exchange: "refused.x", retry: untiring, ...single });
      await bus.declare([binding]);
      const consume = async () => {
        for await (const _ of bus.consume(binding.queue)) return;
      };
      await expect(consume()).rejects.toMatchObject({
        code: "BUS_ACCESS_REFUSED",
        message: expect.stringContaining("max-connections"),
      });
    });
  });
});
