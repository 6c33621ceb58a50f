import { sizeOf } from "../../core/ndarray.ts";
import { type Portions, portions } from "../../core/portions.ts";
import { shareWork, withWorkers } from "../../core/share-work.ts";
import { sharedMemory } from "../../core/shared-memory.ts";
import { badFile } from "../../fits/bad-file.ts";
import { kernelModule, useKernelModule } from "../../kernels/kernels.ts";
import type { FloatArray } from "../precision.ts";
import type { FilesOptions } from "./accumulate-files.ts";
import { type FrameFiles, frameFiles } from "./frame-files.ts";
import type { FrameSummer, SummerOptions, TakeSums } from "./frame-summer.ts";
import { defaultOpenFiles } from "./open-files.ts";
import { type PlainFrame, plainFrames, plainSummer } from "./sum-plain.ts";
import { tiledFrames, tiledSummer } from "./sum-tiled.ts";

/** What is to come of the sums: they in float64, or divided by the number of frames and rounded once. */
export type SumsAs = "sums" | "means32" | "means64";

/** Frames whose stored pixels can be added as they are, plain or compressed in rows. */
interface AddableImages {
  readonly count: number;
  readonly size: number;
  readonly shared: SharedImages;
  open(options: SummerOptions): FrameSummer;
}

/** What another thread makes the same of. */
type SharedImages =
  | { readonly kind: "plain"; readonly frames: readonly PlainFrame[] }
  | { readonly kind: "tiled"; readonly paths: readonly string[] };

interface SharedSums {
  readonly kernels: object;
  readonly images: SharedImages;
  readonly size: number;
  readonly portionPixels: number;
  readonly portions: SharedArrayBuffer;
  readonly output: SharedArrayBuffer;
  readonly as: SumsAs;
  readonly maxOpenFiles: number;
}

/** Of so many portions each thread takes one after the other: so that none waits long for the last. */
const portionsPerThread = 8;

/**
 * Sums or means of the images of many files; `undefined` where not all of them can be added as they are stored. A result that
 * threads share is copied, as memory that is shared is not taken everywhere.
 */
export async function sumImages(all: FrameFiles, as: SumsAs, options: FilesOptions): Promise<FloatArray | undefined> {
  const images = addable(all);
  if (images === undefined) return undefined;
  const { size, count } = images;
  const { signal, maxOpenFiles = defaultOpenFiles } = options;
  return withWorkers(options.workers, async (workers) => {
    const { threads } = workers;
    if (threads === 1) {
      const output = outputOf(as, new ArrayBuffer(size * wordBytes(as)));
      using summer = images.open({ maxOpenFiles, stopped: () => signal?.throwIfAborted() });
      await summer.add(0, size, taker(output, count, as));
      return output;
    }
    const work = { size, as, maxOpenFiles: Math.max(1, Math.floor(maxOpenFiles / threads)) };
    using summer = images.open({ ...work, stopped: () => own.throwIfStopped() });
    const steps = Math.ceil(size / summer.stepPixels / (threads * portionsPerThread));
    const portionPixels = steps * summer.stepPixels;
    const own = portions(Math.ceil(size / portionPixels));
    using memory = sharedMemory(size * wordBytes(as));
    const output = memory.buffer;
    const shared = { images: images.shared, portions: own.memory, output, kernels: kernelModule() };
    const data = { ...work, ...shared, portionPixels } satisfies SharedSums;
    const sumOwn = () => sumPortions(summer, own, data, count);
    await shareWork(workers, { module: import.meta.url, name: sumInThread.name }, data, own, sumOwn, signal);
    return outputOf(as, output).slice();
  });
}

/** What the other threads do. */
export async function sumInThread(work: SharedSums): Promise<void> {
  const { images, size, portionPixels, maxOpenFiles } = work;
  useKernelModule(work.kernels);
  const own = portions(Math.ceil(size / portionPixels), work.portions);
  const options = { maxOpenFiles, stopped: () => own.throwIfStopped() };
  if (images.kind === "plain") {
    using summer = plainSummer(images.frames, size, options);
    await sumPortions(summer, own, work, images.frames.length);
    return;
  }
  const again = tiledFrames(await frameFiles(images.paths, "average", undefined));
  if (again === undefined || again.size !== size) {
    throw badFile("FITS_INVALID", "the file became another while it was read.", { file: images.paths[0] });
  }
  using summer = tiledSummer(again, options);
  await sumPortions(summer, own, work, images.paths.length);
}

async function sumPortions(summer: FrameSummer, own: Portions, work: SharedSums, count: number): Promise<void> {
  const { size, portionPixels, as } = work;
  const take = taker(outputOf(as, work.output), count, as);
  for (let portion = own.next(); portion !== undefined; portion = own.next()) {
    await summer.add(portion * portionPixels, Math.min(size, (portion + 1) * portionPixels), take);
  }
}

function addable(all: FrameFiles): AddableImages | undefined {
  const { files, shape } = all;
  const own = { count: files.length, size: sizeOf(shape) };
  const frames = plainFrames(files);
  if (frames !== undefined) {
    return { ...own, shared: { kind: "plain", frames }, open: (options) => plainSummer(frames, own.size, options) };
  }
  const tiled = tiledFrames(all);
  if (tiled === undefined) return undefined;
  const paths = files.map(({ path }) => path);
  return { ...own, shared: { kind: "tiled", paths }, open: (options) => tiledSummer(tiled, options) };
}

function wordBytes(as: SumsAs): number {
  return as === "means32" ? 4 : 8;
}

function outputOf(as: SumsAs, buffer: ArrayBufferLike): FloatArray {
  return as === "means32" ? new Float32Array(buffer) : new Float64Array(buffer);
}

function taker(output: FloatArray, count: number, as: SumsAs): TakeSums {
  return (added, start) => {
    if (as === "means32") output.set(added.means(count), start);
    else if (as === "sums") output.set(added.sums(), start);
    else for (const [i, sum] of added.sums().entries()) output[start + i] = sum / count;
  };
}
