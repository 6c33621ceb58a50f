import type { Settings } from "../core/settings.ts";

export type TelemetrySignal = "traces" | "metrics";

export type OtlpProtocol = NonNullable<Settings["otelExporterOtlpProtocol"]>;

/** A collector of traces or metrics. */
export interface OtlpTarget {
  /** With its scheme; over HTTP with the path of the signal. */
  readonly url: string;
  readonly protocol: OtlpProtocol;
  /** The setting that names it. */
  readonly because: string;
}

/** The port that OTLP has for gRPC: whoever names it with a scheme means no HTTP. */
const grpcPort = ":4317";

/** Where a signal goes: to the endpoint of its setting, else to the mesh's, else nowhere. */
export function otlpTarget(settings: Settings, signal: TelemetrySignal): OtlpTarget | undefined {
  const endpoint =
    signal === "traces" ? settings.otelExporterOtlpTracesEndpoint : settings.otelExporterOtlpMetricsEndpoint;
  if (endpoint !== undefined) {
    return targetAt(settings, signal, endpoint, `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`);
  }
  const entry = `otlp-${signal}-endpoint`;
  const address = settings.meshConfig[entry];
  if (address === undefined) return undefined;
  const host = address.host.includes(":") && !address.host.startsWith("[") ? `[${address.host}]` : address.host;
  return targetAt(settings, signal, `${host}:${address.port}`, `MESH_CONFIG names ${entry}`);
}

function targetAt(settings: Settings, signal: TelemetrySignal, endpoint: string, because: string): OtlpTarget {
  const hasScheme = /^https?:\/\//i.test(endpoint);
  const insecure =
    signal === "traces" ? settings.otelExporterOtlpTracesInsecure : settings.otelExporterOtlpMetricsInsecure;
  const url = new URL(hasScheme ? endpoint : `${insecure ? "http" : "https"}://${endpoint}`);
  const protocol =
    settings.otelExporterOtlpProtocol ?? (hasScheme && !url.host.endsWith(grpcPort) ? "http/protobuf" : "grpc");
  if (protocol === "grpc") return { url: `${url.protocol}//${url.host}`, protocol, because };
  // A collector has nothing at its root.
  if (url.pathname === "/") url.pathname = `/v1/${signal}`;
  return { url: url.href, protocol, because };
}
