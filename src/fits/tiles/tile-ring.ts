import { wordChange } from "../../core/word-change.ts";
import type { Levels } from "./quantize.ts";
import type { PlacedTile } from "./write-tiles.ts";

/** How large a ring is. */
export interface RingSize {
  /** Pieces that are on their way at a time. */
  readonly slots: number;
  /** Of a piece: its pixels, its tiles, and what these may become. */
  readonly inputBytes: number;
  readonly tiles: number;
  readonly outputBytes: number;
}

/** What the threads of a ring share. */
export interface RingMemory extends RingSize {
  readonly control: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
  readonly output: SharedArrayBuffer;
  readonly sizes: SharedArrayBuffer;
  readonly levels: SharedArrayBuffer;
}

/**
 * Pieces of an image on their way through threads, in slots that are used again: one thread fills them in their order, all encode
 * what is filled, and the first takes the bytes out, in their order again.
 */
export interface TileRing {
  /** The pixels of a piece. */
  input(piece: number): Uint8Array;
  /** The bytes of a piece's tiles, one behind the other. */
  output(piece: number): Uint8Array;
  /** That one more piece is filled. The seed has to be known with the first. */
  fill(seed: number): void;
  readonly seed: number;
  /** The next piece that nobody has, of so many; without one that is filled it waits for it, or says so. `undefined` where there are no more. */
  next(count: number, wait: boolean): number | "none yet" | undefined;
  /** What became of a tile. */
  place(piece: number, tile: number, placed: PlacedTile): void;
  placed(piece: number, tile: number): PlacedTile;
  /** That a piece is encoded. */
  finish(piece: number): void;
  isFinished(piece: number): boolean;
  /** Until a piece is encoded, or the work stopped. */
  finished(piece: number): Promise<void>;
  stop(): void;
  throwIfStopped(): void;
}

const [taken, stopped, filled, seedAt, slotsFrom] = [0, 1, 2, 3, 4];
/** Who waits looks up so often, come what may. */
const longestWaitMs = 1000;

export function ringMemory(size: RingSize): RingMemory {
  const { slots, inputBytes, outputBytes, tiles } = size;
  return {
    ...size,
    control: new SharedArrayBuffer(4 * (slotsFrom + slots)),
    input: new SharedArrayBuffer(slots * inputBytes),
    output: new SharedArrayBuffer(slots * outputBytes),
    sizes: new SharedArrayBuffer(slots * tiles * 4),
    levels: new SharedArrayBuffer(slots * tiles * 16),
  };
}

export function tileRing(memory: RingMemory): TileRing {
  const { slots, tiles, inputBytes, outputBytes } = memory;
  const words = new Int32Array(memory.control);
  const sizes = new Int32Array(memory.sizes);
  const levels = new Float64Array(memory.levels);
  const slotOf = (piece: number): number => piece % slots;
  const doneAt = (piece: number): number => slotsFrom + slotOf(piece);
  const isStopped = (): boolean => Atomics.load(words, stopped) !== 0;
  const isFinished = (piece: number): boolean => Atomics.load(words, doneAt(piece)) === piece + 1;
  return {
    input: (piece) => new Uint8Array(memory.input, slotOf(piece) * inputBytes, inputBytes),
    output: (piece) => new Uint8Array(memory.output, slotOf(piece) * outputBytes, outputBytes),
    fill(seed) {
      Atomics.store(words, seedAt, seed);
      Atomics.add(words, filled, 1);
      Atomics.notify(words, filled);
    },
    get seed() {
      return Atomics.load(words, seedAt);
    },
    next(count, wait) {
      while (!isStopped()) {
        const piece = Atomics.load(words, taken);
        if (piece >= count) return undefined;
        const there = Atomics.load(words, filled);
        if (piece < there) {
          if (Atomics.compareExchange(words, taken, piece, piece + 1) === piece) return piece;
        } else if (!wait) return "none yet";
        else Atomics.wait(words, filled, there, longestWaitMs);
      }
      return undefined;
    },
    place(piece, tile, { kind, sizeBytes, levels: own }) {
      const at = slotOf(piece) * tiles + tile;
      // What gzip made has a negative size.
      sizes[at] = kind === "gzip" ? -sizeBytes : sizeBytes;
      levels[2 * at] = own?.scale ?? Number.NaN;
      levels[2 * at + 1] = own?.zero ?? Number.NaN;
    },
    placed(piece, tile) {
      const at = slotOf(piece) * tiles + tile;
      const size = sizes[at] as number;
      const own: Levels = { scale: levels[2 * at] as number, zero: levels[2 * at + 1] as number };
      return {
        kind: size < 0 ? "gzip" : "compressed",
        sizeBytes: Math.abs(size),
        levels: Number.isNaN(own.scale) ? undefined : own,
      };
    },
    finish(piece) {
      Atomics.store(words, doneAt(piece), piece + 1);
      Atomics.notify(words, doneAt(piece));
    },
    isFinished,
    async finished(piece) {
      while (!isFinished(piece) && !isStopped()) {
        const seen = Atomics.load(words, doneAt(piece));
        if (!isFinished(piece)) await wordChange(words, doneAt(piece), seen, 1);
      }
    },
    stop() {
      Atomics.store(words, stopped, 1);
      for (let at = filled; at < words.length; at += 1) Atomics.notify(words, at);
    },
    throwIfStopped() {
      if (isStopped()) throw new Error("the work was stopped in another thread");
    },
  };
}
