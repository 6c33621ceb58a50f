import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { propagation, type TextMapPropagator, trace } from "@opentelemetry/api";
import { expect, onTestFinished, test } from "vitest";
import { withSpan } from "../../src/core/telemetry.ts";
import type { Bus } from "../../src/services/bus.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { traceDelivery } from "../../src/services/trace-delivery.ts";
import { describeWithRabbitmq } from "../servers/with-server.ts";
import { recordTelemetry } from "../tasks/telemetry-recorder.ts";
import { amqpBusAt } from "./amqp-bus-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** W3C Trace Context, as far as it is needed here. */
const propagator: TextMapPropagator = {
  inject(context, carrier, setter) {
    const { traceId, spanId } = trace.getSpanContext(context) ?? {};
    setter.set(carrier, "traceparent", `00-${traceId}-${spanId}-01`);
  },
  extract(context, carrier, getter) {
    const [, traceId = "", spanId = ""] = String(getter.get(carrier, "traceparent")).split("-");
    return trace.setSpanContext(context, { traceId, spanId, traceFlags: 1, isRemote: true });
  },
  fields: () => ["traceparent"],
};

async function publishAndConsume(bus: Bus): Promise<void> {
  await using telemetry = recordTelemetry();
  propagation.setGlobalPropagator(propagator);
  onTestFinished(() => propagation.disable());
  const name = `firstlight.test.${randomUUID()}`;
  const binding = { routingKey: `${name}.m`, queue: `${name}.q` };
  await bus.declare([binding]);
  const headers = { own: "kept" };
  await withSpan("Publish", {}, () =>
    bus.publish([{ binding, messageId: "1", body: { conversationId: "7" }, headers }]),
  );
  for await (const delivery of bus.consume(binding.queue)) {
    expect(delivery.headers).toEqual({ own: "kept", traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-/) });
    await expect(
      traceDelivery(delivery, () => withSpan("Catalog", {}, () => Promise.reject(new Error("no room")))),
    ).rejects.toThrow("no room");
    await delivery.ack();
    break;
  }
  const spans = await telemetry.spans();
  expect(spans.map((span) => [span.name, span.parent, span.status])).toEqual([
    ["Publish", undefined, "OK"],
    ["Catalog", `process ${binding.routingKey}`, "ERROR"],
    [`process ${binding.routingKey}`, "Publish", "ERROR"],
  ]);
  expect(spans.at(-1)?.attributes).toMatchObject({
    "messaging.message.id": "1",
    "messaging.message.conversation_id": "7",
  });
}

test("the work on a message continues the trace of whoever published it, on sqlite", async () => {
  await using folder = await temporaryFolder();
  await using bus = sqliteBus({ path: join(folder.path, "bus.sqlite") });
  await publishAndConsume(bus);
});

describeWithRabbitmq("over RabbitMQ", (url) => {
  test("the work on a message continues the trace of whoever published it", async () => {
    await using bus = amqpBusAt(url, { exchange: `firstlight.test.${randomUUID()}.x` });
    await publishAndConsume(bus);
  });
});
