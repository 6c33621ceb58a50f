import type { PixelArray } from "../../core/ndarray.ts";
import { flipSigns } from "../byte-order.ts";
import { storageOf } from "../storage.ts";
import type { TileValues } from "./decode-tile.ts";
import { forEachRun, type Tile } from "./tile-grid.ts";

/** A copy of a tile's pixels as they are stored: unsigned ones shifted to signed. */
export function gatherTile(data: PixelArray, tile: Tile, axes: readonly number[], memory: PixelArray): TileValues {
  const pixels = memory.subarray(0, tile.count);
  forEachRun(tile, axes, (inTile, inImage, length) => {
    // Both are of one type, which the compiler cannot see.
    (pixels as Float64Array).set(data.subarray(inImage, inImage + length) as Float64Array, inTile);
  });
  if (storageOf(data).bzero === 0) return pixels as TileValues;
  const { buffer, byteOffset, byteLength, length } = pixels;
  flipSigns(new Uint8Array(buffer, byteOffset, byteLength), pixels.BYTES_PER_ELEMENT);
  if (pixels instanceof Int8Array) return new Uint8Array(buffer, byteOffset, length);
  if (pixels instanceof Uint16Array) return new Int16Array(buffer, byteOffset, length);
  if (pixels instanceof Uint32Array) return new Int32Array(buffer, byteOffset, length);
  return new BigInt64Array(buffer, byteOffset, length);
}
