import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import {
  context,
  DiagLogLevel,
  diag,
  logs,
  metrics,
  type ProxyTracerProvider,
  propagation,
  trace,
} from "@opentelemetry/api";
import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { type CollectorAnswer, greetCollector } from "./greet-collector.ts";
import { metricExporter, traceExporter } from "./otlp-exporters.ts";
import type { OtlpTarget } from "./otlp-target.ts";
import { redactMetrics } from "./redact-metrics.ts";
import { redactSpans } from "./redact-spans.ts";
import { serviceAttributes } from "./service-resource.ts";
import { startInstrumentations } from "./start-instrumentations.ts";
import { troubleOf } from "./trouble-of.ts";

interface Targets {
  readonly traces: OtlpTarget | undefined;
  readonly metrics: OtlpTarget | undefined;
}

/** Longest that one sending of metrics may take. */
const metricTimeoutMs = 10_000;

export interface OpenedSdk {
  /** Sends what is left; the last values are read meanwhile. Throws what to say where that fails. */
  flush(): Promise<void>;
  /** Resolves to why no collector can take anything, and never where one answers. */
  whyNobodyAnswers(): Promise<string>;
  /** Whether somebody has answered from the beginning, and does so now. */
  isThere(): Promise<boolean>;
  /** Says that something was not sent, where that was not said before. */
  sayTrouble(message: string): void;
  /** Gives the API back, for the next who starts an SDK, whether or not everything is sent. */
  release(): void;
}

/** Starts NodeSDK; undefined where the process has an SDK already. */
export async function openSdk(
  settings: Settings,
  targets: Targets,
  {
    log,
    redact,
    wasGone,
  }: { readonly log: Logger; readonly redact: (text: string) => string; readonly wasGone: boolean },
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
              exporter: redactMetrics(await metricExporter(targets.metrics), redact),
              exportIntervalMillis: interval,
              exportTimeoutMillis: Math.min(interval, metricTimeoutMs),
            }),
          ],
    logRecordProcessors: [],
  });
  const sayTrouble = troubleSayer(log);
  if (!process.env.OTEL_LOG_LEVEL) {
    hearTrouble((...parts) => sayTrouble(troubleOf(parts, redact)));
  }
  sdk.start();
  const stopInstrumentations = startInstrumentations(settings, targets, log);
  const over = new AbortController();
  const asked = [targets.traces, targets.metrics]
    .filter((target) => target !== undefined)
    .map((target) => ({ target, greeting: greetCollector(target, over.signal) }));
  const askedAt = performance.now();
  const silentFor = (): number => (wasGone ? Math.max(0, silenceMs - (performance.now() - askedAt)) : silenceMs);
  return {
    async flush() {
      try {
        await sdk.shutdown();
      } catch (error) {
        throw new Error(troubleOf([error], redact), { cause: error });
      }
    },
    async whyNobodyAnswers() {
      const answers = await Promise.all(
        asked.map(({ target, greeting }) => answerOf(target, greeting, over.signal, silentFor())),
      );
      const reasons = answers.map((answer) => (answer.answers ? undefined : answer.reason));
      if (reasons.includes(undefined)) return new Promise<never>(() => undefined);
      return [...new Set(reasons)].join("; ");
    },
    async isThere() {
      const limit = AbortSignal.timeout(silenceMs);
      const both = asked.map(({ target, greeting }) => Promise.all([greeting, greetCollector(target, limit)]));
      const answers = await Promise.all(both);
      return answers.some((pair) => pair.every((answer) => answer.answers));
    },
    sayTrouble,
    release() {
      over.abort();
      stopInstrumentations();
      for (const api of [trace, metrics, logs, propagation, context, diag]) api.disable();
    },
  };
}

function hasSdk(): boolean {
  const provider = trace.getTracerProvider() as Partial<ProxyTracerProvider>;
  return provider.getDelegateTracer === undefined || provider.getDelegateTracer("firstlight") !== undefined;
}

/** A collector that was asked long ago has as long as this in the end. */
const silenceMs = 500;

/** One that was away when the process began is asked once more. */
async function answerOf(
  target: OtlpTarget,
  greeting: Promise<CollectorAnswer>,
  over: AbortSignal,
  longestMs: number,
): Promise<CollectorAnswer> {
  const silent = { answers: false, reason: `the collector at ${new URL(target.url).host} says nothing` } as const;
  const first = await Promise.race([greeting, after(longestMs, silent)]);
  if (first.answers || first === silent) return first;
  return Promise.race([greetCollector(target, over), after(silenceMs, silent)]);
}

async function after<Value>(ms: number, value: Value): Promise<Value> {
  await sleep(ms, undefined, { ref: false });
  // After a turn without a pause, what has come meanwhile is read before it counts as silence.
  await nextTurn();
  await nextTurn();
  return value;
}

type SayTrouble = (message: string) => void;

/** The SDK tells of every batch that it could not send; an operator wants to know once. */
function troubleSayer(log: Logger): SayTrouble {
  let said = false;
  return (message) => {
    if (said) log.debug(`Telemetry: ${message}`);
    else log.warning(`Telemetry is not sent in full; the work goes on without it: ${message}`);
    said = true;
  };
}

function hearTrouble(say: (...parts: readonly unknown[]) => void): void {
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: say, warn: say, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
