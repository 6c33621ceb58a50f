import { sizeOf } from "../../core/ndarray.ts";
import { type Portions, portions } from "../../core/portions.ts";
import { shareWork, withWorkers } from "../../core/share-work.ts";
import { sharedMemory } from "../../core/shared-memory.ts";
import type { Workers } from "../../core/workers.ts";
import { badFile } from "../../fits/bad-file.ts";
import { kernelModule, useKernelModule } from "../../kernels/kernels.ts";
import type { FloatArray } from "../precision.ts";
import { type FilesOptions, openFilesOf } from "./accumulate-files.ts";
import { type FrameFiles, frameFiles } from "./frame-files.ts";
import type { FrameSummer, StripSums, SummerOptions, TakeSums } from "./frame-summer.ts";
import { stripRing, stripRingBytes } from "./strip-ring.ts";
import { type PlainFrame, plainFrames, plainSummer } from "./sum-plain.ts";
import { tiledFrames, tiledSummer } from "./sum-tiled.ts";

/** What is to come of the sums: they in float64, or divided by the number of frames and rounded once. */
export type SumsAs = "sums" | "means32" | "means64";

/** Frames whose stored pixels can be added as they are, plain or compressed in rows. */
export interface AddableImages {
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
  readonly ring: SharedArrayBuffer;
  readonly slots: number;
  readonly slotBytes: number;
  readonly as: SumsAs;
  readonly maxOpenFiles: number;
}

/**
 * Of so many portions each thread takes one after the other: so that none waits long for the last. Where files have to be opened for
 * every portion, these are larger.
 */
const portionsPerThread = 64;
const portionsOfReopened = 8;
const slotsPerThread = 3;
const mostSlots = 96;

/** Takes the sums or means of a strip that begins with the pixel `start`; they are valid until it first waits for something. */
export type TakeResult = (values: FloatArray, start: number) => void | Promise<void>;

/** Sums or means of the images of many files; `undefined` where not all of them can be added as they are stored. */
export async function sumImages(all: FrameFiles, as: SumsAs, options: FilesOptions): Promise<FloatArray | undefined> {
  const images = addableImages(all);
  if (images === undefined) return undefined;
  const output = valuesOf(as, new ArrayBuffer(images.size * wordBytes(as)));
  await sumStrips(images, as, options, (values, start) => output.set(values, start));
  return output;
}

/** Hands over the sums or means strip by strip, as they are there: with several threads in no particular order. */
export async function sumStrips(
  images: AddableImages,
  as: SumsAs,
  options: FilesOptions,
  take: TakeResult,
): Promise<void> {
  const { size, count } = images;
  const { signal } = options;
  const maxOpenFiles = openFilesOf(options);
  const takeSums: TakeSums = (added, start) => take(resultOf(added, count, as), start);
  await withWorkers(options.workers, async (workers) => {
    const { threads } = workers;
    if (threads === 1) {
      using summer = images.open({ maxOpenFiles, stopped: () => signal?.throwIfAborted() });
      await summer.add(0, size, takeSums);
      return;
    }
    const work = { size, as, maxOpenFiles: Math.max(1, Math.floor(maxOpenFiles / threads)) };
    using summer = images.open({ ...work, stopped: () => own.throwIfStopped() });
    const most = threads * (count > work.maxOpenFiles ? portionsOfReopened : portionsPerThread);
    const portionPixels = Math.ceil(size / summer.stepPixels / most) * summer.stepPixels;
    const own = portions(Math.ceil(size / portionPixels));
    const slots = Math.min(mostSlots, (threads - 1) * slotsPerThread);
    const slotBytes = summer.stepPixels * wordBytes(as);
    using memory = sharedMemory(stripRingBytes(slots, slotBytes));
    new Uint8Array(memory.buffer, 0, stripRingBytes(slots, 0)).fill(0);
    const ring = stripRing(memory.buffer, slots, slotBytes);
    const shared = { images: images.shared, portions: own.memory, kernels: kernelModule() };
    const data = { ...work, ...shared, portionPixels, ring: memory.buffer, slots, slotBytes } satisfies SharedSums;
    // This thread takes the result, the others hand it their strips.
    let taken = 0;
    const takeGiven = async (): Promise<void> => {
      taken += await ring.take((bytes, start, length) =>
        take(valuesOf(as, bytes.buffer, bytes.byteOffset, length), start),
      );
    };
    const sumOwn = async (): Promise<void> => {
      await sumPortions(summer, own, data, async (added, start, length) => {
        await takeSums(added, start, length);
        taken += length;
        await takeGiven();
      });
      for (await takeGiven(); taken < size; await takeGiven()) {
        own.throwIfStopped();
        await ring.more();
      }
    };
    await shareWork(workers, { module: import.meta.url, name: sumInThread.name }, data, own, sumOwn, signal);
  });
}

/** Has the other threads start and load what they need, while this one finds out what there is to do. */
export function prepareSums(workers: Workers): void {
  for (const each of workers.run(import.meta.url, prepareInThread.name, kernelModule())) each.catch(() => undefined);
}

export function prepareInThread(kernels: object): void {
  useKernelModule(kernels);
}

/** What the other threads do. */
export async function sumInThread(work: SharedSums): Promise<void> {
  const { images, size, portionPixels, maxOpenFiles, as } = work;
  useKernelModule(work.kernels);
  const own = portions(Math.ceil(size / portionPixels), work.portions);
  const ring = stripRing(work.ring, work.slots, work.slotBytes);
  const give =
    (count: number): TakeSums =>
    (added, start, length) => {
      const fill = ({ buffer, byteOffset }: Uint8Array<ArrayBufferLike>): void =>
        valuesOf(as, buffer, byteOffset, length).set(resultOf(added, count, as));
      ring.give(start, length, fill, () => own.throwIfStopped());
    };
  const options = { maxOpenFiles, stopped: () => own.throwIfStopped() };
  if (images.kind === "plain") {
    using summer = plainSummer(images.frames, size, options);
    await sumPortions(summer, own, work, give(images.frames.length));
    return;
  }
  const again = tiledFrames(await frameFiles(images.paths, "average", undefined));
  if (again === undefined || again.size !== size) {
    throw badFile("FITS_INVALID", "the file became another while it was read.", { file: images.paths[0] });
  }
  using summer = tiledSummer(again, options);
  await sumPortions(summer, own, work, give(images.paths.length));
}

async function sumPortions(summer: FrameSummer, own: Portions, work: SharedSums, take: TakeSums): Promise<void> {
  const { size, portionPixels } = work;
  for (let portion = own.next(); portion !== undefined; portion = own.next()) {
    await summer.add(portion * portionPixels, Math.min(size, (portion + 1) * portionPixels), take);
  }
}

/** `undefined` where not all of them can be added as they are stored. */
export function addableImages(all: FrameFiles): AddableImages | undefined {
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

function valuesOf(as: SumsAs, buffer: ArrayBufferLike, byteOffset = 0, length?: number): FloatArray {
  const count = length ?? buffer.byteLength / wordBytes(as);
  return as === "means32" ? new Float32Array(buffer, byteOffset, count) : new Float64Array(buffer, byteOffset, count);
}

function resultOf(added: StripSums, count: number, as: SumsAs): FloatArray {
  if (as === "means32") return added.means(count);
  const sums = added.sums();
  if (as === "means64") for (const [i, sum] of sums.entries()) sums[i] = sum / count;
  return sums;
}
