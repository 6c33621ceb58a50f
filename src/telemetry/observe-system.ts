import type { BatchObservableResult, Meter, Observable } from "@opentelemetry/api";
import type { Logger } from "../core/log.ts";
import { nearestName } from "../core/nearest-name.ts";
import type { Settings } from "../core/settings.ts";
import { type SystemMetric, systemMetricNames, systemMetrics } from "./system-readings.ts";

/** What is recorded of each metric: every state, or those that the configuration lists. */
type Chosen = ReadonlyMap<string, readonly string[] | "all">;

/** Records the metrics of `SYSTEM_METRIC_INSTRUMENTATION_CONFIG` whenever metrics are sent, until it is stopped. */
export function observeSystem(meter: Meter, settings: Settings, log: Logger): () => void {
  const chosen = choose(settings.systemMetricInstrumentationConfig, log);
  const observables = new Map<string, Observable>();
  for (const name of chosen.keys()) {
    const metric = systemMetrics[name];
    if (metric !== undefined) observables.set(name, observable(meter, emittedName(name), metric));
  }
  const observe = (result: BatchObservableResult): void => {
    for (const [name, instrument] of observables) {
      const wanted = chosen.get(name);
      const metric = systemMetrics[name];
      if (metric === undefined) continue;
      for (const { value, attributes } of metric.read()) {
        if (wanted === "all" || wanted?.includes(String(attributes[metric.attribute]))) {
          result.observe(instrument, value, attributes);
        }
      }
    }
  };
  const all = [...observables.values()];
  // The SDK takes a callback without metrics for a mistake.
  if (all.length === 0) return () => undefined;
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}

function choose(config: Settings["systemMetricInstrumentationConfig"], log: Logger): Chosen {
  if (config === undefined) return new Map(systemMetricNames.map((name) => [name, "all" as const]));
  const chosen = new Map<string, readonly string[] | "all">();
  for (const [name, wanted] of Object.entries(config)) {
    if (wanted === false) continue;
    const metric = systemMetrics[name];
    if (metric === undefined) {
      log.warning(
        `SYSTEM_METRIC_INSTRUMENTATION_CONFIG: there is no metric ${name} here.${perhaps(name, systemMetricNames)} There are ${systemMetricNames.join(", ")}.`,
      );
      continue;
    }
    chosen.set(name, wanted === true || metric.states.length === 0 ? "all" : wanted);
    if (wanted === true || metric.states.length === 0) continue;
    for (const state of wanted.filter((one) => !metric.states.includes(one))) {
      log.warning(
        `SYSTEM_METRIC_INSTRUMENTATION_CONFIG: ${name} has no ${metric.attribute} ${state} here.${perhaps(state, metric.states)} It has ${metric.states.join(", ")}.`,
      );
    }
  }
  return chosen;
}

function perhaps(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === undefined ? "" : ` Perhaps ${nearest} is meant.`;
}

/** Python's runtime metrics have the runtime in their names, and those of the configuration have not. */
function emittedName(name: string): string {
  return name.replace(/^process\.runtime\./, "process.runtime.nodejs.");
}

function observable(meter: Meter, name: string, { kind, unit, description }: SystemMetric): Observable {
  const options = { unit, description };
  if (kind === "counter") return meter.createObservableCounter(name, options);
  if (kind === "gauge") return meter.createObservableGauge(name, options);
  return meter.createObservableUpDownCounter(name, options);
}
