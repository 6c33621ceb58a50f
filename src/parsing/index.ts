export { formatFitsTimeUs, parseFitsTimeUs } from "../fits/fits-time.ts";
export { BudName } from "./bud-name.ts";
export {
  type ConstantOptions,
  type ConstantSpec,
  type ConstantStore,
  type ConstantsOfRun,
  type ConstantsView,
  type ConstantTable,
  constant,
  constantsView,
  type DerivedSpec,
  derived,
  exactNumber,
} from "./constants-view.ts";
export { contributingIdsBud, taskContributingIdsBud } from "./contributing-ids-bud.ts";
export { countBud, distinctCountBud } from "./count-bud.ts";
export { type CsStepAttribute, csStepFlower, numCsStepsBud } from "./cs-step.ts";
export { datasetId, productId, recipeRunIdOf } from "./dataset-id.ts";
export { defaultConstantBuds } from "./default-buds.ts";
export { defaultTagFlowers } from "./default-flowers.ts";
export { dkistConstants, stokesParameters } from "./dkist-constants.ts";
export {
  type Access,
  type AccessBase,
  type Accessor,
  type AccessTo,
  access,
  accessor,
  type FitsTable,
  fitsAccess,
  type HeaderView,
  type KeyOptions,
  type KeySpec,
  key,
} from "./fits-access.ts";
export { type FlowerPot, type FlowerPotOptions, fillFlowerPot } from "./flower-pot.ts";
export {
  dspsRepeatFlower,
  exposureTimeFlower,
  flower,
  keyFlower,
  modstateFlower,
  polcalTaskFlower,
  readoutExpTimeFlower,
  taskTypeFlower,
} from "./key-flower.ts";
export { l0FitsAccess } from "./l0-fits-access.ts";
export { headerKeyNotFound, l1FitsAccess } from "./l1-fits-access.ts";
export { l1QualityFitsAccess } from "./l1-quality-fits-access.ts";
export { MetadataKey } from "./metadata-key.ts";
export { averageBud, nearFloatBud, taskAverageBud, taskNearFloatBud } from "./near-float-bud.ts";
export { darkReadoutExpTimePickyBud, pickyBud } from "./picky-bud.ts";
export {
  type Bud,
  type BudValue,
  type ConstantValue,
  type Flower,
  type Petal,
  type SpilledDirt,
  type Stem,
  spilledDirt,
  type Thorn,
  thorn,
} from "./stem.ts";
export { createTally, disagreement, type Sighting, type Tally } from "./tally.ts";
export {
  experimentIdBud,
  numModstatesBud,
  observeWavelengthBud,
  obsIpStartTimeBud,
  proposalIdBud,
  retarderNameBud,
  totalDspsRepeatsBud,
} from "./task-buds.ts";
export { forTasks, passthroughTask, polcalTask, type TaskParser, taskWithGains } from "./task-type.ts";
export {
  averageCadenceBud,
  cadenceBuds,
  dateBeginBud,
  maximumCadenceBud,
  minimumCadenceBud,
  taskDateBeginBud,
  taskDateEndBud,
  varianceCadenceBud,
} from "./time-buds.ts";
export {
  taskExposureTimesBud,
  taskReadoutExpTimesBud,
  taskTimeLookupBud,
  timeLookupBud,
  timesBud,
} from "./times-bud.ts";
export { taskUniqueBud, type UniqueBudOptions, uniqueBud } from "./unique-bud.ts";
