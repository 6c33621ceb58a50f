import { basename } from "node:path";
import { fits, ScienceTaskL0ToL1Base } from "firstlight";
import type { Frame } from "firstlight/fits";
import { access } from "firstlight/parsing";
import { type Eit, eitAccess } from "./eit-access.ts";

export interface EitFrame {
  /** The name that it came with, which errors use and later steps keep. */
  readonly file: string;
  readonly frame: Frame;
  readonly eit: Eit;
}

/** The base of EIT's own tasks: they all go through frames one by one. */
export abstract class EitTask extends ScienceTaskL0ToL1Base {
  /** Every frame with these tags, its header opened, and the progress counted. */
  async *frames(tags: readonly string[]): AsyncIterable<EitFrame> {
    this.progress.start(await this.count(tags), "frames");
    for await (const { path, value: frame } of this.read(tags, fits.frame)) {
      const file = basename(path);
      yield { file, frame, eit: access(eitAccess, frame.header, file) };
      this.progress.increment();
    }
  }
}
