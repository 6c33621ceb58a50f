/** The names of quality metrics, as tags and the report spell them. */
export const MetricCode = {
  aoStatus: "AO_STATUS",
  datasetAverage: "DATASET_AVERAGE",
  datasetRms: "DATASET_RMS",
  frameAverage: "FRAME_AVERAGE",
  frameRms: "FRAME_RMS",
  friedParameter: "FRIED_PARAMETER",
  healthStatus: "HEALTH_STATUS",
  historical: "HISTORICAL",
  lightLevel: "LIGHT_LEVEL",
  noise: "NOISE",
  polcalConstantParameters: "POLCAL_CONSTANT_PAR_VALS",
  polcalEfficiency: "POLCAL_EFFICIENCY",
  polcalFitResiduals: "POLCAL_FIT_RESIDUALS",
  polcalGlobalParameters: "POLCAL_GLOBAL_PAR_VALS",
  polcalLocalParameters: "POLCAL_LOCAL_PAR_VALS",
  range: "RANGE",
  sensitivity: "SENSITIVITY",
  taskTypes: "TASK_TYPES",
  wavecalFit: "WAVECAL_FIT",
} as const;

export type MetricCode = (typeof MetricCode)[keyof typeof MetricCode];
