import { FirstlightError, type NdArray } from "firstlight";
import { median } from "firstlight/math";

export interface Pedestal {
  /** In the image's own unit. */
  readonly value: number;
  /** One standard deviation, in the image's own unit. */
  readonly uncertainty: number;
}

/** Where the Sun is, in pixels, the first pixel being 0. */
export interface Disk {
  readonly column: number;
  readonly row: number;
  readonly radius: number;
}

/** How it is done, for the header. */
export const pedestalMethod = "mean of darkest tenth of off-disk tile medians";

const tilesAcross = 16;
const clearanceInRadii = 1.3;
const darkestShare = 0.1;
const fewestTiles = 3;

/**
 * The electronic pedestal of one frame. Light only ever adds to it, and corona, scattered light and the shadow of the grid
 * fill the sky unevenly: a median over the corners lies some ten counts too high. The frame is therefore cut into 16 × 16
 * tiles. Each one that lies wholly beyond 1.3 solar radii has its median taken, which cosmic rays do not move; the
 * darkest tenth of these medians is averaged. Their standard deviation is the uncertainty: it holds the noise of a
 * tile's median and the slope of the light that is left. Light that fills even the darkest tiles evenly cannot be told from
 * the pedestal.
 */
export function estimatePedestal(image: NdArray, disk: Disk, file: string): Pedestal {
  const medians = tileMedians(image, disk);
  const darkest = medians.sort().subarray(0, Math.max(fewestTiles, Math.round(medians.length * darkestShare)));
  if (darkest.length < fewestTiles) {
    throw new FirstlightError(
      "EIT_PEDESTAL",
      `${file}: ${medians.length} tiles of the sky lie beyond ${clearanceInRadii} solar radii; the pedestal needs ${fewestTiles} at least. Use full-disk frames.`,
      { fields: { file, tiles: medians.length } },
    );
  }
  const value = darkest.reduce((sum, each) => sum + each, 0) / darkest.length;
  const squares = darkest.reduce((sum, each) => sum + (each - value) ** 2, 0);
  return { value, uncertainty: Math.sqrt(squares / (darkest.length - 1)) };
}

/** The medians of the tiles off the disk. A tile with a missing block says nothing. */
function tileMedians(image: NdArray, disk: Disk): Float64Array {
  const [rows = 0, columns = 0] = image.shape;
  const [height, width] = [Math.ceil(rows / tilesAcross), Math.ceil(columns / tilesAcross)];
  const medians: number[] = [];
  for (let bottom = 0; bottom + height <= rows; bottom += height) {
    for (let left = 0; left + width <= columns; left += width) {
      // The tile's pixel that is nearest to the centre of the disk.
      const dx = Math.max(left - disk.column, 0, disk.column - (left + width - 1));
      const dy = Math.max(bottom - disk.row, 0, disk.row - (bottom + height - 1));
      if (Math.hypot(dx, dy) < clearanceInRadii * disk.radius) continue;
      const tile: number[] = [];
      for (let row = bottom; row < bottom + height; row++) {
        for (const value of image.data.subarray(row * columns + left, row * columns + left + width)) {
          tile.push(Number(value));
        }
      }
      if (!tile.some(Number.isNaN)) medians.push(median(Float64Array.from(tile)));
    }
  }
  return Float64Array.from(medians);
}
