import { type NdArray, type PixelArray, sizeOf } from "../../core/ndarray.ts";
import { type TileTableFacts, tileRowBytes } from "./compressed-cards.ts";
import type { TilePlan } from "./compression.ts";
import { type EncodedTile, tileEncoder } from "./encode-tile.ts";
import { gatherTile } from "./gather-tile.ts";
import type { EncodedTiles } from "./share-tiles.ts";
import { tilesOf } from "./tile-grid.ts";
import { tilesAlong } from "./tiled-image.ts";

/** Compresses an image piece by piece, and keeps the rows of its table. */
export interface TileWriter {
  /** How many positions along the slowest axis make whole tiles; the last piece may have fewer. */
  readonly depth: number;
  /**
   * The next `depth` positions along the slowest axis.
   *
   * @returns bytes for the heap, tile behind tile
   */
  add(piece: NdArray): Uint8Array[];
  /** All tiles of the image, which were encoded elsewhere. */
  take(encoded: EncodedTiles): Uint8Array[];
  /** The table's rows as they stand in the file; those of tiles to come are zeros. */
  readonly rows: Uint8Array;
  readonly facts: TileTableFacts;
}

export function tileWriter(plan: TilePlan): TileWriter {
  const { axes, tileAxes, tileCount, descriptor, quantization } = plan;
  const rowBytes = tileRowBytes(plan);
  const rows = new Uint8Array(rowBytes * tileCount);
  const view = new DataView(rows.buffer);
  const encoder = tileEncoder(plan);
  const mostBytes = { compressed: 0, gzip: 0 };
  let heapBytes = 0;
  let nextTile = 0;
  let memory: PixelArray | undefined;
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
  const keep = ({ kind, bytes, levels }: EncodedTile): Uint8Array => {
    const row = nextTile * rowBytes;
    describe(row + (kind === "gzip" ? descriptorBytes : 0), bytes.length, heapBytes);
    if (quantization !== undefined && levels !== undefined) {
      view.setFloat64(row + 2 * descriptorBytes, levels.scale);
      view.setFloat64(row + 2 * descriptorBytes + 8, levels.zero);
    }
    mostBytes[kind] = Math.max(mostBytes[kind], bytes.length);
    heapBytes += bytes.length;
    nextTile += 1;
    return bytes;
  };
  return {
    depth: tileAxes.at(-1) ?? 1,
    rows,
    get facts() {
      return { heapBytes, mostBytes, seed: foreignSeed ?? encoder.seed };
    },
    add({ data, shape }) {
      const pieceAxes = axes.with(-1, shape[0] ?? 0);
      const count = pieceAxes.reduce((product, length, axis) => product * tilesAlong(length, tileAxes[axis] ?? 1), 1);
      const mostPixels = Math.min(
        sizeOf(shape),
        tileAxes.reduce((product, length) => product * length, 1),
      );
      if (memory === undefined || memory.length < mostPixels) memory = data.slice(0, mostPixels);
      const heap: Uint8Array[] = [];
      for (const tile of tilesOf({ axes: pieceAxes, tileAxes, tileCount: count })) {
        const pixels = gatherTile(data, tile, pieceAxes, memory);
        heap.push(keep(encoder.encode(pixels, tile.lengths[0] ?? 1, nextTile)));
      }
      return heap;
    },
    take({ tiles, seed }) {
      foreignSeed = seed;
      return tiles.map(keep);
    },
  };
}
