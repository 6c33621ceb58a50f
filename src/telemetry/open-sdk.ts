import { context, DiagLogLevel, diag, metrics, type ProxyTracerProvider, propagation, trace } from "@opentelemetry/api";
import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { metricExporter, traceExporter } from "./otlp-exporters.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { redactSpans } from "./redact-spans.ts";
import { serviceAttributes } from "./service-resource.ts";
import { startInstrumentations } from "./start-instrumentations.ts";

interface Targets {
  readonly traces: OtlpTarget | undefined;
  readonly metrics: OtlpTarget | undefined;
}

/** Longest that one sending of metrics may take. */
const metricTimeoutMs = 10_000;

export interface OpenedSdk {
  /** Sends what is left; the last values are read meanwhile. */
  flush(): Promise<void>;
  /** Gives the API back, for the next who starts an SDK, whether or not everything is sent. */
  release(): void;
}

/** Starts NodeSDK; undefined where the process has an SDK already. */
export async function openSdk(
  settings: Settings,
  targets: Targets,
  { log, redact }: { readonly log: Logger; readonly redact: (text: string) => string },
): Promise<OpenedSdk | undefined> {
  if (hasSdk()) {
    log.debug("The process has an OpenTelemetry SDK already, which stays");
    return undefined;
  }
  const [{ NodeSDK }, { defaultResource, envDetector, resourceFromAttributes }, { PeriodicExportingMetricReader }] =
    await Promise.all([
      import("@opentelemetry/sdk-node"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/sdk-metrics"),
    ]);
  const interval = settings.otelMetricExportIntervalMs;
  const sdk = new NodeSDK({
    resource: defaultResource().merge(resourceFromAttributes(serviceAttributes(settings))),
    // OTEL_RESOURCE_ATTRIBUTES; the other detectors tell the command line.
    resourceDetectors: [envDetector],
    // Empty lists keep NodeSDK from sending where nobody asked for it.
    ...(targets.traces === undefined
      ? { spanProcessors: [] }
      : { traceExporter: redactSpans(await traceExporter(targets.traces), redact) }),
    metricReaders:
      targets.metrics === undefined
        ? []
        : [
            new PeriodicExportingMetricReader({
              exporter: await metricExporter(targets.metrics),
              exportIntervalMillis: interval,
              exportTimeoutMillis: Math.min(interval, metricTimeoutMs),
            }),
          ],
    logRecordProcessors: [],
  });
  if (!process.env.OTEL_LOG_LEVEL) sayTroubleOnce(log);
  sdk.start();
  const stopInstrumentations = startInstrumentations(settings, targets, log);
  return {
    flush: () => sdk.shutdown(),
    release() {
      stopInstrumentations();
      for (const api of [trace, metrics, propagation, context, diag]) api.disable();
    },
  };
}

function hasSdk(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer("firstlight") !== undefined;
}

/** The SDK tells of every batch that it could not send; an operator wants to know once. */
function sayTroubleOnce(log: Logger): void {
  let said = false;
  const say = (message: string, ...rest: readonly unknown[]): void => {
    const details = rest.length === 0 ? {} : { details: rest };
    if (said) log.debug(`Telemetry: ${message}`, details);
    else log.warning(`Telemetry is not sent in full; the work goes on without it: ${message}`, details);
    said = true;
  };
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
