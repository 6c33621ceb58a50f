import { FirstlightError } from "../core/errors.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import { isFrame, moveFrame, scaling } from "./geometry/index-map.ts";

/** Which indices along one axis: from `start` on, up to but without `stop`. */
export interface AxisRange {
  readonly start: number;
  readonly stop: number;
}

/**
 * A copy of a box of an array of any number of axes, one range per axis in the order of the shape (`[NAXISn, …, NAXIS1]`). Of a
 * frame, mask and variance are cut as well, and the pixels keep their world coordinates.
 *
 * @throws FirstlightError ARRAY_SHAPE for ranges that do not lie in the array, or are empty
 */
export function cut<Data extends PixelArray>(image: NdArray<Data>, ranges: readonly AxisRange[]): NdArray<Data>;
export function cut(frame: Frame, ranges: readonly AxisRange[]): Frame;
export function cut(image: NdArray | Frame, ranges: readonly AxisRange[]): NdArray | Frame {
  if (!isFrame(image)) return box(image, ranges);
  requireInside(image.image.shape, ranges);
  return moveFrame(image, {
    verb: "cut",
    map: scaling(
      ranges.map(() => 1),
      ranges.map(({ start }) => start),
    ),
    image: (part) => box(part, ranges),
    mask: (part) => box(part, ranges),
    variance: (part) => box(part, ranges),
  });
}

function box<Data extends PixelArray>(image: NdArray<Data>, ranges: readonly AxisRange[]): NdArray<Data> {
  requireInside(image.shape, ranges);
  const shape = ranges.map(({ start, stop }) => stop - start);
  const data = image.data.slice(0, sizeOf(shape)) as Data;
  const rowLength = shape.at(-1) ?? 1;
  const strides = image.shape.map((_, axis) =>
    image.shape.slice(axis + 1).reduce((product, length) => product * length, 1),
  );
  const at = ranges.map(({ start }) => start);
  for (let to = 0; to < data.length; to += rowLength) {
    const from = at.reduce((sum, index, axis) => sum + index * (strides[axis] ?? 1), 0);
    data.set(image.data.subarray(from, from + rowLength) as never, to);
    advance(at, ranges);
  }
  return { data, shape };
}

/** Steps to the next row: all axes but the last count up, as the digits of a number do. */
function advance(at: number[], ranges: readonly AxisRange[]): void {
  for (let axis = at.length - 2; axis >= 0; axis -= 1) {
    const next = (at[axis] ?? 0) + 1;
    const { start, stop } = ranges[axis] as AxisRange;
    at[axis] = next < stop ? next : start;
    if (next < stop) return;
  }
}

function requireInside(shape: readonly number[], ranges: readonly AxisRange[]): void {
  const isInside = ({ start, stop }: AxisRange, axis: number): boolean =>
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(stop) &&
    start >= 0 &&
    start < stop &&
    stop <= (shape[axis] ?? 0);
  if (ranges.length === shape.length && ranges.every(isInside)) return;
  const asked = ranges.map(({ start, stop }) => `${start}:${stop}`).join(", ");
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `The box [${asked}] does not lie in an array of the shape [${shape.join(", ")}], or is empty.`,
    { disposition: "invalid", fields: { shape, ranges } },
  );
}
