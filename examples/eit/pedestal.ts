import { FirstlightError, type NdArray } from "firstlight";

import { median } from "firstlight/math";

export interface Pedestal {
  /** In the image's own unit. */
  readonly value: number;
  /** One standard deviation, in the image's own unit. */
  readonly uncertainty: number;
  /** How many tiles it rests on. */
  readonly tiles: number;
}

export interface Disk {
  /** Counted from 0. */
  readonly column: number;
  readonly row: number;
  readonly radius: number;
}

/** How it is done, for the header. */
export const pedestalMethod = "mean of darkest tenth of off-disk tile medians";

const tilesAcross = 16;
const clearanceInRadii = 1.3;
const darkestShare = 0.1;

/**
 * The electronic pedestal of one frame. Light only ever adds to it: corona, scattered light and the shadow of the grid fill
 * the sky unevenly, so that a median over the corners lies some ten counts too high. The frame is therefore cut into 16 × 16
 * tiles; of those that lie wholly beyond 1.3 solar radii the median is taken, which cosmic rays do not move, and the
 * darkest tenth of these medians is averaged. Their standard deviation is the uncertainty: it holds the noise of a
 * tile's median and the slope of the light that is left.
 */
export function estimatePedestal(image: NdArray, disk: Disk, file: string): Pedestal {
  const [rows = 0, columns = 0] = image.shape;
  const height = Math.floor(rows / tilesAcross);
  const width = Math.floor(columns / tilesAcross);
  const clearance = disk.radius * clearanceInRadii;
  const medians: number[] = [];
  for (let top = 0; top + height <= rows; top += height) {
    for (let left = 0; left + width <= columns; left += width) {
      if (nearest(disk, top, left, height, width) < clearance) continue;
      const tile = new Float64Array(height * width);
      for (let row = 0; row < height; row++) {
        const start = (top + row) * columns + left;
        for (let column = 0; column < width; column++) tile[row * width + column] = Number(image.data[start + column]);
      }
      // A tile with a missing block says nothing.
      if (!tile.some(Number.isNaN)) medians.push(median(tile));
    }
  }
  const darkest = Float64Array.from(medians)
    .sort()
    .subarray(0, Math.max(3, Math.round(medians.length * darkestShare)));
  if (darkest.length < 3) {
    throw new FirstlightError(
      "EIT_PEDESTAL",
      `${file} has ${medians.length} tiles beyond ${clearanceInRadii} solar radii; the pedestal needs at least 3. Is it a full-disk frame?`,
      { fields: { file, tiles: medians.length } },
    );
  }
  const value = darkest.reduce((sum, each) => sum + each, 0) / darkest.length;
  const spread = darkest.reduce((sum, each) => sum + (each - value) ** 2, 0) / (darkest.length - 1);
  return { value, uncertainty: Math.sqrt(spread), tiles: darkest.length };
}

/** Distance from the disk's centre to the nearest pixel of a tile. */
function nearest(disk: Disk, top: number, left: number, height: number, width: number): number {
  const dx = Math.max(left - disk.column, 0, disk.column - (left + width - 1));
  const dy = Math.max(top - disk.row, 0, disk.row - (top + height - 1));
  return Math.hypot(dx, dy);
}
