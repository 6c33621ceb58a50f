import { byteArena } from "../../core/lent-memory.ts";
import type { NdArray } from "../../core/ndarray.ts";
import { type TileTableFacts, tileRowBytes } from "./compressed-cards.ts";
import type { TilePlan } from "./compression.ts";
import { pieceEncoder } from "./encode-piece.ts";
import type { EncodedTile } from "./encode-tile.ts";

/** Compresses an image piece by piece, and keeps the rows of its table. Disposed of, its memory is for others. */
export interface TileWriter extends Disposable {
  /** How many positions along the slowest axis make whole tiles; the last piece may have fewer. */
  readonly depth: number;
  /**
   * The next `depth` positions along the slowest axis, or a multiple.
   *
   * @returns bytes for the heap, tile behind tile; valid until the next call
   */
  add(piece: NdArray): Uint8Array<ArrayBuffer>;
  /** Notes the next tile, which was encoded elsewhere. */
  place(tile: PlacedTile): void;
  /** The seed of tiles that were encoded elsewhere. */
  useSeed(seed: number): void;
  /** The table's rows as they stand in the file; those of tiles to come are zeros. */
  readonly rows: Uint8Array;
  readonly facts: TileTableFacts;
}

/** What the table says of a tile's bytes in the heap. */
export interface PlacedTile extends Pick<EncodedTile, "kind" | "levels"> {
  readonly sizeBytes: number;
}

export function tileWriter(plan: TilePlan): TileWriter {
  const { tileAxes, tileCount, descriptor, quantization } = plan;
  const rowBytes = tileRowBytes(plan);
  const rows = new Uint8Array(rowBytes * tileCount);
  const view = new DataView(rows.buffer);
  const encoder = pieceEncoder(plan);
  const arena = byteArena();
  const mostBytes = { compressed: 0, gzip: 0 };
  let heapBytes = 0;
  let nextTile = 0;
  let foreignSeed: number | undefined;

  const describe = (at: number, count: number, offset: number): void => {
    if (descriptor === "P") {
      view.setInt32(at, count);
      view.setInt32(at + 4, offset);
    } else {
      view.setBigInt64(at, BigInt(count));
      view.setBigInt64(at + 8, BigInt(offset));
    }
  };
  const descriptorBytes = descriptor === "P" ? 8 : 16;
  const place = ({ kind, sizeBytes, levels }: PlacedTile): void => {
    const row = nextTile * rowBytes;
    describe(row + (kind === "gzip" ? descriptorBytes : 0), sizeBytes, heapBytes);
    if (quantization !== undefined && levels !== undefined) {
      view.setFloat64(row + 2 * descriptorBytes, levels.scale);
      view.setFloat64(row + 2 * descriptorBytes + 8, levels.zero);
    }
    mostBytes[kind] = Math.max(mostBytes[kind], sizeBytes);
    heapBytes += sizeBytes;
    nextTile += 1;
  };
  return {
    depth: tileAxes.at(-1) ?? 1,
    rows,
    get facts() {
      return { heapBytes, mostBytes, seed: foreignSeed ?? encoder.seed };
    },
    add(piece) {
      arena.clear();
      encoder.encode(piece, nextTile, ({ kind, bytes, levels }) => {
        place({ kind, sizeBytes: bytes.length, levels });
        arena.add(bytes);
      });
      return arena.bytes;
    },
    place,
    useSeed(seed) {
      foreignSeed = seed;
    },
    [Symbol.dispose]: () => arena[Symbol.dispose](),
  };
}
