import { basename, relative } from "node:path";
import { text } from "../../codecs/text.ts";
import { FirstlightError } from "../../core/errors.ts";
import { fileFacts } from "../../core/file-facts.ts";
import { Tag } from "../../scratch/tag.ts";
import { filePointers, type InputFrames, parseFrames, parseParameters } from "../../services/input-dataset.ts";
import type { InputDatasetPart, InputDatasetPartType } from "../../services/metadata-store.ts";
import type { TransferredFile } from "../../services/transfer.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";

const documentTags = {
  observe_frames: Tag.inputDatasetObserveFrames(),
  calibration_frames: Tag.inputDatasetCalibrationFrames(),
  parameters: Tag.inputDatasetParameters(),
} as const satisfies Record<InputDatasetPartType, string>;

/** An object to bring into scratch, and the tags that its file will carry. */
interface Wanted {
  readonly bucket: string;
  readonly key: string;
  readonly tags: readonly string[];
}

/** The same with its place. */
interface Arrival extends Wanted {
  /** Absolute, in scratch. */
  readonly path: string;
}

/** So many places are announced at once: a store beyond a network answers them together. */
const reservedAtOnce = 64;

/**
 * The first task: the documents of the input dataset come into scratch, then every file that they name, tagged INPUT and
 * FRAME, or PARAMETER_<name> for the files of parameters.
 *
 * @throws FirstlightError NO_INPUT_FRAMES, INPUT_DATASET_INVALID, TRANSFER_FAILED naming what is missing
 */
export class TransferL0Data extends WorkflowTaskBase<"metadataStore" | "transfer"> {
  static override readonly uses = ["metadataStore", "transfer"] as const;

  override async run(): Promise<void> {
    await this.metadataStore.setStatus(this.recipeRunId, "INPROGRESS");
    const { parts } = await this.metadataStore.inputDataset(this.recipeRunId);
    const frames = parts.flatMap(framesOf);
    if (frames.length === 0) {
      throw new FirstlightError(
        "NO_INPUT_FRAMES",
        `The input dataset of recipe run ${this.recipeRunId} names no frames: its parts are ${parts.map(({ type }) => type).join(", ") || "none"}. Register observe_frames or calibration_frames with at least one object key.`,
        { disposition: "invalid", fields: { recipeRunId: this.recipeRunId } },
      );
    }
    const wanted = unite([...frames, ...parts.flatMap(parameterFilesOf)]);
    for (const part of parts) {
      await this.write(part.document, [documentTags[part.type]], text, {
        relativePath: `input_dataset/${part.type}.json`,
      });
    }
    const arrivals = await this.span("Reserve places", () => this.#reserve(wanted));
    const digests = await this.span("Transfer", () => this.#bring(arrivals));
    await this.span("Tag files", () => this.#adopt(arrivals, digests));
    this.log.info(`Transferred ${arrivals.length} files`, { frames: frames.length });
  }

  async #reserve(wanted: readonly Wanted[]): Promise<readonly Arrival[]> {
    const arrivals: Arrival[] = [];
    for (let start = 0; start < wanted.length; start += reservedAtOnce) {
      this.signal.throwIfAborted();
      const some = wanted.slice(start, start + reservedAtOnce);
      arrivals.push(
        ...(await Promise.all(some.map(async (one) => ({ ...one, path: await this.scratch.reserve(one.key) })))),
      );
    }
    return arrivals;
  }

  async #bring(arrivals: readonly Arrival[]): Promise<ReadonlyMap<string, TransferredFile>> {
    const digests = new Map<string, TransferredFile>();
    this.progress.start(arrivals.length, "files");
    await this.transfer.toScratch(
      arrivals.map(({ bucket, key, path }) => ({ bucket, key, path })),
      {
        label: `Transfer Input Objects for Recipe Run ${this.recipeRunId}`,
        recipeRunId: this.recipeRunId,
        signal: this.signal,
        onProgress: ({ files }) => this.progress.reach(files),
        onFile: (file) => digests.set(file.path, file),
      },
    );
    return digests;
  }

  async #adopt(arrivals: readonly Arrival[], digests: ReadonlyMap<string, TransferredFile>): Promise<void> {
    // Few distinct tag sets, many files: one bulk call each.
    for (const group of Map.groupBy(arrivals, ({ tags }) => tags.join("\n")).values()) {
      const { tags } = group[0] as Arrival;
      await this.scratch.adopt(
        group.map(({ path }) => path),
        tags,
      );
    }
    for (const { path, tags } of arrivals) {
      this.signal.throwIfAborted();
      const { sha256, sizeBytes } = digests.get(path) ?? (await fileFacts(path, this.signal));
      this.context.lineage.noteWrite({ path: relative(this.scratch.folder, path), sha256, sizeBytes, tags });
    }
  }
}

function framesOf({ type, document }: InputDatasetPart): readonly Wanted[] {
  if (type === "parameters") return [];
  const tags = [Tag.input(), Tag.frame()];
  return parseFrames(document, type).flatMap(({ bucket, objectKeys }: InputFrames) =>
    objectKeys.map((key) => ({ bucket, key, tags })),
  );
}

function parameterFilesOf({ type, document }: InputDatasetPart): readonly Wanted[] {
  if (type !== "parameters") return [];
  return filePointers(parseParameters(document)).map(({ bucket, objectKey, tag }) => ({
    bucket,
    key: objectKey,
    tags: [tag ?? Tag.parameter(basename(objectKey))],
  }));
}

/**
 * An object that is named several times comes once, with all its tags. Two objects of one key would take each other's place in
 * scratch, which has no buckets.
 */
function unite(wanted: readonly Wanted[]): readonly Wanted[] {
  const byKey = new Map<string, Wanted>();
  for (const one of wanted) {
    const known = byKey.get(one.key);
    if (known !== undefined && known.bucket !== one.bucket) throw sameKey(one.key, known.bucket, one.bucket);
    byKey.set(one.key, known === undefined ? one : { ...known, tags: [...new Set([...known.tags, ...one.tags])] });
  }
  return [...byKey.values()];
}

function sameKey(key: string, first: string, second: string): FirstlightError {
  return new FirstlightError(
    "INPUT_DATASET_INVALID",
    `The input dataset names the key ${key} in the bucket ${first} and in ${second}: in scratch one would take the other's place. Give one of them another key.`,
    { disposition: "invalid", fields: { key, buckets: [first, second] } },
  );
}
