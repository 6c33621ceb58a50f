import { basename } from "node:path";
import { bytes } from "../../codecs/bytes.ts";
import { fits } from "../../codecs/fits.ts";
import type { Header } from "../../fits/header.ts";
import { statistics } from "../../math/statistics.ts";
import { MetadataKey } from "../../parsing/metadata-key.ts";
import {
  encodeQualityRecord,
  frameSeriesRecord,
  qualityTags,
  type StoredQuality,
} from "../../quality/quality-record.ts";
import { Tag } from "../../scratch/tag.ts";
import { TaskName } from "../../scratch/task-name.ts";
import { ScienceTaskL0ToL1Base } from "../science-task.ts";

/** Frames that are judged together. */
export interface QualityGroup {
  /** How the report calls them. */
  readonly taskType: string;
  /** What they carry beside `rawFrameTags`. */
  readonly tags: readonly string[];
}

/**
 * Mean and root mean square of every raw frame per second of its exposure, by task and modulator state: what shows at a
 * glance which frame is unlike the others. NaN pixels do not count.
 */
export class QualityL0Metrics extends ScienceTaskL0ToL1Base {
  readonly rawFrameTags: readonly string[] = [Tag.input(), Tag.frame()];

  /** The modulator states to tell apart; undefined where frames have none. */
  readonly modstates: readonly number[] | undefined = undefined;

  /** Groups without any frame are passed over. */
  groups(): readonly QualityGroup[] {
    return [TaskName.dark, TaskName.gain, TaskName.lampGain, TaskName.solarGain].map((taskType) => ({
      taskType,
      tags: [Tag.task(taskType)],
    }));
  }

  /** When a frame was taken and how long it was exposed. Default: DATE-BEG, and XPOSURE in milliseconds. */
  exposure(header: Header, _file: string): { readonly time: string; readonly seconds: number } {
    return {
      time: header.string(MetadataKey.timeObs),
      seconds: header.number(MetadataKey.fpaExposureTimeMs) / 1000,
    };
  }

  override async run(): Promise<void> {
    this.progress.start(await this.count(this.rawFrameTags), "frames");
    for (const group of this.groups()) {
      for (const modstate of this.modstates ?? [undefined]) await this.#judge(group, modstate);
    }
  }

  async #judge({ taskType, tags }: QualityGroup, modstate: number | undefined): Promise<void> {
    const times: string[] = [];
    const averages: number[] = [];
    const rms: number[] = [];
    const query = [...this.rawFrameTags, ...tags, ...(modstate === undefined ? [] : [Tag.modstate(modstate)])];
    let frames = 0;
    for await (const { path, value: frame } of this.read(query, fits.frame)) {
      frames += 1;
      const { time, seconds } = this.exposure(frame.header, basename(path));
      const { mean, rms: deviation } = statistics(frame.image);
      this.progress.increment();
      if (!(seconds > 0) || Number.isNaN(mean)) continue;
      times.push(time);
      averages.push(mean / seconds);
      // The mean square is the variance and the square of the mean.
      rms.push(Math.hypot(mean, deviation) / seconds);
    }
    if (frames === 0) return;
    await this.#store({ metric: "FRAME_AVERAGE", taskType, record: frameSeriesRecord(times, averages, modstate) });
    await this.#store({ metric: "FRAME_RMS", taskType, record: frameSeriesRecord(times, rms, modstate) });
    await this.#store({
      metric: "DATASET_AVERAGE",
      taskType,
      record: { task_type: taskType, frame_averages: averages },
    });
    await this.#store({ metric: "DATASET_RMS", taskType, record: { task_type: taskType, frame_rms: rms } });
    await this.#store({
      metric: "TASK_TYPES",
      taskType,
      record: { task_type: taskType, total_frames: frames, frames_not_used: frames - averages.length },
    });
  }

  async #store(stored: StoredQuality): Promise<void> {
    await this.write(encodeQualityRecord(stored), qualityTags(stored), bytes);
  }
}
