import type { PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { NodeSDKConfiguration } from "@opentelemetry/sdk-node";
import type { OtlpTarget } from "./otlp-target.ts";
import { retryExports } from "./retry-exports.ts";

/** Headers, certificates and timeouts are those of the OTEL_EXPORTER_OTLP_ variables that the exporters read themselves. */
export async function traceExporter({ protocol, url }: OtlpTarget): Promise<NodeSDKConfiguration["traceExporter"]> {
  switch (protocol) {
    case "grpc":
      return retryExports(new (await import("@opentelemetry/exporter-trace-otlp-grpc")).OTLPTraceExporter({ url }));
    case "http/protobuf":
      return new (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter({ url });
    case "http/json":
      return new (await import("@opentelemetry/exporter-trace-otlp-http")).OTLPTraceExporter({ url });
  }
}

export async function metricExporter({ protocol, url }: OtlpTarget): Promise<PushMetricExporter> {
  switch (protocol) {
    case "grpc":
      return retryExports(new (await import("@opentelemetry/exporter-metrics-otlp-grpc")).OTLPMetricExporter({ url }));
    case "http/protobuf":
      return new (await import("@opentelemetry/exporter-metrics-otlp-proto")).OTLPMetricExporter({ url });
    case "http/json":
      return new (await import("@opentelemetry/exporter-metrics-otlp-http")).OTLPMetricExporter({ url });
  }
}
