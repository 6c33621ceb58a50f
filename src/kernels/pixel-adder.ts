import { borrowKernels, type KernelFunctions } from "./kernels.ts";

/** Pixels as a file stores them, big-endian; `otherSign` where the highest bit is flipped for values of the other sign. */
export interface StoredKind {
  readonly bitpix: 8 | 16 | 32 | -32 | -64;
  readonly otherSign: boolean;
}

/** Sums of a strip of pixels over many frames, in float64: integers exactly up to 2^53, reals in the order of the frames. To be disposed of once it is not used any more. */
export interface PixelAdder extends Disposable {
  /** Begins a strip of so many pixels, at most those that the adder was made for; on top of sums where there are any. */
  begin(count: number, sums?: Float64Array): void;
  /** Where the bytes of the strip of the next frame are to be put, whole, before the next call. */
  next(kind: StoredKind): Uint8Array<ArrayBuffer>;
  /** The sums; valid until the next call. */
  sums(): Float64Array<ArrayBuffer>;
  /** The sums divided, rounded once to float32; valid until the next call. */
  means(divisor: number): Float32Array<ArrayBuffer>;
}

/** Frames whose bytes wait to be added at once: the sums are then loaded and stored once for all. */
const slots = 4;

/** Sums of 32 bits hold 2^16 frames of 16 bits, less one. */
const narrowFrames = 65_535;

interface Adding {
  readonly wordBytes: number;
  readonly isNarrow: boolean;
  /** What is still to be added to each value in the narrow sums: the offset of the other sign's convention. */
  readonly offset: number;
  readonly add: (source: number, stride: number, frames: number, sums: number, count: number) => void;
}

/** @param mostPixels of a strip */
export function pixelAdder(mostPixels: number): PixelAdder {
  const kernels = borrowKernels();
  const { run } = kernels;
  const stride = Math.ceil((mostPixels * 8) / 64) * 64;
  const [source = 0, narrow = 0, wide = 0, output = 0] = kernels.regions([
    slots * stride,
    mostPixels * 4,
    mostPixels * 8,
    mostPixels * 4,
  ]);
  const slotBytes = Array.from({ length: slots }, (_, slot) => kernels.bytes(source + slot * stride, mostPixels * 8));
  let pixels = 0;
  let waiting = 0;
  let narrowed = 0;
  let isWide = false;
  let kind: StoredKind | undefined;
  let how: Adding | undefined;

  const wideSums = () => new Float64Array(run.memory.buffer, wide, pixels);
  const needWide = (): void => {
    if (!isWide) wideSums().fill(0);
    isWide = true;
  };
  const add = (): void => {
    if (how === undefined || waiting === 0) return;
    if (!how.isNarrow) needWide();
    how.add(source, stride, waiting, how.isNarrow ? narrow : wide, pixels);
    if (how.isNarrow) narrowed += waiting;
    waiting = 0;
  };
  const widen = (): void => {
    if (how === undefined || narrowed === 0) return;
    needWide();
    run.widenSums(narrow, wide, pixels, how.offset * narrowed);
    narrowed = 0;
  };
  return {
    begin(count, sums) {
      if (count > mostPixels) throw new RangeError(`A strip of ${count} pixels; there is room for ${mostPixels}.`);
      pixels = count;
      waiting = 0;
      narrowed = 0;
      isWide = sums !== undefined;
      kernels.bytes(narrow, pixels * 4).fill(0);
      if (sums !== undefined) wideSums().set(sums);
    },
    next(of) {
      if (kind === undefined || of.bitpix !== kind.bitpix || of.otherSign !== kind.otherSign) {
        add();
        widen();
        kind = of;
        how = addingOf(of, run);
      } else if (waiting === slots) {
        add();
        if (narrowed > narrowFrames - slots) widen();
      }
      const bytes = slotBytes[waiting] as Uint8Array<ArrayBuffer>;
      waiting += 1;
      return bytes.subarray(0, pixels * (how as Adding).wordBytes);
    },
    sums() {
      add();
      widen();
      needWide();
      return wideSums();
    },
    means(divisor) {
      add();
      if (isWide) {
        widen();
        run.divideF32(wide, output, pixels, divisor);
      } else run.divideNarrowF32(narrow, output, pixels, (how?.offset ?? 0) * narrowed, divisor);
      return new Float32Array(run.memory.buffer, output, pixels);
    },
    [Symbol.dispose]: () => kernels[Symbol.dispose](),
  };
}

function addingOf({ bitpix, otherSign }: StoredKind, run: KernelFunctions): Adding {
  const wordBytes = Math.abs(bitpix) / 8;
  switch (bitpix) {
    case 8:
      return { wordBytes, isNarrow: true, offset: otherSign ? -128 : 0, add: run.addU8 };
    case 16:
      return { wordBytes, isNarrow: true, offset: otherSign ? 32_768 : 0, add: run.addI16 };
    case 32:
      return {
        wordBytes,
        isNarrow: false,
        offset: 0,
        add: (...places) => run.addI32(...places, otherSign ? 2 ** 31 : 0),
      };
    case -32:
      return { wordBytes, isNarrow: false, offset: 0, add: run.addF32 };
    case -64:
      return { wordBytes, isNarrow: false, offset: 0, add: run.addF64 };
  }
}
