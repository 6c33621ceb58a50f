import { bytes } from "../../codecs/bytes.ts";
import { encodeQualityJson } from "../../codecs/quality-json.ts";
import { assembleQuality } from "../../quality/assemble-quality.ts";
import {
  decodeQualityRecord,
  qualityRecords,
  type StoredMetric,
  type StoredQuality,
} from "../../quality/quality-record.ts";
import { Tag } from "../../scratch/tag.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { rejectedFrames } from "./parse-l0-input-data.ts";

/** Builds the report's metrics from all that quality tasks stored: `{dataset}_quality_data.json` among the products. */
export class AssembleQualityData extends WorkflowTaskBase {
  override async run(): Promise<void> {
    const metrics = assembleQuality([...(await this.#stored()), ...this.#leftOut()]);
    await this.write(encodeQualityJson(metrics), [Tag.output(), Tag.qualityData()], bytes, {
      relativePath: `output/${this.datasetId}_quality_data.json`,
    });
  }

  async #stored(): Promise<readonly StoredQuality[]> {
    const stored: StoredQuality[] = [];
    for (const metric of Object.keys(qualityRecords) as StoredMetric[]) {
      for await (const { path, value } of this.read([Tag.quality(metric)], bytes)) {
        const taskType = taskTypeOf(metric, await this.tags(path));
        const record = decodeQualityRecord(metric, value, path);
        stored.push({ metric, record, ...(taskType === undefined ? {} : { taskType }) } as StoredQuality);
      }
    }
    return stored;
  }

  /** What parsing left out must not be lost between the lines of a log. */
  #leftOut(): readonly StoredQuality[] {
    const rejected = this.constants.get(rejectedFrames);
    if (!Array.isArray(rejected)) return [];
    const warnings = rejected.map(({ file, problem }: { file: string; problem: string }) => `${file}: ${problem}`);
    return [{ metric: "RANGE", record: { name: "Input frames that were left out", warnings } }];
  }
}

/** The tag of the metric TASK_TYPES looks like that of a task called TYPES. */
function taskTypeOf(metric: StoredMetric, tags: readonly string[]): string | undefined {
  const stem = Tag.qualityTask("");
  return tags.find((tag) => tag !== Tag.quality(metric) && tag.startsWith(stem))?.slice(stem.length);
}
