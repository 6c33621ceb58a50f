import { expect, test } from "vitest";
import { silentLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { withSpan } from "../../src/core/telemetry.ts";
import { retryDelayMs } from "../../src/telemetry/retry-info.ts";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { type OtlpFault, otlpReceiver } from "../../src/testing/otlp-receiver.ts";

/** How often one span is sent over gRPC to a collector that answers so the first time. */
async function sendings(fault: OtlpFault): Promise<number> {
  let count = 0;
  await using receiver = await otlpReceiver({
    onRequest({ signal }) {
      if (signal !== "traces") return undefined;
      count += 1;
      return count === 1 ? fault : undefined;
    },
  });
  const env = receiver.env("grpc");
  await using telemetry = await startTelemetry(loadSettings(env), { log: silentLogger, env });
  await withSpan("work", {}, async () => undefined);
  await telemetry.shutdown(60_000);
  expect(receiver.spans.length).toBe(count - 1);
  return count;
}

test.each<readonly [fault: OtlpFault, times: number]>([
  [{ status: 429 }, 1],
  [{ status: 429, retryAfterSeconds: 0 }, 2],
  [{ status: 429, retryAfterSeconds: 0.25 }, 2],
  [{ status: 429, retryAfterSeconds: 3600 }, 1],
  [{ status: 503, retryAfterSeconds: 0.25 }, 2],
  [{ status: 503, retryAfterSeconds: 3600 }, 1],
  [{ status: 400, retryAfterSeconds: 0.25 }, 1],
])("over gRPC, what meets %j is sent %i times", async (fault, times) => {
  expect(await sendings(fault)).toBe(times);
});

test.each([
  ["no error of gRPC", new Error("no")],
  ["no metadata", Object.assign(new Error("no"), { metadata: 5 })],
  ["no message", Object.assign(new Error("no"), { metadata: { get: () => [Buffer.from("\u0007no message")] } })],
  ["half a message", Object.assign(new Error("no"), { metadata: { get: () => [Buffer.from([0x1a, 200])] } })],
  ["a varint without end", Object.assign(new Error("no"), { metadata: { get: () => [Buffer.alloc(40, 0xff)] } })],
  ["nothing", undefined],
])("%s asks for no time", (_, error) => {
  expect(retryDelayMs(error)).toBe(undefined);
});
