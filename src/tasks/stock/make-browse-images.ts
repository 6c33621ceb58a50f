import { basename } from "node:path";
import { bytes } from "../../codecs/bytes.ts";
import { fits } from "../../codecs/fits.ts";
import { FirstlightError, isFirstlightError } from "../../core/errors.ts";
import type { Frame } from "../../fits/frame.ts";
import { type PngOptions, renderPng } from "../../math/png.ts";
import { Tag } from "../../scratch/tag.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";

/** The tag of pictures for people. */
export const browse = "BROWSE";

/** A PNG of every product frame beside it, first row at the bottom: for whoever would rather look than read. */
export class MakeBrowseImages extends WorkflowTaskBase {
  /** How a frame's pixels become brightness and colour. */
  picture(_frame: Frame): PngOptions {
    return { stretch: "asinh" };
  }

  override async run(): Promise<void> {
    const query = [Tag.output(), Tag.frame()];
    this.progress.start(await this.count(query), "pictures");
    for await (const { path, value: frame } of this.read(query, fits.frame)) {
      await this.write(draw(basename(path), frame, this.picture(frame)), [Tag.output(), browse], bytes, {
        relativePath: `output/${basename(path, ".fits")}.png`,
      });
      this.progress.increment();
    }
  }
}

function draw(file: string, { image }: Frame, options: PngOptions): Uint8Array {
  try {
    return renderPng(image, options);
  } catch (error) {
    if (!isFirstlightError(error, "ARRAY_SHAPE")) throw error;
    throw new FirstlightError("ARRAY_SHAPE", `${file}: ${error.message}`, {
      fields: { ...error.fields, file },
      cause: error,
    });
  }
}
