import { describe, expect, test } from "vitest";
import { z } from "zod";
import { encodeQualityJson } from "../../src/codecs/quality-json.ts";
import { assembleQuality } from "../../src/quality/assemble-quality.ts";
import { iqrOutliers } from "../../src/quality/iqr-outliers.ts";
import { frameSeriesRecord, type StoredQuality } from "../../src/quality/quality-record.ts";
import { reportMetric } from "../../src/quality/report-metric.ts";

const times = Array.from({ length: 9 }, (_, index) => `2022-01-01T00:00:0${index}`);
const calm = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const wild = [1, 2, 3, 4, 5, 6, 7, 8, 100];

function average(taskType: string, values: readonly number[], modstate?: number): StoredQuality {
  return {
    metric: "FRAME_AVERAGE",
    taskType,
    record: frameSeriesRecord(times.slice(0, values.length), values, modstate),
  };
}

describe("outliers", () => {
  test("lie beyond 1.5 interquartile ranges of the quartiles, not on that line", () => {
    // Quartiles 2 and 4 by numpy's linear rule: the lines are at -1 and 7.
    expect(iqrOutliers([1, 2, 3, 4, 7])).toEqual([]);
    expect(iqrOutliers([1, 2, 3, 4, 7.01])).toEqual([4]);
    expect(iqrOutliers([-1.01, 2, 3, 4, 5])).toEqual([0]);
    expect(iqrOutliers([])).toEqual([]);
  });
});

describe("the assembled report", () => {
  test("merges the records of a series in the order of time, keeps state 0, and has no warnings where there is no cause", () => {
    const late = {
      metric: "FRAME_AVERAGE",
      taskType: "DARK",
      record: frameSeriesRecord(["2022-01-02"], [2], 0),
    } as const;
    const early = {
      metric: "FRAME_AVERAGE",
      taskType: "DARK",
      record: frameSeriesRecord(["2022-01-01"], [1], 0),
    } as const;
    const [metric, ...more] = assembleQuality([late, average("DARK", [5], 1), early]);
    expect(more).toEqual([]);
    expect(metric).toMatchObject({ metric_code: "FRAME_AVERAGE", facet: "DARK", warnings: null });
    expect(metric?.plot_data?.series_data).toEqual({
      "0": [
        [{ iso_date: "2022-01-01" }, { iso_date: "2022-01-02" }],
        [1, 2],
      ],
      "1": [[{ iso_date: times[0] }], [5]],
    });
  });

  test("warns of outliers in every series, not in the first alone", () => {
    const [metric] = assembleQuality([average("DARK", calm, 0), average("DARK", wild, 1), average("DARK", wild, 2)]);
    expect(metric?.warnings).toEqual([
      `DARK, series 1: 1 frame is an outlier among 9, the first at ${times[8]} with 100.`,
      `DARK, series 2: 1 frame is an outlier among 9, the first at ${times[8]} with 100.`,
    ]);
  });

  test("has a metric per task, and the datasets' means to two digits", () => {
    const report = assembleQuality([
      average("GAIN", calm),
      average("DARK", calm),
      { metric: "DATASET_AVERAGE", record: { task_type: "DARK", frame_averages: [1, 2] } },
      { metric: "DATASET_AVERAGE", record: { task_type: "DARK", frame_averages: [2] } },
      { metric: "DATASET_RMS", record: { task_type: "DARK", frame_rms: [] } },
    ]);
    expect(report.map(({ metric_code, facet }) => [metric_code, facet])).toEqual([
      ["FRAME_AVERAGE", "DARK"],
      ["FRAME_AVERAGE", "GAIN"],
      ["DATASET_AVERAGE", undefined],
    ]);
    expect(report[2]?.table_data?.rows).toEqual([
      ["Task type", "adu/s"],
      ["DARK", 1.67],
    ]);
  });

  test("warns of unused frames beyond 5 %, and of a task without frames", () => {
    const task = (task_type: string, total_frames: number, frames_not_used: number): StoredQuality => ({
      metric: "TASK_TYPES",
      record: { task_type, total_frames, frames_not_used },
    });
    const [metric] = assembleQuality([task("OBSERVE", 0, 0), task("GAIN", 100, 6), task("DARK", 100, 5)]);
    expect(metric?.warnings).toEqual(["GAIN: 6 % of the frames were not used.", "OBSERVE: there are no frames."]);
    expect(metric?.table_data?.rows.slice(1)).toEqual([
      ["DARK", 100, 5],
      ["GAIN", 100, 6],
      ["OBSERVE", 0, 0],
    ]);
  });

  test("gathers the warnings of ranges", () => {
    const [metric] = assembleQuality([{ metric: "RANGE", record: { name: "tilt", warnings: ["too far", "late"] } }]);
    expect(metric?.warnings).toEqual(["tilt: late", "tilt: too far"]);
    expect(assembleQuality([{ metric: "RANGE", record: { name: "tilt", warnings: [] } }])[0]?.warnings).toBeNull();
  });

  test("is the same whatever the order of the records, fits its schema, and is legal JSON", () => {
    const stored = [average("DARK", wild, 0), average("DARK", calm, 1), average("GAIN", calm)];
    const report = assembleQuality(stored);
    expect(assembleQuality([...stored].reverse())).toEqual(report);
    expect(z.array(reportMetric).parse(report)).toEqual(report);
    expect(JSON.parse(new TextDecoder().decode(encodeQualityJson(report)))).toEqual(report);
  });

  test("of nothing is empty", () => {
    expect(assembleQuality([])).toEqual([]);
  });
});
