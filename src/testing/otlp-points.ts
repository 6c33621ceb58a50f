import { attributesOf, list, type OtlpAttributes, type Raw } from "./otlp-values.ts";

/** A value of a metric as a collector is told of it. */
export interface ReceivedPoint {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "histogram";
  /** Of a histogram the sum of what it counted. */
  readonly value: number;
  readonly attributes: OtlpAttributes;
  /** What the process says of itself. */
  readonly resource: OtlpAttributes;
}

/** The values of a request of OTLP, as its JSON has them. */
export function pointsOf(request: Raw): readonly ReceivedPoint[] {
  return list(request.resourceMetrics).flatMap((byResource) =>
    list(byResource.scopeMetrics).flatMap((byScope) =>
      list(byScope.metrics).flatMap((metric) => {
        const kind = (["gauge", "histogram", "sum"] as const).find((one) => metric[one] !== undefined) ?? "sum";
        return list((metric[kind] as Raw | undefined)?.dataPoints).map((point) => ({
          name: String(metric.name),
          description: String(metric.description ?? ""),
          unit: String(metric.unit ?? ""),
          kind,
          value: Number(point.asDouble ?? point.asInt ?? point.sum),
          attributes: attributesOf(point),
          resource: attributesOf((byResource.resource ?? {}) as Raw),
        }));
      }),
    ),
  );
}
