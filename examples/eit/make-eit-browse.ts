import type { Frame } from "firstlight/fits";
import type { PngOptions } from "firstlight/math";
import { MakeBrowseImages } from "firstlight/tasks";

/** Large enough to look at, whatever the side of the frame. */
const sideOfPicture = 512;

/** The corona in the colour that the instrument's pictures at 195 Å have; faint structure off the disk stays visible. */
export class MakeEitBrowse extends MakeBrowseImages {
  override picture({ image }: Frame): PngOptions {
    const [, columns = sideOfPicture] = image.shape;
    return {
      stretch: "asinh",
      limits: { percentiles: [1, 99.7] },
      colourMap: "eit195",
      scale: Math.max(1, Math.round(sideOfPicture / columns)),
    };
  }
}
