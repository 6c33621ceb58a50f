import { BudName, countBud, dateBeginBud, keyFlower, uniqueBud } from "firstlight/parsing";
import { ParseL0InputData } from "firstlight/tasks";
import { eitAccess } from "./eit-access.ts";
import { soundHeaderBud } from "./sound-header-bud.ts";

/** Frames of one recipe run are of one wavelength, filter and field. Buds find that out, flowers tag each frame. */
export class ParseEit extends ParseL0InputData<typeof eitAccess> {
  override readonly fitsAccess = eitAccess;

  override constantBuds() {
    return [
      soundHeaderBud(),
      uniqueBud(BudName.instrument, "instrument"),
      uniqueBud(BudName.wavelength, "wavelength"),
      uniqueBud("FILTER", "filter"),
      uniqueBud("OBJECT", "object"),
      dateBeginBud("DATE_BEGIN"),
      countBud("NUM_FRAMES"),
    ];
  }

  override tagFlowers() {
    return [keyFlower("CAMERA_ERROR", "cameraError")];
  }
}
