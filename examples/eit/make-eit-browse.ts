import { MakeBrowseImages } from "firstlight/tasks";

/** The corona in the colour that the instrument's pictures at 195 Å have; faint structure off the disk stays visible. */
export class MakeEitBrowse extends MakeBrowseImages {
  override readonly picture = {
    stretch: "asinh",
    limits: { percentiles: [1, 99.7] },
    colourMap: "eit195",
    scale: 4,
  } as const;
}
