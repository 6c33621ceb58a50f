import { FirstlightError } from "../core/errors.ts";
import { type NdArray, sizeOf } from "../core/ndarray.ts";

/** `2160 x 2560`, as messages show a shape. */
function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "no axes" : shape.join(" x ");
}

/** The files that arrays were read from, for messages. */
export type Origins = readonly [a: string | undefined, b: string | undefined];

/** @throws FirstlightError ARRAY_SHAPE that names both shapes, and the files that they are of */
export function requireSameShape(
  a: readonly number[],
  b: readonly number[],
  verb: string,
  [ofA, ofB]: Origins = [undefined, undefined],
): void {
  if (a.length === b.length && a.every((axis, i) => axis === b[i])) return;
  const named = (shape: readonly number[], origin: string | undefined) =>
    origin === undefined ? shapeText(shape) : `${shapeText(shape)} (${origin})`;
  const files = [ofA, ofB].filter((origin) => origin !== undefined);
  throw new FirstlightError(
    "ARRAY_SHAPE",
    `Cannot ${verb} arrays of the shapes ${named(a, ofA)} and ${named(b, ofB)}; give arrays of one shape.`,
    { fields: { shapes: [a, b], ...(files.length === 0 ? {} : { files }), verb } },
  );
}

/** @throws FirstlightError ARRAY_EMPTY for an array without elements, ARRAY_SHAPE where data and shape disagree */
export function requireElements(array: NdArray, verb: string): void {
  const size = sizeOf(array.shape);
  if (array.data.length !== size) {
    throw new FirstlightError(
      "ARRAY_SHAPE",
      `Cannot ${verb} an array of ${array.data.length} elements that says its shape is ${shapeText(array.shape)}.`,
      { fields: { shape: array.shape, length: array.data.length, verb } },
    );
  }
  if (size === 0) throw empty(verb, `an array of the shape ${shapeText(array.shape)}`);
}

/** The error for a call that got nothing to work on. */
export function empty(verb: string, found: string): FirstlightError {
  return new FirstlightError("ARRAY_EMPTY", `Cannot ${verb} ${found}; give at least one element.`, {
    fields: { verb },
  });
}

/** Rows and columns of an image. Throws ARRAY_SHAPE unless there are two axes, ARRAY_EMPTY without pixels. */
export function imageSize(image: NdArray, verb: string): { readonly rows: number; readonly columns: number } {
  const [rows, columns] = image.shape;
  if (image.shape.length !== 2 || rows === undefined || columns === undefined) {
    throw new FirstlightError(
      "ARRAY_SHAPE",
      `Cannot ${verb} an array of the shape ${shapeText(image.shape)}; give an image of two axes.`,
      { fields: { shape: image.shape, verb } },
    );
  }
  requireElements(image, verb);
  return { rows, columns };
}
