import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { redactAttributes } from "./redact-attributes.ts";
import { resourceRedactor } from "./redact-resource.ts";

type ScopeMetrics = ResourceMetrics["scopeMetrics"][number];
type Metric = ScopeMetrics["metrics"][number];

/** Takes secrets out of what metrics tell: a task may count by whatever it was given. */
export function redactMetrics(exporter: PushMetricExporter, redact: (text: string) => string): PushMetricExporter {
  const attributes = redactAttributes(redact);
  const resource = resourceRedactor(redact);
  const redactedMetric = (metric: Metric): Metric => {
    const { name, description, unit } = metric.descriptor;
    return {
      ...metric,
      descriptor: { ...metric.descriptor, name: redact(name), description: redact(description), unit: redact(unit) },
      dataPoints: metric.dataPoints.map((point) => ({ ...point, attributes: attributes(point.attributes) })),
    } as Metric;
  };
  const redactedScope = ({ scope, metrics }: ScopeMetrics): ScopeMetrics => ({
    scope,
    metrics: metrics.map(redactedMetric),
  });
  const { selectAggregationTemporality, selectAggregation } = exporter;
  return {
    export: (given, done) =>
      exporter.export(
        { resource: resource(given.resource), scopeMetrics: given.scopeMetrics.map(redactedScope) },
        done,
      ),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
    ...(selectAggregationTemporality === undefined
      ? {}
      : { selectAggregationTemporality: selectAggregationTemporality.bind(exporter) }),
    ...(selectAggregation === undefined ? {} : { selectAggregation: selectAggregation.bind(exporter) }),
  };
}
