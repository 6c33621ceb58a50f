import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import { text } from "../../codecs/text.ts";
import { FirstlightError } from "../../core/errors.ts";
import { Tag } from "../../scratch/tag.ts";
import { filePointers, type InputFrames, parseFrames, parseParameters } from "../../services/input-dataset.ts";
import type { InputDatasetPart, InputDatasetPartType } from "../../services/metadata-store.ts";
import type { TransferItem } from "../../services/transfer.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";

const documentTags = {
  observe_frames: Tag.inputDatasetObserveFrames(),
  calibration_frames: Tag.inputDatasetCalibrationFrames(),
  parameters: Tag.inputDatasetParameters(),
} as const satisfies Record<InputDatasetPartType, string>;

/** A file to bring into scratch, and the tags that it will carry. */
interface Arrival {
  readonly bucket: string;
  readonly key: string;
  readonly tags: readonly string[];
}

/**
 * The first task: the documents of the input dataset come into scratch, then every file that they name, tagged INPUT and
 * FRAME, or PARAMETER_<name> for the files of parameters.
 */
export class TransferL0Data extends WorkflowTaskBase<"metadataStore" | "transfer"> {
  static override readonly uses = ["metadataStore", "transfer"] as const;

  override async run(): Promise<void> {
    await this.metadataStore.setStatus(this.recipeRunId, "INPROGRESS");
    const { parts } = await this.metadataStore.inputDataset(this.recipeRunId);
    for (const part of parts) {
      await this.write(part.document, [documentTags[part.type]], text, {
        relativePath: `input_dataset/${part.type}.json`,
      });
    }
    const frames = parts
      .flatMap(framesOf)
      .flatMap(({ bucket, objectKeys }) =>
        objectKeys.map((key): Arrival => ({ bucket, key, tags: [Tag.input(), Tag.frame()] })),
      );
    if (frames.length === 0) {
      throw new FirstlightError(
        "NO_INPUT_FRAMES",
        `The input dataset of recipe run ${this.recipeRunId} names no frames: its parts are ${parts.map(({ type }) => type).join(", ") || "none"}. Register observe_frames or calibration_frames with at least one object key.`,
        { disposition: "invalid", fields: { recipeRunId: this.recipeRunId } },
      );
    }
    await this.#bring([...frames, ...parts.flatMap(parameterFilesOf)]);
  }

  async #bring(arrivals: readonly Arrival[]): Promise<void> {
    const items: TransferItem[] = [];
    for (const { bucket, key } of arrivals) items.push({ bucket, key, path: await this.scratch.reserve(key) });
    this.progress.start(items.length, "files");
    let brought = 0;
    await this.transfer.toScratch(items, {
      label: `Recipe run ${this.recipeRunId}: input`,
      recipeRunId: this.recipeRunId,
      signal: this.signal,
      onProgress: ({ files }) => {
        this.progress.increment(files - brought);
        brought = files;
      },
    });
    for (const [tags, paths] of groupByTags(arrivals, items)) {
      await this.scratch.adopt(paths, tags);
      for (const path of paths) {
        const { sha256, sizeBytes } = await digest(path);
        this.context.lineage.noteWrite({ path: relative(this.scratch.folder, path), sha256, sizeBytes, tags });
      }
    }
  }
}

function framesOf({ type, document }: InputDatasetPart): readonly InputFrames[] {
  return type === "parameters" ? [] : parseFrames(document, type);
}

function parameterFilesOf({ type, document }: InputDatasetPart): readonly Arrival[] {
  if (type !== "parameters") return [];
  return filePointers(parseParameters(document)).map(({ bucket, objectKey, tag }) => ({
    bucket,
    key: objectKey,
    tags: [tag ?? Tag.parameter(basename(objectKey))],
  }));
}

/** Few distinct tag sets, many files: one bulk call each. */
function groupByTags(
  arrivals: readonly Arrival[],
  items: readonly TransferItem[],
): readonly (readonly [tags: readonly string[], paths: readonly string[]])[] {
  const groups = new Map<string, { readonly tags: readonly string[]; readonly paths: string[] }>();
  for (const [index, { tags }] of arrivals.entries()) {
    const path = items[index]?.path;
    if (path === undefined) continue;
    const key = tags.join("\n");
    const group = groups.get(key) ?? { tags, paths: [] };
    group.paths.push(path);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ tags, paths }) => [tags, paths]);
}

async function digest(path: string): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  const file = createReadStream(path);
  await pipeline(file, hash);
  return { sha256: hash.digest("hex"), sizeBytes: file.bytesRead };
}
