export type { AttemptReport } from "./attempt-report.ts";
export type { DeclaredService, UndeclaredService } from "./declared-service.ts";
export type { Lineage, LineageLoop, LineageWrite } from "./lineage.ts";
export {
  atNearestWavelength,
  type ByWavelength,
  byWavelength,
  interpolatedAtWavelength,
  type WavelengthInterpolation,
} from "./parameter-by-wavelength.ts";
export { parameterOfArm } from "./parameter-of-arm.ts";
export { type RunTaskOptions, runTask } from "./run-task.ts";
export { ScienceTaskL0ToL1Base } from "./science-task.ts";
export { AssembleProvenance } from "./stock/assemble-provenance.ts";
export { AssembleQualityData } from "./stock/assemble-quality-data.ts";
export { MakeBrowseImages } from "./stock/make-browse-images.ts";
export { ParseL0InputData, rejectedFrames } from "./stock/parse-l0-input-data.ts";
export { PublishCatalogMessages } from "./stock/publish-catalog-messages.ts";
export { type QualityGroup, QualityL0Metrics } from "./stock/quality-l0-metrics.ts";
export { Teardown } from "./stock/teardown.ts";
export { TransferL0Data } from "./stock/transfer-l0-data.ts";
export { TransferL1Data } from "./stock/transfer-l1-data.ts";
export { WriteL1Frame } from "./stock/write-l1-frame.ts";
export { isTaskClass, TaskBase, type TaskClass } from "./task-base.ts";
export type { TaskIdentity } from "./task-identity.ts";
export { type ReadItem, WorkflowTaskBase, type WriteOptions } from "./workflow-task-base.ts";
