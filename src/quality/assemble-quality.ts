import { roundDigits } from "../core/round-digits.ts";
import { iqrOutliers } from "./iqr-outliers.ts";
import { MetricCode } from "./metric-code.ts";
import type { QualityRecord, StoredMetric, StoredQuality } from "./quality-record.ts";
import type { ReportMetric } from "./report-metric.ts";

export interface AssembleQualityOptions {
  /** Of the frames' averages. Default adu/s. */
  readonly unit?: string;
}

const unusedShareAllowed = 0.05;

/**
 * The report's metrics from everything that tasks stored, in a fixed order: by metric, then by task type. Several records
 * of one metric are merged. A metric without records is left out.
 */
export function assembleQuality(
  stored: readonly StoredQuality[],
  options: AssembleQualityOptions = {},
): readonly ReportMetric[] {
  const unit = options.unit ?? "adu/s";
  return [
    ...frameMetrics(
      stored,
      MetricCode.frameAverage,
      "Frame averages",
      "Mean of each frame over its exposure time.",
      unit,
    ),
    ...frameMetrics(
      stored,
      MetricCode.frameRms,
      "Frame RMS",
      "Root mean square of each frame's pixels over its exposure time.",
      unit,
    ),
    ...datasetMetric(
      recordsOf(stored, MetricCode.datasetAverage).map((record) => [record.task_type, record.frame_averages]),
      MetricCode.datasetAverage,
      "Dataset averages",
      "Mean of the frame averages of each task.",
      unit,
    ),
    ...datasetMetric(
      recordsOf(stored, MetricCode.datasetRms).map((record) => [record.task_type, record.frame_rms]),
      MetricCode.datasetRms,
      "Dataset RMS",
      "Mean of the frame RMS of each task.",
      unit,
    ),
    ...taskTypesMetric(recordsOf(stored, MetricCode.taskTypes)),
    ...rangeMetric(recordsOf(stored, MetricCode.range)),
  ];
}

function recordsOf<Metric extends StoredMetric>(
  stored: readonly StoredQuality[],
  metric: Metric,
): readonly QualityRecord<Metric>[] {
  return stored.filter((each) => each.metric === metric).map((each) => each.record as QualityRecord<Metric>);
}

interface Point {
  readonly time: string;
  readonly value: number;
}

function frameMetrics(
  stored: readonly StoredQuality[],
  metric: "FRAME_AVERAGE" | "FRAME_RMS",
  name: string,
  description: string,
  unit: string,
): readonly ReportMetric[] {
  const tasks = grouped(
    stored.filter((each) => each.metric === metric),
    (each) => each.taskType ?? "",
  );
  return tasks.map(([task, records]) => {
    const series = grouped(
      records.map(({ record }) => record as QualityRecord<"FRAME_AVERAGE">),
      (record) => String(record.series_name),
    ).map(([seriesName, parts]) => [seriesName, pointsOf(parts)] as const);
    const warnings = series.flatMap(([seriesName, points]) => outlierWarning(task, seriesName, points));
    return {
      name,
      description,
      metric_code: metric,
      ...(task === "" ? {} : { facet: task }),
      plot_data: {
        xlabel: "Time",
        ylabel: unit,
        series_data: Object.fromEntries(
          series.map(([seriesName, points]) => [
            seriesName,
            [points.map(({ time }) => ({ iso_date: time })), points.map(({ value }) => value)],
          ]),
        ),
        series_name: "Modulator state",
        ylabel_horizontal: false,
        plot_kwargs: {},
        sort_series: true,
      },
      warnings: orNull(warnings),
    };
  });
}

function pointsOf(parts: readonly QualityRecord<"FRAME_AVERAGE">[]): readonly Point[] {
  const points = parts.flatMap((part) =>
    part.x_values.map((time, index): Point => ({ time, value: part.y_values[index] ?? Number.NaN })),
  );
  return points.sort((a, b) => compare(a.time, b.time) || a.value - b.value);
}

function outlierWarning(task: string, seriesName: string, points: readonly Point[]): readonly string[] {
  const outliers = iqrOutliers(points.map(({ value }) => value));
  const first = points[outliers[0] ?? -1];
  if (first === undefined) return [];
  const frames = outliers.length === 1 ? "1 frame is an outlier" : `${outliers.length} frames are outliers`;
  const whose = task === "" ? `series ${seriesName}` : `${task}, series ${seriesName}`;
  return [`${whose}: ${frames} among ${points.length}, the first at ${first.time} with ${first.value}.`];
}

function datasetMetric(
  values: readonly (readonly [task: string, values: readonly number[]])[],
  metric: "DATASET_AVERAGE" | "DATASET_RMS",
  name: string,
  description: string,
  unit: string,
): readonly ReportMetric[] {
  const rows = grouped(values, ([task]) => task).flatMap(([task, parts]) => {
    const all = parts.flatMap(([, each]) => each);
    return all.length === 0 ? [] : [[task, roundDigits(all.reduce((sum, value) => sum + value, 0) / all.length, 2)]];
  });
  if (rows.length === 0) return [];
  return [
    {
      name,
      description,
      metric_code: metric,
      table_data: { rows: [["Task type", unit], ...rows], header_row: true, header_column: false },
      warnings: null,
    },
  ];
}

function taskTypesMetric(records: readonly QualityRecord<"TASK_TYPES">[]): readonly ReportMetric[] {
  if (records.length === 0) return [];
  const counts = grouped(records, (record) => record.task_type).map(([task, parts]) => ({
    task,
    total: parts.reduce((sum, part) => sum + part.total_frames, 0),
    unused: parts.reduce((sum, part) => sum + part.frames_not_used, 0),
  }));
  const warnings = counts.flatMap(({ task, total, unused }) => {
    if (total === 0) return [`${task}: there are no frames.`];
    const share = unused / total;
    return share > unusedShareAllowed ? [`${task}: ${roundDigits(100 * share, 1)} % of the frames were not used.`] : [];
  });
  return [
    {
      name: "Frames by task",
      description: "How many frames each task has, and how many of them were not used.",
      metric_code: MetricCode.taskTypes,
      table_data: {
        rows: [["Task type", "Frames", "Not used"], ...counts.map(({ task, total, unused }) => [task, total, unused])],
        header_row: true,
        header_column: false,
      },
      warnings: orNull(warnings),
    },
  ];
}

function rangeMetric(records: readonly QualityRecord<"RANGE">[]): readonly ReportMetric[] {
  const warnings = records.flatMap((record) => record.warnings.map((warning) => `${record.name}: ${warning}`));
  if (records.length === 0) return [];
  return [
    {
      name: "Ranges",
      description: "Values that lie outside the range that is expected of them.",
      metric_code: MetricCode.range,
      warnings: orNull(warnings.sort(compare)),
    },
  ];
}

function grouped<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): readonly (readonly [key: string, items: readonly Item[]])[] {
  return [...Map.groupBy(items, keyOf)].sort(([a], [b]) => compare(a, b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function orNull(warnings: readonly string[]): string[] | null {
  return warnings.length === 0 ? null : [...warnings];
}
