import { BudName } from "./bud-name.ts";
import { contributingIdsBud, taskContributingIdsBud } from "./contributing-ids-bud.ts";
import type { l0FitsAccess } from "./l0-fits-access.ts";
import { taskAverageBud } from "./near-float-bud.ts";
import type { Stem } from "./stem.ts";
import { experimentIdBud, proposalIdBud } from "./task-buds.ts";
import { type TaskParser, taskWithGains } from "./task-type.ts";
import { cadenceBuds, taskDateBeginBud } from "./time-buds.ts";
import { taskExposureTimesBud, taskReadoutExpTimesBud, taskTimeLookupBud } from "./times-bud.ts";
import { taskUniqueBud, uniqueBud } from "./unique-bud.ts";

type L0Attribute = keyof typeof l0FitsAccess;
type L0Stem = Stem<L0Attribute>;

/** Constants that are one value in every frame, and the attribute that each comes from. */
const ofEveryFrame = {
  [BudName.instrument]: "instrument",
  [BudName.cameraId]: "cameraId",
  [BudName.cameraName]: "cameraName",
  [BudName.cameraBitDepth]: "cameraBitDepth",
  [BudName.hardwareBinningX]: "hardwareBinningX",
  [BudName.hardwareBinningY]: "hardwareBinningY",
  [BudName.softwareBinningX]: "softwareBinningX",
  [BudName.softwareBinningY]: "softwareBinningY",
  [BudName.hlsVersion]: "hlsVersion",
} as const satisfies Record<string, L0Attribute>;

/** The constants that every DKIST instrument has: fresh stems at each call. */
export function defaultConstantBuds(): readonly L0Stem[] {
  return [
    ...Object.entries(ofEveryFrame).map(([name, attribute]): L0Stem => uniqueBud<L0Attribute>(name, attribute)),
    proposalIdBud(),
    experimentIdBud(),
    contributingIdsBud(BudName.contributingProposalIds, "proposalId"),
    contributingIdsBud(BudName.contributingExperimentIds, "experimentId"),
    ...cadenceBuds(),
    taskExposureTimesBud(BudName.darkExposureTimes, "DARK"),
    taskReadoutExpTimesBud(BudName.darkReadoutExpTimes, "DARK"),
    ...extraBuds("DARK"),
    ...extraBuds("SOLAR_GAIN"),
    ...extraBuds("POLCAL"),
    ...trackingBuds("SOLAR_GAIN"),
    ...trackingBuds("POLCAL"),
    ...opticsBuds("DARK"),
    ...opticsBuds("SOLAR_GAIN"),
  ];
}

const parse: TaskParser<"ipTaskType" | "gosLevel3Status" | "gosLevel3LampStatus"> = taskWithGains;

/** What the dataset extras of a task need to know of its frames. */
function extraBuds(task: "DARK" | "SOLAR_GAIN" | "POLCAL"): readonly L0Stem[] {
  const average = (constant: string, attribute: L0Attribute) =>
    taskAverageBud(`${task}_AVERAGE_${constant}`, attribute, task, parse);
  return [
    taskContributingIdsBud(`${task}_OBSERVING_PROGRAM_EXECUTION_IDS`, "observingProgramExecutionId", task, parse),
    taskDateBeginBud(`${task}_DATE_BEGIN`, task, parse),
    taskTimeLookupBud(`${task}_NUM_RAW_FRAMES_PER_FPA`, "fpaExposureTimeMs", "numRawFramesPerFpa", task, parse),
    average("LIGHT_LEVEL", "lightLevel"),
    average("TELESCOPE_ELEVATION", "elevation"),
    average("COUDE_TABLE_ANGLE", "tableAngle"),
    average("TELESCOPE_AZIMUTH", "azimuth"),
  ];
}

function trackingBuds(task: "SOLAR_GAIN" | "POLCAL"): readonly L0Stem[] {
  return [
    taskUniqueBud(`${task}_TELESCOPE_TRACKING_MODE`, "telescopeTrackingMode", task, parse),
    taskUniqueBud(`${task}_COUDE_TABLE_TRACKING_MODE`, "coudeTableTrackingMode", task, parse),
    taskUniqueBud(`${task}_TELESCOPE_SCANNING_MODE`, "telescopeScanningMode", task, parse),
  ];
}

function opticsBuds(task: "DARK" | "SOLAR_GAIN"): readonly L0Stem[] {
  return [
    taskUniqueBud(`${task}_GOS_LEVEL3_STATUS`, "gosLevel3Status", task, parse),
    taskUniqueBud(`${task}_GOS_LEVEL3_LAMP_STATUS`, "gosLevel3LampStatus", task, parse),
    taskUniqueBud(`${task}_GOS_POLARIZER_STATUS`, "gosPolarizerStatus", task, parse),
    taskUniqueBud(`${task}_GOS_POLARIZER_ANGLE`, "gosPolarizerAngle", task, parse),
    taskUniqueBud(`${task}_GOS_RETARDER_STATUS`, "gosRetarderStatus", task, parse),
    taskUniqueBud(`${task}_GOS_RETARDER_ANGLE`, "gosRetarderAngle", task, parse),
    taskUniqueBud(`${task}_GOS_LEVEL0_STATUS`, "gosLevel0Status", task, parse),
  ];
}
