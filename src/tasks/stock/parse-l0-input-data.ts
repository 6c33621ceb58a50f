import { relative } from "node:path";
import { openFile } from "../../core/file.ts";
import { throughGzip } from "../../fits/gunzip.ts";
import type { Header } from "../../fits/header.ts";
import { findHdu } from "../../fits/open-fits.ts";
import type { FitsTable } from "../../parsing/fits-access.ts";
import { fillFlowerPot } from "../../parsing/flower-pot.ts";
import type { Bud, Flower } from "../../parsing/stem.ts";
import { Tag } from "../../scratch/tag.ts";
import { noFilesFound } from "../no-files-found.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { type BadFrame, badInputFrames, checkFrame } from "./bad-input-frames.ts";

/** Input frames that were left out carry this tag, and the constant of this name says why: `[{ file, problem }]`. */
export const rejectedFrames = "REJECTED_FRAMES";

/**
 * Reads the header of every input frame once (that of the first HDU with an image, as `fits.frame` does) and sorts the frames: buds
 * become constants, flowers become tags. Before that every frame is checked to be whole; a bad one fails the run, unless the
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
    const good = await this.span("Check that input frames are whole", () => this.#checkFrames(paths));
    const pot = await this.span("Ingest all input files", () =>
      fillFlowerPot(this.#headers(good), this.fitsAccess, [...this.constantBuds(), ...this.tagFlowers()], {
        signal: this.signal,
      }),
    );
    await this.span("Update constants", async () => {
      for (const [name, value] of pot.constants) await this.setConstant(name, value);
    });
    await this.span("Tag files", () => this.scratch.tagAll(pot.tagged));
    this.log.info(`Parsed ${pot.fileCount} frames`, { constants: pot.constants.size, tags: pot.tagged.length });
  }

  async #inputFrames(): Promise<readonly string[]> {
    const paths = await this.paths(this.inputTags);
    if (paths.length === 0) throw await noFilesFound(this.scratch, this.inputTags);
    return paths;
  }

  async #checkFrames(paths: readonly string[]): Promise<readonly string[]> {
    const bad: BadFrame[] = [];
    const good: string[] = [];
    const check = { checksums: this.verifyChecksums, signal: this.signal };
    this.progress.start(paths.length, "frames");
    for (const path of paths) {
      this.signal.throwIfAborted();
      const problem = await checkFrame(path, this.#nameOf(path), check);
      if (problem === undefined) good.push(path);
      else bad.push(problem);
      this.progress.increment();
    }
    if (bad.length === 0) return good;
    if (!this.context.skipBadFrames || good.length === 0) throw badInputFrames(bad, paths.length);
    await this.#leaveOut(bad);
    return good;
  }

  async #leaveOut(bad: readonly BadFrame[]): Promise<void> {
    const paths = bad.map(({ path }) => path);
    for (const { file, problem } of bad) this.log.warning(`Leaving out ${file}: ${problem}`);
    await this.setConstant(
      rejectedFrames,
      bad.map(({ file, problem }) => ({ file, problem })),
    );
    await this.tag(paths, [rejectedFrames]);
    await this.removeTags(paths, this.inputTags);
  }

  async *#headers(paths: readonly string[]): AsyncIterable<readonly [string, Header]> {
    this.progress.start(paths.length, "headers");
    for (const path of paths) {
      yield [this.#nameOf(path), await headerOf(path)];
      this.context.lineage.noteRead(this.#nameOf(path));
      this.progress.increment();
    }
  }

  #nameOf(path: string): string {
    return relative(this.scratch.folder, path);
  }
}

async function headerOf(path: string): Promise<Header> {
  await using source = await openFile(path);
  return (await throughGzip(source, (plain) => findHdu(plain))).header;
}
