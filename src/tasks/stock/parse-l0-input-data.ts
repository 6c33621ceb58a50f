import { relative, sep } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { isFirstlightError } from "../../core/errors.ts";
import type { Header } from "../../fits/header.ts";
import { filesPerTurn, headerStartBytes } from "../../fits/read-headers.ts";
import type { FitsTable } from "../../parsing/fits-access.ts";
import { type FlowerPot, fillFlowerPot } from "../../parsing/flower-pot.ts";
import type { Bud, Flower } from "../../parsing/stem.ts";
import type { TaggedFiles } from "../../scratch/scratch.ts";
import { Tag } from "../../scratch/tag.ts";
import { noFilesFound } from "../no-files-found.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { type BadFrame, badInputFrames, checkFrame } from "./bad-input-frames.ts";

/** Input frames that were left out carry this tag, and the constant of this name says why: `[{ file, problem }]`. */
export const rejectedFrames = "REJECTED_FRAMES";

/**
 * Reads the header of every input frame once (that of the first HDU with an image, as `fits.frame` does) and sorts the frames: buds
 * become constants, flowers become tags. Every frame is checked to be whole; a bad one fails the run, unless the
 * workflow skips bad frames. Nothing is set or tagged before all headers were read.
 *
 * @throws FirstlightError NO_FILES_FOUND, BAD_INPUT_FRAMES naming all of them, STEM_DISAGREES, HEADER_KEY_MISSING,
 * HEADER_KEY_INVALID; files are named relative to the run's scratch
 */
export abstract class ParseL0InputData<Table extends FitsTable = FitsTable> extends WorkflowTaskBase {
  /** How attributes come out of a header. */
  abstract readonly fitsAccess: Table;

  /** Which frames are parsed. */
  readonly inputTags: readonly string[] = [Tag.input(), Tag.frame()];

  /** Take the checksums of frames that carry any: each is read whole once. */
  readonly verifyChecksums: boolean = true;

  /** Fresh buds for one pass: each yields one constant. */
  abstract constantBuds(): readonly Bud<keyof Table & string>[];

  /** Fresh flowers for one pass: each yields a tag per frame. */
  tagFlowers(): readonly Flower<keyof Table & string>[] {
    return [];
  }

  override async run(): Promise<void> {
    const paths = await this.span("Check that input frames exist", () => this.#inputFrames());
    const bad: BadFrame[] = [];
    const pot = await this.span("Check and ingest all input files", () =>
      fillFlowerPot(this.#headers(paths, bad), this.fitsAccess, [...this.constantBuds(), ...this.tagFlowers()], {
        signal: this.signal,
      }),
    );
    if (bad.length > 0) await this.#leaveOut(bad);
    await this.span("Update constants", async () => {
      for (const [name, value] of pot.constants) await this.setConstant(name, value);
    });
    await this.span("Tag files", () => this.scratch.tagAll(tagsByFile(pot)));
    this.log.info(`Parsed ${pot.fileCount} frames`, { constants: pot.constants.size, tags: pot.tagged.length });
  }

  async #inputFrames(): Promise<readonly string[]> {
    const paths = await this.paths(this.inputTags);
    if (paths.length === 0) throw await noFilesFound(this.scratch, this.inputTags);
    return paths;
  }

  async #leaveOut(bad: readonly BadFrame[]): Promise<void> {
    const paths = bad.map(({ path }) => path);
    for (const { file, problem } of bad) this.log.warning(`Leaving out ${file}: ${problem}`);
    await this.setConstant(
      rejectedFrames,
      bad.map(({ file, problem }) => ({ file, problem })),
    );
    // What is gone can carry no tag.
    const there = bad.filter(({ isGone }) => isGone !== true).map(({ path }) => path);
    for (const path of there) {
      await this.tag([path], [rejectedFrames]).catch((error: unknown) => {
        // Nor what a link leads to outside of scratch: the constant tells of it.
        if (!isFirstlightError(error, "SCRATCH_PATH")) throw error;
      });
    }
    await this.removeTags(paths, this.inputTags);
  }

  /** The headers of the good frames, each file opened once; ends with an error where bad ones may not be left out. */
  async *#headers(paths: readonly string[], bad: BadFrame[]): AsyncIterable<readonly [string, Header]> {
    const start = new Uint8Array(headerStartBytes);
    const check = { checksums: this.verifyChecksums, signal: this.signal, start };
    this.progress.start(paths.length, "frames");
    for (const [i, path] of paths.entries()) {
      if (i % filesPerTurn === 0) await turn();
      this.signal.throwIfAborted();
      const file = this.#nameOf(path);
      const checking = checkFrame(path, file, check);
      const checked = checking instanceof Promise ? await checking : checking;
      if ("problem" in checked) bad.push(checked);
      else {
        yield [file, checked];
        this.context.lineage.noteRead(file);
      }
      this.progress.increment();
    }
    const mayLeaveOut = this.context.skipBadFrames && bad.length < paths.length;
    if (bad.length > 0 && !mayLeaveOut) throw badInputFrames(bad, paths.length);
  }

  #nameOf(path: string): string {
    const { folder } = this.scratch;
    return path.startsWith(folder + sep) ? path.slice(folder.length + 1) : relative(folder, path);
  }
}

/** File after file, as an inventory takes them fastest. */
function tagsByFile(pot: FlowerPot): Iterable<TaggedFiles> {
  return {
    *[Symbol.iterator]() {
      for (const [paths, tags] of pot.tags) yield { paths, tags };
    },
  };
}
