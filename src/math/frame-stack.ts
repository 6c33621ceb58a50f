import { type NdArray, type PixelArray, sizeOf } from "../core/ndarray.ts";
import type { Frame } from "../fits/frame.ts";
import type { Header } from "../fits/header.ts";
import { requireLeaveOut } from "./check-options.ts";
import type { FilesOptions } from "./files/accumulate-files.ts";
import { requireFilled } from "./files/each-frame.ts";
import { frameFiles, precisionOfFiles } from "./files/frame-files.ts";
import { given, type Many } from "./files/many.ts";
import { stackFiles } from "./files/stack-files.ts";
import { type LeaveOutOptions, withoutFlagged } from "./leave-out.ts";
import { type Precision, precisionOf } from "./precision.ts";
import { empty, requireElements, requireSameShape } from "./shape.ts";

/** The same strip of all frames. */
export interface StackStrip {
  readonly start: number;
  readonly length: number;
  /** NaN where a mask leaves a pixel out. */
  readonly images: readonly PixelArray[];
  readonly masks: readonly (PixelArray | undefined)[];
  readonly variances: readonly (PixelArray | undefined)[];
}

/** Frames of which all values of a pixel are seen together: arrays held at once, files strip by strip. */
export interface FrameStack {
  /** The first frame's own; arrays have none. */
  readonly header: Header | undefined;
  readonly shape: readonly number[];
  readonly precision: Precision;
  readonly hasVariance: boolean;
  readonly strips: AsyncIterable<StackStrip>;
}

const stripPixels = 2 ** 16;

/** @throws FirstlightError ARRAY_EMPTY without frames, ARRAY_SHAPE where shapes differ; of files as `average` */
export async function frameStack(
  frames: Many<NdArray> | Many<Frame> | Many<string>,
  verb: string,
  options: FilesOptions & LeaveOutOptions,
): Promise<FrameStack> {
  const { leaveOut = 0 } = options;
  requireLeaveOut(leaveOut);
  const what = await given<NdArray | Frame>(frames as Many<NdArray | Frame>);
  if (what.kind === "files") {
    const all = await frameFiles(what.paths, verb, options.signal);
    return {
      header: all.header.clone(),
      shape: all.shape,
      precision: precisionOfFiles(all.files),
      hasVariance: all.files.some(({ variance }) => variance !== undefined),
      strips: (async function* () {
        for await (const { strip, images, masks, variances } of stackFiles(all, options)) {
          const { start, length } = strip;
          yield { start, length, images: kept(images, masks, leaveOut), masks, variances };
        }
      })(),
    };
  }
  return ofFrames(await framesOf(what.values, verb, options.signal), leaveOut);
}

type PartialFrame = Partial<Frame> & Pick<Frame, "image">;

async function framesOf(
  values: Iterable<NdArray | Frame> | AsyncIterable<NdArray | Frame>,
  verb: string,
  signal: AbortSignal | undefined,
): Promise<readonly PartialFrame[]> {
  const stack: PartialFrame[] = [];
  for await (const item of values) {
    signal?.throwIfAborted();
    const frame: PartialFrame = "image" in item ? item : { image: item };
    requireElements(frame.image, verb);
    const first = stack[0] ?? frame;
    const { shape } = first.image;
    const origin = frame.header?.origin;
    requireSameShape(shape, frame.image.shape, verb, [first.header?.origin, origin]);
    requireFilled(frame.mask, shape, `${verb} a mask with`, origin);
    requireFilled(frame.variance, shape, `${verb} a variance with`, origin);
    stack.push(frame);
  }
  if (stack.length === 0) throw empty(verb, "a stack of no arrays");
  return stack;
}

function ofFrames(stack: readonly PartialFrame[], leaveOut: number): FrameStack {
  const [first] = stack as readonly [PartialFrame, ...PartialFrame[]];
  const { shape } = first.image;
  const size = sizeOf(shape);
  return {
    header: first.header?.clone(),
    shape,
    precision: precisionOf(...stack.map(({ image }) => image.data)),
    hasVariance: stack.some(({ variance }) => variance !== undefined),
    strips: (async function* () {
      for (let start = 0; start < size; start += stripPixels) {
        const length = Math.min(stripPixels, size - start);
        const part = (array: NdArray | undefined) => array?.data.subarray(start, start + length);
        const masks = stack.map(({ mask }) => part(mask));
        const images = stack.map(({ image }) => part(image) as PixelArray);
        const variances = stack.map(({ variance }) => part(variance));
        yield { start, length, images: kept(images, masks, leaveOut), masks, variances };
      }
    })(),
  };
}

function kept(
  images: readonly PixelArray[],
  masks: readonly (PixelArray | undefined)[],
  leaveOut: number,
): readonly PixelArray[] {
  return leaveOut === 0 ? images : images.map((image, k) => withoutFlagged(image, masks[k], leaveOut));
}
