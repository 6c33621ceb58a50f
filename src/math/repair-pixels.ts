import type { NdArray } from "../core/ndarray.ts";
import { gatherNeighbours, goodValues, medianOfSorted } from "./local-median.ts";
import { type FloatArray, newFloats, precisionOf } from "./precision.ts";
import { imageSize, requireSameShape } from "./shape.ts";

export interface RepairOptions {
  /** Only pixels with one of these flags are replaced; any flag by default. No flagged pixel ever serves as a neighbour. */
  readonly bits?: number;
  /** How many good neighbours a median needs; the square around the pixel grows until it has them. Default 3. */
  readonly neighbours?: number;
  /** The largest half width of that square in pixels. Default 5. Where it holds too few, the pixel becomes NaN. */
  readonly maxRadius?: number;
}

/**
 * A copy of the image whose flagged pixels hold the median of their good neighbours.
 *
 * @throws FirstlightError ARRAY_SHAPE where the shapes differ
 */
export function repairPixels(
  image: NdArray,
  mask: NdArray<Uint32Array>,
  options: RepairOptions = {},
): NdArray<FloatArray> {
  const { rows, columns } = imageSize(image, "repair");
  requireSameShape(image.shape, mask.shape, "repair");
  const { bits = 0xffffffff, neighbours = 3, maxRadius = 5 } = options;
  const values = goodValues(image, mask);
  const out = newFloats(values.length, precisionOf(image.data));
  const found = new Float64Array((2 * maxRadius + 1) ** 2);
  for (let i = 0; i < values.length; i++) {
    if (((mask.data[i] as number) & bits) === 0) {
      out[i] = Number(image.data[i]);
      continue;
    }
    const row = Math.floor(i / columns);
    let count = 0;
    for (let radius = 1; radius <= maxRadius && count < neighbours; radius++) {
      count = gatherNeighbours(values, rows, columns, row, i - row * columns, radius, found);
    }
    out[i] = count < neighbours ? Number.NaN : medianOfSorted(found, count);
  }
  return { data: out, shape: image.shape };
}
