import type { NdArray } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { requireWhole } from "./check-options.ts";
import { pixelFlags } from "./flags.ts";
import { isFrame } from "./geometry/index-map.ts";
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
 * A frame is repaired by its own mask, in which the pixels get the flag `repaired` beside their own. Their variance becomes that of a
 * median of as many normal values, π/2 · mean σ² / n: it tells how well the neighbours agree on the value, not how near it comes to
 * what the pixel would have seen. A frame without a mask is returned as it is.
 *
 * @throws FirstlightError ARRAY_SHAPE where the shapes differ
 */
export function repairPixels(image: NdArray, mask: NdArray<Uint32Array>, options?: RepairOptions): NdArray<FloatArray>;
export function repairPixels(frame: Frame, options?: RepairOptions): Frame;
export function repairPixels(
  image: NdArray | Frame,
  maskOrOptions: NdArray<Uint32Array> | RepairOptions = {},
  options: RepairOptions = {},
): NdArray<FloatArray> | Frame {
  if (!isFrame(image)) return repaired(image, maskOrOptions as NdArray<Uint32Array>, options, undefined).image;
  const { mask } = image;
  if (mask === undefined) return image;
  const own = maskOrOptions as RepairOptions;
  const { image: pixels, variance } = repaired(image.image, mask, own, image.variance);
  const bits = own.bits ?? 0xffffffff;
  const flags = mask.data.map((each) => ((each & bits) === 0 ? each : each | pixelFlags.repaired));
  return {
    header: image.header.clone(),
    image: pixels,
    mask: { data: flags, shape: mask.shape },
    ...(variance === undefined ? {} : { variance }),
  };
}

interface Repaired {
  readonly image: NdArray<FloatArray>;
  readonly variance: NdArray<FloatArray> | undefined;
}

function repaired(
  image: NdArray,
  mask: NdArray<Uint32Array>,
  options: RepairOptions,
  variance: NdArray | undefined,
): Repaired {
  const { rows, columns } = imageSize(image, "repair");
  requireSameShape(image.shape, mask.shape, "repair");
  if (variance !== undefined) requireSameShape(image.shape, variance.shape, "repair");
  const { bits = 0xffffffff, neighbours = 3, maxRadius = 5 } = options;
  requireWhole("neighbours", neighbours, 1);
  requireWhole("maxRadius", maxRadius, 0);
  const values = goodValues(image, mask);
  const variances = variance === undefined ? undefined : goodValues(variance, mask);
  const out = newFloats(values.length, precisionOf(image.data));
  const noise = variance === undefined ? undefined : newFloats(values.length, precisionOf(variance.data));
  const found = new Float64Array((2 * maxRadius + 1) ** 2);
  for (let i = 0; i < values.length; i++) {
    if (((mask.data[i] as number) & bits) === 0) {
      out[i] = Number(image.data[i]);
      if (noise !== undefined) noise[i] = Number(variance?.data[i]);
      continue;
    }
    const row = Math.floor(i / columns);
    const column = i - row * columns;
    let [count, reach] = [0, 0];
    while (reach < maxRadius && count < neighbours) {
      reach += 1;
      count = gatherNeighbours(values, rows, columns, row, column, reach, found);
    }
    out[i] = count < neighbours ? Number.NaN : medianOfSorted(found, count);
    if (noise === undefined || variances === undefined) continue;
    const known = gatherNeighbours(variances, rows, columns, row, column, reach, found);
    let sum = 0;
    for (let k = 0; k < known; k++) sum += found[k] as number;
    noise[i] = count < neighbours ? Number.NaN : ((Math.PI / 2) * sum) / known / count;
  }
  return {
    image: { data: out, shape: image.shape },
    variance: noise === undefined ? undefined : { data: noise, shape: image.shape },
  };
}
