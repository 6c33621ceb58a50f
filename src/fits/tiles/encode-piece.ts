import { type NdArray, type PixelArray, sizeOf } from "../../core/ndarray.ts";
import type { TilePlan } from "./compression.ts";
import { type EncodedTile, tileEncoder } from "./encode-tile.ts";
import { gatherTile } from "./gather-tile.ts";
import { tilesOf } from "./tile-grid.ts";
import { tilesAlong } from "./tiled-image.ts";

/** Encodes an image piece by piece. */
export interface PieceEncoder {
  /**
   * Encodes the tiles of a piece: positions along the slowest axis that are whole tiles, but for the last ones of the image.
   *
   * @param firstTile the number of its first tile in the image
   * @param take gets every tile in its order; its bytes are valid during the call only
   */
  encode(piece: NdArray, firstTile: number, take: (tile: EncodedTile) => void): void;
  /** ZDITHER0; known once the first tile is there. */
  readonly seed: number;
}

/** How many tiles so many positions along the slowest axis are, from the beginning of a tile on. */
export function tilesOfPiece({ axes, tileAxes }: TilePlan, positions: number): number {
  return axes
    .with(-1, positions)
    .reduce((product, length, axis) => product * tilesAlong(length, tileAxes[axis] ?? 1), 1);
}

export function pieceEncoder(plan: TilePlan): PieceEncoder {
  const { axes, tileAxes } = plan;
  const tilePixels = tileAxes.reduce((product, length) => product * length, 1);
  const encoder = tileEncoder(plan);
  let memory: PixelArray | undefined;
  return {
    get seed() {
      return encoder.seed;
    },
    encode({ data, shape }, firstTile, take) {
      const pieceAxes = axes.with(-1, shape[0] ?? 0);
      const mostPixels = Math.min(sizeOf(shape), tilePixels);
      if (memory === undefined || memory.length < mostPixels) memory = data.slice(0, mostPixels);
      for (const tile of tilesOf({ axes: pieceAxes, tileAxes, tileCount: tilesOfPiece(plan, shape[0] ?? 0) })) {
        const pixels = gatherTile(data, tile, pieceAxes, memory);
        take(encoder.encode(pixels, tile.lengths[0] ?? 1, firstTile + tile.index));
      }
    },
  };
}
