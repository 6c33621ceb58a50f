import type { Logger } from "../core/log.ts";
import { nearestName } from "../core/nearest-name.ts";
import type { Settings } from "../core/settings.ts";
import { meter } from "../core/telemetry.ts";
import { urlPatterns } from "./client-span.ts";
import { observeSystem } from "./observe-system.ts";
import { traceFetch } from "./trace-fetch.ts";
import { traceHttp } from "./trace-http.ts";
import { traceRedis } from "./trace-redis.ts";

const known = ["http", "undici", "ioredis", "system-metrics"];

/** Those that the settings do not leave out; the result stops them. */
export function startInstrumentations(
  settings: Settings,
  sent: { readonly traces: unknown; readonly metrics: unknown },
  log: Logger,
): () => void {
  const without = new Set(settings.otelNodeDisabledInstrumentations.map((name) => name.replaceAll("_", "-")));
  for (const name of without) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    log.warning(
      `OTEL_NODE_DISABLED_INSTRUMENTATIONS: there is no instrumentation ${name} here.${nearest === undefined ? "" : ` Perhaps ${nearest} is meant.`} There are ${known.join(", ")}.`,
    );
  }
  const excluded = urlPatterns(settings.otelNodeExcludedUrls);
  const stops: (() => void)[] = [];
  if (sent.metrics !== undefined && !without.has("system-metrics")) stops.push(observeSystem(meter(), settings, log));
  if (sent.traces !== undefined) {
    if (!without.has("http")) stops.push(traceHttp(excluded));
    if (!without.has("undici")) stops.push(traceFetch(excluded));
    if (!without.has("ioredis")) stops.push(traceRedis());
  }
  return () => {
    for (const stop of stops) stop();
  };
}
