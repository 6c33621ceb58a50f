import { BudName } from "./bud-name.ts";
import { contributingIdsBud, taskContributingIdsBud } from "./contributing-ids-bud.ts";
import type { l0FitsAccess } from "./l0-fits-access.ts";
import { taskAverageBud } from "./near-float-bud.ts";
import type { Bud } from "./stem.ts";
import { experimentIdBud, proposalIdBud } from "./task-buds.ts";
import { type TaskParser, taskWithGains } from "./task-type.ts";
import { cadenceBuds, taskDateBeginBud, taskDateEndBud } from "./time-buds.ts";
import { taskExposureTimesBud, taskReadoutExpTimesBud, taskTimeLookupBud } from "./times-bud.ts";
import { taskUniqueBud, uniqueBud } from "./unique-bud.ts";

type L0Attribute = keyof typeof l0FitsAccess;
type L0Bud = Bud<L0Attribute>;

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

/** The constants that every DKIST instrument has: fresh buds at each call. */
export function defaultConstantBuds(): readonly L0Bud[] {
  return [
    ...Object.entries(ofEveryFrame).map(([name, attribute]): L0Bud => uniqueBud<L0Attribute>(name, attribute)),
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
function extraBuds(task: "DARK" | "SOLAR_GAIN" | "POLCAL"): readonly L0Bud[] {
  const average = (constant: string, attribute: L0Attribute) =>
    taskAverageBud(`${task}_AVERAGE_${constant}`, attribute, task, parse);
  return [
    taskContributingIdsBud(`${task}_OBSERVING_PROGRAM_EXECUTION_IDS`, "observingProgramExecutionId", task, parse),
    taskDateBeginBud(`${task}_DATE_BEGIN`, task, parse),
    taskDateEndBud(`${task}_DATE_END`, task, parse),
    taskTimeLookupBud(`${task}_NUM_RAW_FRAMES_PER_FPA`, "fpaExposureTimeMs", "numRawFramesPerFpa", task, parse),
    average("LIGHT_LEVEL", "lightLevel"),
    average("TELESCOPE_ELEVATION", "elevation"),
    average("COUDE_TABLE_ANGLE", "tableAngle"),
    average("TELESCOPE_AZIMUTH", "azimuth"),
  ];
}

function trackingBuds(task: "SOLAR_GAIN" | "POLCAL"): readonly L0Bud[] {
  return [
    taskUniqueBud(`${task}_TELESCOPE_TRACKING_MODE`, "telescopeTrackingMode", task, parse),
    taskUniqueBud(`${task}_COUDE_TABLE_TRACKING_MODE`, "coudeTableTrackingMode", task, parse),
    taskUniqueBud(`${task}_TELESCOPE_SCANNING_MODE`, "telescopeScanningMode", task, parse),
  ];
}

function opticsBuds(task: "DARK" | "SOLAR_GAIN"): readonly L0Bud[] {
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
