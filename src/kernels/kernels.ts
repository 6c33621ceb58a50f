import { kernelBytes } from "./kernels.generated.ts";

/** The functions of `assembly/`, on places in the memory that they share. None checks a place: `regions` has room for all of it. */
export interface KernelFunctions {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  firstFree(): number;
  addU8(source: number, stride: number, frames: number, sums: number, count: number): void;
  addI16(source: number, stride: number, frames: number, sums: number, count: number): void;
  addI32(source: number, stride: number, frames: number, sums: number, count: number, offset: number): void;
  addF32(source: number, stride: number, frames: number, sums: number, count: number): void;
  addF64(source: number, stride: number, frames: number, sums: number, count: number): void;
  addOwnU8(...places: OwnPlaces): void;
  addOwnI16(...places: OwnPlaces): void;
  addOwnI32(...places: OwnPlaces): void;
  addOwnF32(...places: OwnPlaces): void;
  addOwnF64(...places: OwnPlaces): void;
  widenSums(narrow: number, sums: number, count: number, offset: number): void;
  divideF32(sums: number, output: number, count: number, divisor: number): void;
  divideNarrowF32(narrow: number, output: number, count: number, offset: number, divisor: number): void;
  decodeRice8(...places: RicePlaces): number;
  decodeRice16(...places: RicePlaces): number;
  decodeRice32(...places: RicePlaces): number;
  dequantizeF32(...places: DequantizePlaces): void;
  dequantizeF64(...places: DequantizePlaces): void;
  encodeRice8(...places: EncodePlaces): number;
  encodeRice16(...places: EncodePlaces): number;
  encodeRice32(...places: EncodePlaces): number;
  noiseRowF32(source: number, count: number, work: number, output: number): void;
  noiseRowF64(source: number, count: number, work: number, output: number): void;
  quantizeF32(...places: QuantizePlaces): void;
  quantizeF64(...places: QuantizePlaces): void;
  sumWords(source: number, words: number): number;
  wordChanges(words: number, before: number, records: number, output: number): number;
  censusF32(source: number, count: number, output: number): void;
  censusF64(source: number, count: number, output: number): void;
  momentsF32(source: number, count: number, guess: number, output: number): void;
  momentsF64(source: number, count: number, guess: number, output: number): void;
  countBinsF32(...places: [...BinPlaces, counts: number]): void;
  countBinsF64(...places: [...BinPlaces, counts: number]): void;
  pickBinsF32(...places: [...BinPlaces, wanted: number, values: number, numbers: number]): number;
  pickBinsF64(...places: [...BinPlaces, wanted: number, values: number, numbers: number]): number;
}

type BinPlaces = [source: number, count: number, low: number, high: number, scale: number, bins: number];

type OwnPlaces = [source: number, sums: number, count: number, offset: number];

type RicePlaces = [source: number, length: number, scratch: number, target: number, count: number, blockSize: number];

type EncodePlaces = [
  source: number,
  count: number,
  output: number,
  most: number,
  blockSize: number,
  differences: number,
];

type QuantizePlaces = [
  source: number,
  target: number,
  count: number,
  scale: number,
  zero: number,
  round: number,
  keepsZero: number,
];

type DequantizePlaces = [
  source: number,
  target: number,
  count: number,
  scale: number,
  zero: number,
  blank: number,
  hasBlank: number,
  round: number,
  keepsZero: number,
];

/** An instance of the kernels with a memory of its own. */
export interface Kernels {
  readonly run: KernelFunctions;
  /**
   * Lays regions of these sizes out in the memory, one behind the other, where earlier ones lay; a vector that runs over the end of one
   * harms no other. Arrays over the memory that were made before may be detached.
   *
   * @returns where each begins, a multiple of 64
   */
  regions(sizesBytes: readonly number[]): readonly number[];
  bytes(at: number, sizeBytes: number): Uint8Array<ArrayBuffer>;
}

const pageBytes = 65_536;
const aligned = (size: number): number => Math.ceil(size / 64) * 64;

/** What of it is used here: the types of Node know nothing of it. */
const { Module, Instance } = Reflect.get(globalThis, "WebAssembly") as {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
};

let compiled: object | undefined;

/** The kernels, compiled when they are first asked for. Another thread that is handed them, to `useKernelModule`, need not do it again. */
export function kernelModule(): object {
  compiled ??= new Module(Buffer.from(kernelBytes, "base64"));
  return compiled;
}

export function useKernelModule(module: object): void {
  compiled ??= module;
}

/** An instance costs little. */
export function openKernels(): Kernels {
  // What the module exports is what `npm run kernels` compiled; a test holds it against the names above.
  const run = new Instance(kernelModule()).exports as KernelFunctions;
  const first = aligned(run.firstFree());
  return {
    run,
    regions(sizesBytes) {
      let end = first;
      const places = sizesBytes.map((size) => {
        const at = end;
        end += aligned(size) + 64;
        return at;
      });
      const missing = end - run.memory.buffer.byteLength;
      if (missing > 0) run.memory.grow(Math.ceil(missing / pageBytes));
      return places;
    },
    bytes: (at, sizeBytes) => new Uint8Array(run.memory.buffer, at, sizeBytes),
  };
}

/** Instances that nobody uses now; each has its memory. */
const idle: Kernels[] = [];
const idleLimitBytes = 2 ** 24;

/** An instance for the time until it is disposed of, which another then takes over. */
export function borrowKernels(): Kernels & Disposable {
  const kernels = idle.pop() ?? openKernels();
  return {
    ...kernels,
    [Symbol.dispose]() {
      if (kernels.run.memory.buffer.byteLength <= idleLimitBytes) idle.push(kernels);
    },
  };
}
