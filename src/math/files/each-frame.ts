import { type NdArray, type PixelArray, sizeOf } from "../../core/ndarray.ts";
import type { Frame } from "../../fits/frame.ts";
import type { Header } from "../../fits/header.ts";
import { requireLeaveOut } from "../check-options.ts";
import type { LeaveOutOptions } from "../leave-out.ts";
import { type Precision, precisionOf } from "../precision.ts";
import { empty, requireElements, requireSameShape } from "../shape.ts";
import { accumulateFiles, type FilesOptions, type FramePart } from "./accumulate-files.ts";
import { type FrameFiles, frameFiles, precisionOfFiles } from "./frame-files.ts";
import { given, type Many } from "./many.ts";

/** A frame, or of a file a strip of it; valid during the call only. */
export interface FramePiece {
  /** From the image's first pixel. */
  readonly start: number;
  readonly image: PixelArray;
  readonly mask: PixelArray | undefined;
  readonly variance: PixelArray | undefined;
  /** From 0, in the order of the frames: each pixel comes once of each. */
  readonly number: number;
}

/** What takes the pieces of all frames. */
export interface PieceTaker {
  take(piece: FramePiece): void;
}

export interface EachFrame<T extends PieceTaker> {
  readonly taker: T;
  /** The first frame's own; arrays have none. */
  readonly header: Header | undefined;
  readonly shape: readonly number[];
  readonly precision: Precision;
  readonly count: number;
}

/**
 * Hands over frames one after the other, or strip by strip those of files. `begin` makes what takes them once their size is known.
 *
 * @throws FirstlightError ARRAY_EMPTY without frames, ARRAY_SHAPE where shapes differ; of files as `average`
 */
export async function eachFrame<T extends PieceTaker>(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  verb: string,
  options: FilesOptions & LeaveOutOptions,
  begin: (size: number) => T,
): Promise<EachFrame<T>> {
  requireLeaveOut(options.leaveOut);
  const what = await given<NdArray | Frame>(frames as Many<NdArray | Frame>);
  if (what.kind === "files") return eachFile(await frameFiles(what.paths, verb, options.signal), options, begin);
  let found: { readonly taker: T; readonly header: Header | undefined; readonly shape: readonly number[] } | undefined;
  let precision: Precision = "float32";
  let count = 0;
  for await (const item of what.values) {
    options.signal?.throwIfAborted();
    const frame: Partial<Frame> & Pick<Frame, "image"> = "image" in item ? item : { image: item };
    const { image, mask, variance, header } = frame;
    requireElements(image, verb);
    found ??= { taker: begin(image.data.length), header: header?.clone(), shape: image.shape };
    requireSameShape(found.shape, image.shape, verb, [found.header?.origin, header?.origin]);
    requireFilled(mask, found.shape, `${verb} a mask with`, header?.origin);
    requireFilled(variance, found.shape, `${verb} a variance with`, header?.origin);
    if (precisionOf(image.data) === "float64") precision = "float64";
    found.taker.take({ start: 0, image: image.data, mask: mask?.data, variance: variance?.data, number: count });
    count += 1;
  }
  if (found === undefined) throw empty(verb, "no arrays at all");
  return { ...found, precision, count };
}

async function eachFile<T extends PieceTaker>(
  all: FrameFiles,
  options: FilesOptions,
  begin: (size: number) => T,
): Promise<EachFrame<T>> {
  const { files, header, shape } = all;
  const taker = begin(sizeOf(shape));
  // The image comes last, as the memory of what came before is used again.
  const parts: FramePart[] = [];
  if (files.some(({ mask }) => mask !== undefined)) parts.push("mask");
  if (files.some(({ variance }) => variance !== undefined)) parts.push("variance");
  let kept: { mask?: PixelArray; variance?: PixelArray } = {};
  await accumulateFiles(all, [...parts, "image"], options, (pixels, { start }, part, number) => {
    if (part !== "image") {
      kept[part] = pixels.slice();
      return;
    }
    taker.take({ start, image: pixels, mask: kept.mask, variance: kept.variance, number });
    kept = {};
  });
  return { taker, header: header.clone(), shape, precision: precisionOfFiles(files), count: files.length };
}

/** Throws ARRAY_SHAPE unless what there is fills the shape. */
export function requireFilled(
  companion: NdArray | undefined,
  shape: readonly number[],
  verb: string,
  origin?: string,
): void {
  if (companion === undefined) return;
  requireSameShape(shape, companion.shape, verb, [undefined, origin]);
  requireElements(companion, verb);
}
