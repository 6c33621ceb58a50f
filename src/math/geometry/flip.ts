import { FirstlightError } from "../../core/errors.ts";
import type { NdArray, PixelArray } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { requireElements } from "../shape.ts";
import { isFrame, moveFrame, scaling } from "./index-map.ts";

/**
 * Reverses the order along some axes of the shape (all of them by default), as numpy's `flip`: of an image, 0 turns it upside down
 * and 1 left to right. Pixels keep their type. A frame's mask, variance and world coordinates go along.
 *
 * @throws FirstlightError ARRAY_SHAPE for an axis that the array does not have
 */
export function flip<Data extends PixelArray>(image: NdArray<Data>, axes?: readonly number[]): NdArray<Data>;
export function flip(frame: Frame, axes?: readonly number[]): Frame;
export function flip(image: NdArray | Frame, axes?: readonly number[]): NdArray | Frame {
  const { shape } = isFrame(image) ? image.image : image;
  const flipped = axes ?? shape.map((_, axis) => axis);
  requireAxes(shape, flipped);
  if (!isFrame(image)) return reversed(image, flipped);
  return moveFrame(image, {
    verb: "flip",
    map: scaling(
      shape.map((_, axis) => (flipped.includes(axis) ? -1 : 1)),
      shape.map((length, axis) => (flipped.includes(axis) ? length - 1 : 0)),
    ),
    image: (part) => reversed(part, flipped),
    mask: (part) => reversed(part, flipped),
    variance: (part) => reversed(part, flipped),
  });
}

function reversed<Data extends PixelArray>(image: NdArray<Data>, axes: readonly number[]): NdArray<Data> {
  requireElements(image, "flip");
  const { data, shape } = image;
  let from: PixelArray = data;
  let length = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const count = shape[axis] as number;
    if (axes.includes(axis)) from = reversedBlocks(from, length, count);
    length *= count;
  }
  return { data: (from === data ? data.slice() : from) as Data, shape };
}

/** Reverses the order of `count` blocks of `length` elements, in each run of so many. */
function reversedBlocks(data: PixelArray, length: number, count: number): PixelArray {
  const out = data.slice();
  const run = length * count;
  for (let start = 0; start < data.length; start += run) {
    if (length === 1) out.subarray(start, start + run).reverse();
    else {
      for (let k = 0; k < count; k++) {
        const from = start + k * length;
        out.set(data.subarray(from, from + length) as never, start + (count - 1 - k) * length);
      }
    }
  }
  return out;
}

function requireAxes(shape: readonly number[], axes: readonly number[]): void {
  if (axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < shape.length)) return;
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot flip the axes ${axes.join(", ")} of an array of the shape [${shape.join(", ")}]; its axes are 0 to ${shape.length - 1}.`,
    { disposition: "invalid", fields: { shape, axes } },
  );
}
