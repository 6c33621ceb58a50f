import { BudName, countBud, dateBeginBud, keyFlower, uniqueBud } from "firstlight/parsing";
import { ParseL0InputData } from "firstlight/tasks";
import { eitAccess } from "./eit-access.ts";

/** Frames of one recipe run are of one wavelength, filter and field; each is tagged with its wavelength and missing blocks. */
export class ParseEit extends ParseL0InputData<typeof eitAccess> {
  override readonly fitsAccess = eitAccess;

  override constantBuds() {
    return [
      uniqueBud(BudName.instrument, "instrument"),
      uniqueBud(BudName.wavelength, "wavelength"),
      uniqueBud("FILTER", "filter"),
      uniqueBud("OBJECT", "object"),
      dateBeginBud("DATE_BEGIN"),
      countBud("NUM_FRAMES"),
    ];
  }

  override tagFlowers() {
    return [keyFlower("WAVELENGTH", "wavelength"), keyFlower("MISSING_BLOCKS", "missingBlocks")];
  }
}
