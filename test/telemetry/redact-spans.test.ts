import { metrics, trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { otlpReceiver } from "../../src/testing/otlp-receiver.ts";

test("a secret is in nothing that a span tells: names, lists, events, links", async () => {
  await using collector = await otlpReceiver();
  const to = `http://127.0.0.1:${collector.port}`;
  const secret = "hush-token-abcdef";
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: to, GQL_AUTH_TOKEN: secret };
  const telemetry = await startTelemetry(loadSettings(env), { env });
  const context = { traceId: "1".repeat(32), spanId: "1".repeat(16), traceFlags: 1 };
  const attributes = { plain: secret, list: ["a", secret], numbers: [1, 2], [`k-${secret}`]: 1 };
  const span = trace.getTracer("x").startSpan(`a ${secret}`, { attributes, links: [{ context, attributes }] });
  span.addEvent(`event ${secret}`, attributes);
  span.end();
  expect(await telemetry.shutdown(60_000)).toBe(true);
  const [told] = collector.spans;
  expect(told?.attributes).toMatchObject({
    plain: "[secret]",
    list: ["a", "[secret]"],
    "k-[secret]": expect.anything(),
  });
  expect(told?.events[0]?.name).toBe("event [secret]");
  expect(collector.bodies.filter((body) => body.includes(secret))).toEqual([]);
});

test("a secret is in nothing that metrics tell: attributes, descriptions, the resource", async () => {
  await using collector = await otlpReceiver();
  const to = `http://127.0.0.1:${collector.port}`;
  const secret = "hush-token-abcdef";
  const env = {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: to,
    GQL_AUTH_TOKEN: secret,
    OTEL_SERVICE_NAME: `service of ${secret}`,
    SYSTEM_METRIC_INSTRUMENTATION_CONFIG: "{}",
  };
  const telemetry = await startTelemetry(loadSettings(env), { env });
  const attributes = { plain: secret, list: ["a", secret], url: "nats://me:hush-pw@bus", [`k-${secret}`]: 1 };
  const meter = metrics.getMeter("x");
  meter.createCounter("calls", { description: `of ${secret}` }).add(2, attributes);
  meter.createHistogram("waits").record(3, attributes);
  meter.createObservableGauge("now").addCallback((result) => result.observe(4, attributes));
  expect(await telemetry.shutdown(60_000)).toBe(true);
  const calls = collector.points.find(({ name }) => name === "calls");
  expect(calls).toMatchObject({
    value: 2,
    attributes: { plain: "[secret]", list: ["a", "[secret]"], url: "nats://me:[secret]@bus", "k-[secret]": 1 },
    resource: { "service.name": "service of [secret]", "service.name.alias": "dkist-processing" },
  });
  expect(collector.points.map(({ name }) => name)).toContain("now");
  expect(collector.bodies.filter((body) => body.includes(secret) || body.includes("hush-pw"))).toEqual([]);
  expect(collector.bodies.some((body) => body.includes("waits"))).toBe(true);
});
