import { FirstlightError } from "../../core/errors.ts";
import { type NdArray, type PixelArray, sizeOf } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import { Header } from "../../fits/header.ts";
import { carried } from "../carried.ts";
import type { FilesOptions } from "./accumulate-files.ts";
import { type FrameFiles, frameFiles } from "./frame-files.ts";
import { stackFiles } from "./stack-files.ts";

/** What a verb works on: frames, arrays and numbers as they are, a path for the frame of a FITS file. */
export type FileOperand = string | Frame | NdArray | number;

/** Pixels that lie behind each other: `start` is the place of the first among all. */
export interface PartOfFrames {
  readonly start: number;
  readonly length: number;
  /** Of the whole frames. */
  readonly shape: readonly number[];
}

/**
 * Does strip by strip what a verb does to whole frames, so that of files nothing is held but what comes of them. `work` gets each
 * operand's strip, of one axis; the results have the header of the first operand, which is a path or a frame.
 *
 * @throws FirstlightError ARRAY_SHAPE that names a file whose shape is another's, and the errors of `average` over files
 */
export async function overFiles(
  verb: string,
  operands: readonly FileOperand[],
  options: FilesOptions,
  work: (parts: readonly (Frame | NdArray | number)[], part: PartOfFrames) => readonly Frame[],
): Promise<Frame[]> {
  const paths = operands.filter((operand) => typeof operand === "string");
  const all = await frameFiles(paths, verb, options.signal);
  for (const operand of operands) requireShapeOfFiles(operand, all, verb);
  const [first] = operands;
  const header = isFrame(first) ? first.header : all.header;
  let results: readonly Frame[] | undefined;
  for await (const { strip, images, masks, variances } of stackFiles(all, options)) {
    const { start, length } = strip;
    let file = 0;
    const parts = operands.map((operand): Frame | NdArray | number => {
      if (typeof operand === "number") return operand;
      if (typeof operand !== "string") return partOf(operand, start, length);
      const part = frameOf(images[file] as PixelArray, masks[file], variances[file]);
      file += 1;
      return part;
    });
    const found = work(parts, { start, length, shape: all.shape });
    results ??= found.map((frame) => wholeOf(frame, header, all.shape));
    for (const [k, result] of results.entries()) fill(result, found[k] as Frame, start);
  }
  return [...(results ?? [])];
}

function frameOf(image: PixelArray, mask: PixelArray | undefined, variance: PixelArray | undefined): Frame {
  const shape = [image.length];
  return {
    header: new Header(),
    image: { data: image, shape },
    ...(mask === undefined ? {} : { mask: { data: Uint32Array.from(mask as Uint32Array), shape } }),
    ...(variance === undefined ? {} : { variance: { data: variance, shape } }),
  };
}

function partOf(operand: Frame | NdArray, start: number, length: number): Frame | NdArray {
  const cut = ({ data }: NdArray) => data.subarray(start, start + length);
  if (!isFrame(operand)) return { data: cut(operand), shape: [length] };
  const { image, mask, variance } = operand;
  return frameOf(cut(image), mask && cut(mask), variance && cut(variance));
}

function wholeOf({ image, mask, variance }: Frame, header: Header, shape: readonly number[]): Frame {
  const size = sizeOf(shape);
  const ofType = ({ data }: NdArray): PixelArray => new (data.constructor as new (length: number) => PixelArray)(size);
  const flags = mask === undefined ? undefined : new Uint32Array(size);
  return carried(header, { data: ofType(image), shape }, flags, variance && ofType(variance));
}

function fill(whole: Frame, part: Frame, start: number): void {
  for (const name of ["image", "mask", "variance"] as const) {
    const [into, from] = [whole[name]?.data, part[name]?.data];
    // Both are of one type, which the compiler cannot see.
    if (into !== undefined && from !== undefined) (into as Float64Array).set(from as Float64Array, start);
  }
}

function requireShapeOfFiles(operand: FileOperand, { files, shape }: FrameFiles, verb: string): void {
  if (typeof operand === "string" || typeof operand === "number") return;
  const parts = isFrame(operand) ? [operand.image, operand.mask, operand.variance] : [operand];
  for (const part of parts) {
    if (part === undefined || (String(part.shape) === String(shape) && part.data.length === sizeOf(shape))) continue;
    const path = files[0]?.path;
    throw new FirstlightError(
      "ARRAY_SHAPE",
      `Cannot ${verb} images of different shapes: ${path} has the shape ${shape.join(" x ")}, what is given with it ${part.shape.join(" x ")}; give images of one shape.`,
      { fields: { shapes: [shape, part.shape], files: [path], verb } },
    );
  }
}

function isFrame(operand: FileOperand | undefined): operand is Frame {
  return typeof operand === "object" && "image" in operand;
}
