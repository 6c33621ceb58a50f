import { ScienceTaskL0ToL1Base } from "firstlight";
import { constantsView } from "firstlight/parsing";
import { z } from "zod";

/** What parsing finds out about a set of EIT frames. */
const eitConstants = {
  INSTRUMENT: z.string(),
  WAVELENGTH: z.number(),
  FILTER: z.string(),
  NUM_FRAMES: z.int(),
};

/** The base of EIT's own tasks. */
export abstract class EitTask extends ScienceTaskL0ToL1Base {
  get eit() {
    return constantsView(this.constants, eitConstants);
  }
}
