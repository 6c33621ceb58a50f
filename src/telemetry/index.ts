export { type OtlpProtocol, type OtlpTarget, otlpTarget, type TelemetrySignal } from "./otlp-target.ts";
export { startTelemetry, type Telemetry, type TelemetryOptions } from "./start-telemetry.ts";
export { systemMetricNames } from "./system-readings.ts";
