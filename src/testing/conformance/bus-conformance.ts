import { randomUUID } from "node:crypto";
import type { Bus, BusMessage, Delivery, QueueBinding } from "../../services/bus.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { closeInTime, closingSeconds, withService } from "./with-service.ts";
import { within } from "./within.ts";

/** Opens a bus; every bus that it opens reaches the same queues. The suite's queues have random names. */
export type MakeBus = () => Promise<Bus>;

/** A message is there at once, but for a broker that has much else to do. */
const deliverySeconds = 20;

/** What every bus does, whatever carries its messages. */
export function busConformance({ describe, test, expect }: SuiteRunner, makeBus: MakeBus): void {
  const newBinding = (): QueueBinding => {
    const name = `firstlight.test.${randomUUID()}`;
    return { routingKey: `${name}.m`, queue: `${name}.q` };
  };
  const message = (binding: QueueBinding, n: number, more: Record<string, unknown> = {}): BusMessage => ({
    binding,
    messageId: `${binding.queue}/${n}`,
    body: { conversationId: "1", n, ...more },
  });
  const range = (count: number) => Array.from({ length: count }, (_, n) => n);
  const numbers = (deliveries: readonly Delivery[]) => deliveries.map(({ body }) => body.n);

  const delivered = <T>(work: Promise<T>): Promise<T> =>
    within(deliverySeconds, "A message that was published is delivered to who consumes its queue", work);

  /** Takes messages until there are `count`, acknowledges them, and leaves. */
  async function take(bus: Bus, queue: string, count: number): Promise<Delivery[]> {
    const taken: Delivery[] = [];
    const taking = async (): Promise<void> => {
      for await (const delivery of bus.consume(queue)) {
        taken.push(delivery);
        await delivery.ack();
        if (taken.length === count) break;
      }
    };
    await delivered(taking());
    return taken;
  }

  const withNewBus = (name: string, body: (bus: Bus) => Promise<void>): unknown =>
    test(name, async () => withService(await makeBus(), body));
  const withBus = (name: string, body: (bus: Bus, binding: QueueBinding) => Promise<void>): unknown =>
    withNewBus(name, async (bus) => {
      const binding = newBinding();
      await bus.declare([binding]);
      await body(bus, binding);
    });
  const stopped = (publishing: Promise<void>): Promise<unknown> =>
    within(
      closingSeconds,
      "Publishing ends with its signal, and throws its reason",
      expect(publishing).rejects.toMatchObject({ name: "AbortError" }),
    );

  describe("publishing", () => {
    withBus("delivers every message once, in order, with its id and routing key", async (bus, binding) => {
      await bus.publish(range(1200).map((n) => message(binding, n)));
      const taken = await take(bus, binding.queue, 1200);
      expect(numbers(taken)).toEqual(range(1200));
      expect(taken[7]?.messageId).toBe(`${binding.queue}/7`);
      expect(taken[7]?.routingKey).toBe(binding.routingKey);
      expect(taken[7]?.redelivered).toBe(false);
    });

    withBus("takes messages from an async iterable", async (bus, binding) => {
      async function* some() {
        for (const n of range(3)) yield message(binding, n);
      }
      await bus.publish(some());
      expect(numbers(await take(bus, binding.queue, 3))).toEqual([0, 1, 2]);
    });

    withBus("keeps every field of a body, and every header", async (bus, binding) => {
      const body = {
        text: "naïve – ☉",
        nested: { list: [1, 2.5, null, true] },
        huge: 12345678901234567890n,
        empty: {},
      };
      await bus.publish([{ ...message(binding, 0, body), headers: { traceparent: "00-abc" } }]);
      const [taken] = await take(bus, binding.queue, 1);
      expect(taken?.body).toEqual({ conversationId: "1", n: 0, ...body });
      expect(taken?.headers).toEqual({ traceparent: "00-abc" });
    });

    withNewBus("refuses a message that no queue takes, and takes others afterwards", async (bus) => {
      const [known, unknown] = [newBinding(), newBinding()];
      await bus.declare([known]);
      await expect(bus.publish([message(unknown, 0)])).rejects.toMatchObject({
        code: "BUS_UNROUTABLE",
        fields: { routingKey: unknown.routingKey },
      });
      await bus.publish([message(known, 1)]);
      expect(numbers(await take(bus, known.queue, 1))).toEqual([1]);
    });

    withBus("does no harm when it is repeated: what comes twice has the same id", async (bus, binding) => {
      await bus.publish(range(3).map((n) => message(binding, n)));
      await bus.publish(range(4).map((n) => message(binding, n)));
      const ids = new Set<string>();
      for await (const delivery of bus.consume(binding.queue)) {
        ids.add(delivery.messageId);
        await delivery.ack();
        if (ids.size === 4) break;
      }
      expect([...ids]).toEqual(range(4).map((n) => `${binding.queue}/${n}`));
    });

    withBus("refuses a body that its consumers could not take, and takes others afterwards", async (bus, binding) => {
      for (const body of [[1, 2], null, "text", 7]) {
        const refused = { ...message(binding, 0), body: body as unknown as BusMessage["body"] };
        await expect(bus.publish([refused])).rejects.toMatchObject({
          code: "BUS_ARGUMENT_INVALID",
          disposition: "invalid",
        });
      }
      await bus.publish([message(binding, 1)]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([1]);
    });

    withBus("refuses headers that no broker could carry, and what is no message", async (bus, binding) => {
      const invalid = { code: "BUS_ARGUMENT_INVALID", disposition: "invalid" };
      const refused = { code: "BUS_MESSAGE_REFUSED", disposition: "invalid" };
      const headed = (headers: unknown) => ({ ...message(binding, 0), headers: headers as Record<string, string> });
      for (const headers of [{ ["x".repeat(256)]: "a" }, { "": "a" }, { a: 1 }, { a: null }, { a: { b: "c" } }]) {
        await expect(bus.publish([headed(headers)])).rejects.toMatchObject(invalid);
      }
      await expect(bus.publish([headed({ a: "x".repeat(65_000) })])).rejects.toMatchObject(refused);
      for (const wrong of [undefined, null, 5, { messageId: "x", body: {} }]) {
        await expect(bus.publish([wrong as unknown as BusMessage])).rejects.toMatchObject(invalid);
      }
      for (const nothing of [undefined, null, 5]) {
        await expect(bus.publish(nothing as unknown as BusMessage[])).rejects.toMatchObject(invalid);
        await expect(bus.declare(nothing as unknown as QueueBinding[])).rejects.toMatchObject(invalid);
        await expect(bus.declare([nothing as unknown as QueueBinding])).rejects.toMatchObject(invalid);
      }
      await bus.publish([headed({ ["x".repeat(255)]: "y".repeat(63_000) })]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withBus("refuses an id and a routing key that no broker could carry", async (bus, binding) => {
      const long = "é".repeat(128);
      for (const wrong of [
        { messageId: "" },
        { messageId: long },
        { binding: { ...binding, routingKey: long } },
      ] as const) {
        await expect(bus.publish([{ ...message(binding, 0), ...wrong }])).rejects.toMatchObject({
          code: "BUS_ARGUMENT_INVALID",
          disposition: "invalid",
        });
      }
      await bus.publish([{ ...message(binding, 1), messageId: "i".repeat(255) }]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([1]);
    });

    withBus("tells publishes at one time apart, also those of the same id", async (bus, binding) => {
      const ids = range(20).map((n) => message(binding, n));
      const lost = ids.map((one) => ({ ...one, binding: newBinding() }));
      const [taken, refused] = await Promise.all([
        Promise.allSettled(ids.map((one) => bus.publish([one]))),
        Promise.allSettled(lost.map((one) => bus.publish([one]))),
      ]);
      expect(taken.map(({ status }) => status)).toEqual(ids.map(() => "fulfilled"));
      expect(refused.map(({ status }) => status)).toEqual(ids.map(() => "rejected"));
    });

    withBus("stops at the signal where the messages do not come", async (bus, binding) => {
      const stop = new AbortController();
      async function* stuck(): AsyncIterable<BusMessage> {
        yield { binding, messageId: "the only one", body: {} };
        setImmediate(() => stop.abort());
        await new Promise(() => {});
      }
      await bus.declare([binding]);
      await stopped(bus.publish(stuck(), stop.signal));
    });

    withBus("stops at the signal", async (bus, binding) => {
      const stop = new AbortController();
      async function* endless() {
        for (let n = 0; ; n += 1) {
          if (n === 2000) stop.abort();
          yield message(binding, n);
        }
      }
      await stopped(bus.publish(endless(), stop.signal));
    });

    withBus("hands on what the source of the messages throws", async (bus, binding) => {
      async function* failing() {
        yield message(binding, 0);
        throw new RangeError("no more");
      }
      await expect(bus.publish(failing())).rejects.toMatchObject({ name: "RangeError", message: "no more" });
    });

    withNewBus("serves several queues on one routing key", async (bus) => {
      const first = newBinding();
      const second = { ...newBinding(), routingKey: first.routingKey };
      await bus.declare([first, second]);
      await bus.declare([first, second]);
      await bus.publish([message(first, 0)]);
      expect(numbers(await take(bus, first.queue, 1))).toEqual([0]);
      expect(numbers(await take(bus, second.queue, 1))).toEqual([0]);
    });

    withBus("is finished before the bus is closed, and the messages outlive it", async (first, binding) => {
      const publishing = first.publish(range(50).map((n) => message(binding, n)));
      await closeInTime(first);
      await within(closingSeconds, "A closed bus has ended what it was publishing", publishing);
      const taken = await withService(await makeBus(), (second) => take(second, binding.queue, 50));
      expect(numbers(taken)).toEqual(range(50));
    });
  });

  withBus("closes while a source gives it nothing to publish", async (bus, binding) => {
    const { promise: isWaiting, resolve } = Promise.withResolvers<void>();
    async function* silent(): AsyncIterable<BusMessage> {
      yield message(binding, 0);
      resolve();
      await new Promise(() => {});
    }
    const publishing = expect(bus.publish(silent())).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    await within(closingSeconds, "Publishing takes all that its source gives", Promise.race([isWaiting, publishing]));
    const contract =
      "A bus that is closed ends a publish whose source gives nothing, with SERVICE_CLOSED, and is closed then";
    await within(closingSeconds, contract, Promise.all([publishing, bus[Symbol.asyncDispose]()]));
  });

  describe("consuming", () => {
    const ended = (consuming: Promise<void>): Promise<void> =>
      within(deliverySeconds, "Consuming ends with its signal, also while it waits for a message", consuming);

    withBus("waits for messages that come later, from another client", async (bus, binding) => {
      const taking = take(bus, binding.queue, 1);
      const publishing = withService(await makeBus(), (other) => other.publish([message(binding, 0)]));
      const [taken] = await Promise.all([taking, publishing]);
      expect(numbers(taken)).toEqual([0]);
    });

    withBus(
      "gives back what was not acknowledged when the loop is left, and says that it comes again",
      async (bus, binding) => {
        await bus.publish(range(3).map((n) => message(binding, n)));
        for await (const delivery of bus.consume(binding.queue)) {
          if (delivery.body.n === 0) await delivery.ack();
          else break;
        }
        const again = await take(bus, binding.queue, 2);
        expect(numbers(again)).toEqual([1, 2]);
        expect(again[0]?.redelivered).toBe(true);
      },
    );

    withBus("has no more than prefetch messages unacknowledged", async (bus, binding) => {
      await bus.publish(range(4).map((n) => message(binding, n)));
      const stop = new AbortController();
      const held: Delivery[] = [];
      const consuming = (async () => {
        for await (const delivery of bus.consume(binding.queue, { prefetch: 2, signal: stop.signal }))
          held.push(delivery);
      })();
      // Whoever else consumes gets the others: that is how one sees that they were left.
      const others = await take(bus, binding.queue, 2);
      const all = [...held, ...others].map(({ messageId }) => messageId);
      expect(held.length <= 2).toBe(true);
      expect(new Set(all).size).toBe(all.length);
      stop.abort();
      await ended(consuming);
    });

    withBus("drops a rejected message, and delivers again one that is to be requeued", async (bus, binding) => {
      await bus.publish(range(2).map((n) => message(binding, n)));
      const seen: unknown[] = [];
      for await (const delivery of bus.consume(binding.queue, { prefetch: 1 })) {
        seen.push(delivery.body.n);
        if (delivery.redelivered) {
          await delivery.ack();
          break;
        }
        await delivery.reject({ requeue: delivery.body.n === 1 });
      }
      expect(seen).toEqual([0, 1, 1]);
    });

    withBus("settles a message once", async (bus, binding) => {
      await bus.publish(range(2).map((n) => message(binding, n)));
      const taken: unknown[] = [];
      for await (const delivery of bus.consume(binding.queue)) {
        taken.push(delivery.body.n);
        await delivery.ack();
        await expect(delivery.ack()).rejects.toMatchObject({ code: "BUS_DELIVERY_EXPIRED" });
        await expect(delivery.reject({ requeue: true })).rejects.toMatchObject({ code: "BUS_DELIVERY_EXPIRED" });
        if (taken.length === 2) break;
      }
      expect(taken).toEqual([0, 1]);
    });

    withBus("counts deliveries from one, where the queue counts", async (bus, binding) => {
      await bus.publish([message(binding, 0)]);
      const counts: (number | undefined)[] = [];
      for await (const { deliveries, ack, reject } of bus.consume(binding.queue, { prefetch: 1 })) {
        counts.push(deliveries);
        if (counts.length < 3) await reject({ requeue: true });
        else {
          await ack();
          break;
        }
      }
      expect(counts[0]).toBe(1);
      expect(counts.slice(1)).toEqual(counts[1] === undefined ? [undefined, undefined] : [2, 3]);
    });

    withNewBus(
      "moves what is rejected to the dead letters of its queue, and tells where it comes from",
      async (bus) => {
        const deadLetter = newBinding();
        const binding = { ...newBinding(), deadLetter };
        await bus.declare([binding]);
        await bus.declare([binding]);
        await bus.publish(range(2).map((n) => message(binding, n)));
        let left = 2;
        for await (const delivery of bus.consume(binding.queue)) {
          if (delivery.body.n === 0) await delivery.reject();
          else await delivery.ack();
          left -= 1;
          if (left === 0) break;
        }
        const [dead] = await take(bus, deadLetter.queue, 1);
        expect([dead?.messageId, dead?.routingKey]).toEqual([`${binding.queue}/0`, deadLetter.routingKey]);
        expect(dead?.body).toEqual({ conversationId: "1", n: 0 });
        expect([dead?.headers["x-first-death-queue"], dead?.headers["x-first-death-reason"]]).toEqual([
          binding.queue,
          "rejected",
        ]);
      },
    );

    withNewBus(
      "keeps the dead letters of two queues apart that have one place for them, also of the same id",
      async (bus) => {
        const deadLetter = newBinding();
        const queues = [newBinding(), newBinding()].map((binding) => ({ ...binding, deadLetter }));
        await bus.declare(queues);
        for (const binding of queues) {
          await bus.publish([{ binding, messageId: "the same", body: { conversationId: "1", n: 0 } }]);
          for await (const delivery of bus.consume(binding.queue)) {
            await delivery.reject();
            break;
          }
        }
        const dead = await take(bus, deadLetter.queue, 2);
        expect(dead.map(({ messageId }) => messageId)).toEqual(["the same", "the same"]);
        expect(dead.map(({ headers }) => headers["x-first-death-queue"])).toEqual(queues.map(({ queue }) => queue));
      },
    );

    withBus("refuses to declare a queue with other dead letters than it has", async (bus, binding) => {
      await expect(bus.declare([{ ...binding, deadLetter: newBinding() }])).rejects.toMatchObject({
        code: "BUS_TOPOLOGY_CONFLICT",
      });
      await bus.publish([message(binding, 0)]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withBus("ends when the signal fires, also while it waits", async (bus, binding) => {
      const stop = new AbortController();
      const taken: Delivery[] = [];
      const consuming = (async () => {
        for await (const delivery of bus.consume(binding.queue, { signal: stop.signal })) {
          taken.push(delivery);
          await delivery.ack();
          setImmediate(() => stop.abort());
        }
      })();
      await bus.publish([message(binding, 0)]);
      await ended(consuming);
      expect(numbers(taken)).toEqual([0]);
    });

    withBus("refuses to acknowledge what has gone back to the queue", async (bus, binding) => {
      await bus.publish([message(binding, 0)]);
      let kept: Delivery | undefined;
      for await (const delivery of bus.consume(binding.queue)) {
        kept = delivery;
        break;
      }
      await expect(kept?.ack()).rejects.toMatchObject({ code: "BUS_DELIVERY_EXPIRED" });
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withBus("gives back what it holds when the bus is closed", async (bus, binding) => {
      await bus.publish([message(binding, 0)]);
      await withService(await makeBus(), async (first) => {
        await delivered(first.consume(binding.queue)[Symbol.asyncIterator]().next());
        await closeInTime(first);
      });
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withBus("refuses a prefetch that is no whole number from 1 to 65535", async (bus, binding) => {
      for (const prefetch of [0, -1, 1.5, 65_536, Number.NaN, Number.POSITIVE_INFINITY]) {
        const consuming = bus.consume(binding.queue, { prefetch })[Symbol.asyncIterator]();
        await expect(consuming.next()).rejects.toMatchObject({
          code: "BUS_ARGUMENT_INVALID",
          disposition: "invalid",
        });
      }
      await bus.publish([message(binding, 0)]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withBus("refuses names that no queue can have, and goes on", async (bus, binding) => {
      const long = "é".repeat(128);
      const refused = { code: "BUS_ARGUMENT_INVALID", disposition: "invalid" };
      for (const wrong of [{ queue: "" }, { queue: long }, { queue: "amq.own" }, { routingKey: long }]) {
        await expect(bus.declare([{ ...newBinding(), ...wrong }])).rejects.toMatchObject(refused);
        await expect(
          bus.declare([{ ...newBinding(), deadLetter: { ...newBinding(), ...wrong } }]),
        ).rejects.toMatchObject(refused);
      }
      await expect(take(bus, long, 1)).rejects.toMatchObject(refused);
      await bus.publish([message(binding, 0)]);
      expect(numbers(await take(bus, binding.queue, 1))).toEqual([0]);
    });

    withNewBus("names a queue that is not there", async (bus) => {
      const { queue } = newBinding();
      await expect(take(bus, queue, 1)).rejects.toMatchObject({ code: "BUS_QUEUE_MISSING", fields: { queue } });
    });
  });

  test("a closed bus says that it is closed", async () => {
    const bus = await makeBus();
    await closeInTime(bus);
    const closed = { code: "SERVICE_CLOSED" };
    const binding = newBinding();
    await expect(bus.declare([binding])).rejects.toMatchObject(closed);
    await expect(bus.publish([message(binding, 0)])).rejects.toMatchObject(closed);
    await expect(take(bus, binding.queue, 1)).rejects.toMatchObject(closed);
  });
}
