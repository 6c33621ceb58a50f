import { z } from "zod";
import { decodeQualityJson, encodeQualityJson } from "../codecs/quality-json.ts";
import { Tag } from "../scratch/tag.ts";
import type { MetricCode } from "./metric-code.ts";

const seriesName = z.union([z.string(), z.int()]);

/** One value per frame over time. `series_name` is the modulator state, 1 without modulation. */
const frameSeries = z
  .object({ x_values: z.array(z.string()), y_values: z.array(z.number()), series_name: seriesName })
  .refine((series) => series.x_values.length === series.y_values.length, "as many times as values are needed");

/** What tasks store of a metric, one JSON file each, under the names that the Python stack gives the fields. */
export const qualityRecords = {
  FRAME_AVERAGE: frameSeries,
  FRAME_RMS: frameSeries,
  DATASET_AVERAGE: z.object({ task_type: z.string(), frame_averages: z.array(z.number()) }),
  DATASET_RMS: z.object({ task_type: z.string(), frame_rms: z.array(z.number()) }),
  RANGE: z.object({ name: z.string(), warnings: z.array(z.string()) }),
  TASK_TYPES: z.object({ task_type: z.string(), total_frames: z.int(), frames_not_used: z.int() }),
} as const satisfies Partial<Record<MetricCode, z.ZodType>>;

export type StoredMetric = keyof typeof qualityRecords;
export type QualityRecord<Metric extends StoredMetric> = z.output<(typeof qualityRecords)[Metric]>;

/** A record with what its tags say: the metric, and the task whose frames it is about. */
export type StoredQuality<Metric extends StoredMetric = StoredMetric> = {
  readonly [Code in Metric]: {
    readonly metric: Code;
    readonly taskType?: string;
    readonly record: QualityRecord<Code>;
  };
}[Metric];

/**
 * The frames of one modulator state as a record. State 0 is a state like any other; only frames that have none count as
 * series 1.
 */
export function frameSeriesRecord(
  times: readonly string[],
  values: readonly number[],
  modstate?: number,
): QualityRecord<"FRAME_AVERAGE"> {
  return { x_values: [...times], y_values: [...values], series_name: modstate ?? 1 };
}

/** The tags that a stored record carries. */
export function qualityTags(stored: Pick<StoredQuality, "metric" | "taskType">): readonly string[] {
  const metric = Tag.quality(stored.metric);
  return stored.taskType === undefined ? [metric] : [metric, Tag.qualityTask(stored.taskType)];
}

/** The bytes of a record. Throws QUALITY_NOT_FINITE for a NaN in it, QUALITY_INVALID for what is no such record. */
export function encodeQualityRecord(stored: StoredQuality): Uint8Array {
  return encodeQualityJson(stored.record, { schema: qualityRecords[stored.metric], name: stored.metric });
}

/** A record from its bytes. Throws QUALITY_INVALID, naming `file`, for what is no record of this metric. */
export function decodeQualityRecord<Metric extends StoredMetric>(
  metric: Metric,
  bytes: Uint8Array,
  file: string,
): QualityRecord<Metric> {
  const schema: z.ZodType = qualityRecords[metric];
  return decodeQualityJson(bytes, { schema, name: file }) as QualityRecord<Metric>;
}
