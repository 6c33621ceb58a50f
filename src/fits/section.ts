import { FirstlightError } from "../core/errors.ts";
import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";

/** Which indices along one axis: from `start` on, up to but without `stop`. */
export interface SectionRange {
  readonly start: number;
  readonly stop: number;
}

/** A box of an image: one range per axis in the order of the shape, NAXIS1 last. */
export type Section = readonly SectionRange[];

export function shapeOf(section: Section): readonly number[] {
  return section.map(({ start, stop }) => stop - start);
}

/** @throws FirstlightError FITS_SHAPE for ranges that do not lie in the image, or are empty */
export function requireInside(shape: readonly number[], section: Section, file: string): void {
  const inside = section.every(
    ({ start, stop }, axis) =>
      Number.isSafeInteger(start) &&
      Number.isSafeInteger(stop) &&
      start >= 0 &&
      start < stop &&
      stop <= (shape[axis] ?? 0),
  );
  if (inside && section.length === shape.length) return;
  const asked = section.map(({ start, stop }) => `${start}:${stop}`).join(", ");
  throw new FirstlightError(
    "FITS_SHAPE",
    `${file}: the section [${asked}] does not lie in the image of the shape [${shape.join(", ")}]; give one range per axis, from 0 on, the end not within, NAXIS1 last.`,
    { disposition: "invalid", fields: { file, shape, section } },
  );
}

/** Pixels of the box that lie one behind the other in the image. */
export interface SectionRun {
  /** In pixels from the image's first. */
  readonly inImage: number;
  /** In pixels from the box's first. */
  readonly inSection: number;
  readonly length: number;
}

/** The runs of a box, in their order. */
export function* runsOf(shape: readonly number[], section: Section): Generator<SectionRun, void, undefined> {
  const lengths = shapeOf(section);
  // Axes that the box fills wholly join with the one before.
  let outer = shape.length - 1;
  let length = lengths[outer] ?? 1;
  while (outer > 0 && lengths[outer] === shape[outer]) {
    outer -= 1;
    length *= lengths[outer] as number;
  }
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((stride, count) => stride * count, 1));
  let inImage = section.reduce((sum, { start }, axis) => sum + start * (strides[axis] as number), 0);
  const position = lengths.map(() => 0);
  const size = sizeOf(lengths);
  for (let inSection = 0; inSection < size; inSection += length) {
    yield { inImage, inSection, length };
    for (let axis = outer - 1; axis >= 0; axis -= 1) {
      position[axis] = (position[axis] as number) + 1;
      inImage += strides[axis] as number;
      if ((position[axis] as number) < (lengths[axis] as number)) break;
      inImage -= (lengths[axis] as number) * (strides[axis] as number);
      position[axis] = 0;
    }
  }
}

/** The box of an array in memory: the array itself where it is the whole of it. */
export function boxOf<T extends PixelArray>({ data, shape }: NdArray<T>, section: Section): NdArray<T> {
  const own = shapeOf(section);
  if (own.every((length, axis) => length === shape[axis])) return { data, shape };
  const box = data.slice(0, sizeOf(own)) as T;
  for (const { inImage, inSection, length } of runsOf(shape, section)) {
    box.set(data.subarray(inImage, inImage + length) as never, inSection);
  }
  return { data: box, shape: own };
}
