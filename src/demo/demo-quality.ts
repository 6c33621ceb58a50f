import { Tag } from "../scratch/tag.ts";
import { TaskName } from "../scratch/task-name.ts";
import { QualityL0Metrics } from "../tasks/stock/quality-l0-metrics.ts";

/** The calibration frames that every camera has, and the observe frames. */
export class DemoQualityL0 extends QualityL0Metrics {
  override groups() {
    return [...super.groups(), { taskType: TaskName.observe, tags: [Tag.taskObserve()] }];
  }
}
