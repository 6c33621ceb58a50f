import { openFile } from "../../core/file.ts";
import type { Header } from "../../fits/header.ts";
import { readHeader } from "../../fits/open-fits.ts";
import type { FitsTable } from "../../parsing/fits-access.ts";
import { fillFlowerPot } from "../../parsing/flower-pot.ts";
import type { Bud, Flower } from "../../parsing/stem.ts";
import { Tag } from "../../scratch/tag.ts";
import { noFilesFound } from "../no-files-found.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { type BadFrame, badInputFrames, checkFrame } from "./bad-input-frames.ts";

/** Input frames that were left out carry this tag, and the constant of this name says why. */
export const rejectedFrames = "REJECTED_FRAMES";

/**
 * Reads the header of every input frame once and sorts the frames: buds become constants, flowers become tags. Before
 * that every frame is checked to be whole; a bad one fails the run, unless the workflow skips bad frames.
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
    // Every frame is touched twice: once whole, once for its header.
    this.progress.start(paths.length, "frames");
    return paths;
  }

  async #checkFrames(paths: readonly string[]): Promise<readonly string[]> {
    const bad: BadFrame[] = [];
    const good: string[] = [];
    for (const path of paths) {
      this.signal.throwIfAborted();
      const problem = await checkFrame(path, this.verifyChecksums);
      if (problem === undefined) good.push(path);
      else bad.push(problem);
    }
    if (bad.length === 0) return good;
    if (!this.context.skipBadFrames || good.length === 0) throw badInputFrames(bad, paths.length);
    for (const { file, problem } of bad) this.log.warning(`Leaving out ${file}: ${problem}`);
    await this.removeTags(
      bad.map(({ path }) => path),
      this.inputTags,
    );
    await this.tag(
      bad.map(({ path }) => path),
      [rejectedFrames],
    );
    await this.setConstant(
      rejectedFrames,
      bad.map(({ file, problem }) => ({ file, problem })),
    );
    return good;
  }

  async *#headers(paths: readonly string[]): AsyncIterable<readonly [string, Header]> {
    for (const path of paths) {
      {
        await using source = await openFile(path);
        yield [path, await readHeader(source)];
      }
      this.progress.increment();
    }
  }
}
