import { BudName } from "../parsing/bud-name.ts";
import { exposureTimeFlower, taskTypeFlower } from "../parsing/key-flower.ts";
import { l0FitsAccess } from "../parsing/l0-fits-access.ts";
import { taskWithGains } from "../parsing/task-type.ts";
import { taskDateBeginBud } from "../parsing/time-buds.ts";
import { taskExposureTimesBud } from "../parsing/times-bud.ts";
import { taskUniqueBud, uniqueBud } from "../parsing/unique-bud.ts";
import { ParseL0InputData } from "../tasks/stock/parse-l0-input-data.ts";

/** Tells darks, lamp gain, solar gain and observe frames apart, and which exposure time each has. */
export class ParseDemo extends ParseL0InputData<typeof l0FitsAccess> {
  override readonly fitsAccess = l0FitsAccess;

  override constantBuds() {
    return [
      uniqueBud(BudName.instrument, "instrument"),
      uniqueBud(BudName.cameraId, "cameraId"),
      taskUniqueBud(BudName.proposalId, "proposalId", "observe"),
      taskDateBeginBud(BudName.obsIpStartTime, "observe"),
      taskExposureTimesBud(BudName.darkExposureTimes, "dark"),
    ];
  }

  override tagFlowers() {
    return [taskTypeFlower(taskWithGains), exposureTimeFlower()];
  }
}
