export { type AssembleQualityOptions, assembleQuality } from "./assemble-quality.ts";
export { iqrOutliers } from "./iqr-outliers.ts";
export { MetricCode } from "./metric-code.ts";
export {
  decodeQualityRecord,
  encodeQualityRecord,
  frameSeriesRecord,
  type QualityRecord,
  qualityRecords,
  qualityTags,
  type StoredMetric,
  type StoredQuality,
} from "./quality-record.ts";
export {
  type Plot2D,
  plot2D,
  type ReportMetric,
  reportMetric,
  type SimpleTable,
  simpleTable,
} from "./report-metric.ts";
