import { describe, expect, test } from "vitest";
import { startTelemetry } from "../../src/telemetry/start-telemetry.ts";
import { telemetryConformance } from "../../src/testing/conformance/telemetry-conformance.ts";

describe.each(["grpc", "http/protobuf", "http/json"] as const)("telemetry by %s", (protocol) => {
  telemetryConformance({ describe, test, expect }, { start: startTelemetry, protocol });
});
