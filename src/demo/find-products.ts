import { FirstlightError } from "../core/errors.ts";
import type { Frame } from "../fits/frame.ts";
import { readFrame } from "../fits/frame-file.ts";
import { datasetId } from "../parsing/dataset-id.ts";
import type { ObjectStore } from "../services/object-store.ts";
import type { CalibratedFrame, CalibrationProducts } from "./compare.ts";

const bucket = "data";

export interface Products {
  /** The calibrated frames, one after the other. */
  frames(): AsyncIterable<CalibratedFrame>;
  /** What the calibration found out about the detector. */
  calibration(): Promise<CalibrationProducts>;
}

/** The products of a recipe run, as whoever fetches them from the object store finds them. */
export async function findProducts(store: ObjectStore, recipeRunId: number): Promise<Products> {
  const dataset = datasetId(recipeRunId);
  const keys: string[] = [];
  for await (const { key } of store.list(bucket)) if (key.includes(`/${dataset}/`)) keys.push(key);
  const l1Keys = keys.filter((key) => key.endsWith("_L1.fits"));
  const read = async (key: string): Promise<Frame> => {
    await using object = await store.get(bucket, key);
    return await readFrame(object);
  };
  const one = async (ending: string): Promise<Frame> => {
    const key = keys.find((each) => each.endsWith(ending));
    if (key !== undefined) return read(key);
    throw new FirstlightError(
      "DEMO_PRODUCT_MISSING",
      `Recipe run ${recipeRunId} left no product *${ending} in bucket ${bucket}.`,
    );
  };
  return {
    async *frames() {
      for (const key of l1Keys) {
        const { header, image, variance } = await read(key);
        yield { number: header.integer("DSPSNUM"), image, variance };
      }
    },
    async calibration() {
      const darkCurrent = await one("_DARK-CURRENT.fits");
      const flat = await one("_FLAT.fits");
      if (darkCurrent.variance === undefined || flat.mask === undefined) {
        throw new FirstlightError(
          "DEMO_PRODUCT_MISSING",
          "The dark current has no VARIANCE extension, or the flat no MASK.",
        );
      }
      return { mask: flat.mask, darkRate: darkCurrent.image, darkRateVariance: darkCurrent.variance };
    },
  };
}
