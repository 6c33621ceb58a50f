import { z } from "zod";

const isoDate = z.object({ iso_date: z.string() });
const coordinate = z.union([z.number(), z.string(), isoDate]);

/** Lines of points over one pair of axes: series name → [x, y]. */
export const plot2D = z.object({
  xlabel: z.string(),
  ylabel: z.string(),
  series_data: z.record(z.string(), z.tuple([z.array(coordinate), z.array(z.number())])),
  series_name: z.string().optional(),
  ylabel_horizontal: z.boolean(),
  ylim: z.tuple([z.number(), z.number()]).optional(),
  plot_kwargs: z.record(z.string(), z.unknown()),
  sort_series: z.boolean(),
});

export const simpleTable = z.object({
  rows: z.array(z.array(z.union([z.string(), z.number()]))),
  header_row: z.boolean(),
  header_column: z.boolean(),
});

/** One metric of the quality report, under the field names of the Python stack's quality document. */
export const reportMetric = z.object({
  name: z.string(),
  description: z.string(),
  metric_code: z.string(),
  /** What the metric is told apart by: the task type. */
  facet: z.string().optional(),
  statement: z.union([z.string(), z.array(z.string())]).optional(),
  plot_data: plot2D.optional(),
  table_data: simpleTable.optional(),
  /** `null` where there is nothing to warn of. */
  warnings: z.array(z.string()).nullable(),
});

export type Plot2D = z.output<typeof plot2D>;
export type SimpleTable = z.output<typeof simpleTable>;
export type ReportMetric = z.output<typeof reportMetric>;
