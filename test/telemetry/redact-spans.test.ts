import { trace } from "@opentelemetry/api";
import { expect, test } from "vitest";
import { loadSettings } from "../../src/core/settings.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { startOtlpHttp } from "../servers/otlp-receiver.ts";

test("a secret is in nothing that a span tells: names, lists, events, links", async () => {
  await using collector = await startOtlpHttp();
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
