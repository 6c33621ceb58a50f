/** The words with which tags begin, as the Python stack has them. An instrument's own stand beside these. */
export const StemName = {
  output: "OUTPUT",
  input: "INPUT",
  intermediate: "INTERMEDIATE",
  inputDataset: "INPUT_DATASET",
  frame: "FRAME",
  movie: "MOVIE",
  stokes: "STOKES",
  movieFrame: "MOVIE_FRAME",
  task: "TASK",
  csStep: "CS_STEP",
  modstate: "MODSTATE",
  dspsRepeat: "DSPS_REPEAT",
  calibrated: "CALIBRATED",
  quality: "QUALITY",
  exposureTime: "EXP_TIME",
  readoutExposureTime: "READOUT_EXP_TIME",
  qualityTask: "QUALITY_TASK",
  parameter: "PARAMETER",
  workflowTask: "WORKFLOW_TASK",
  debug: "DEBUG",
  qualityData: "QUALITY_DATA",
  datasetInventory: "DATASET_INVENTORY",
  asdf: "ASDF",
  qualityReport: "QUALITY_REPORT",
  extra: "EXTRA",
} as const;

export type StemName = (typeof StemName)[keyof typeof StemName];

const registered: readonly string[] = Object.values(StemName);

/**
 * The stem of a tag: the longest of the known ones that is the tag, or that an underscore follows in it.
 *
 * @param own stems of the instrument
 */
export function stemOf(tag: string, own: readonly string[] = []): string | undefined {
  let longest: string | undefined;
  for (const stem of [...registered, ...own]) {
    if ((tag === stem || tag.startsWith(`${stem}_`)) && stem.length > (longest?.length ?? 0)) longest = stem;
  }
  return longest;
}
