import { FirstlightError } from "firstlight";
import type { Frame } from "firstlight/fits";
import { emptyMask, pixelFlags } from "firstlight/math";
import type { Eit } from "./eit-access.ts";

/**
 * Marks the telemetry blocks that never arrived: NaN, and flagged in a mask. On the ground they were filled with zeros,
 * which no measured pixel can be above a pedestal of some 844. So the zeros must be exactly the blocks that the header
 * counts; anything else means that the frame or its header is damaged. A frame that misses none comes back as it is.
 */
export function maskMissingBlocks(frame: Frame, eit: Eit): Frame {
  const { rows, columns, blocksAcross, blocksUp, missingBlocks, file } = eit;
  const [width, height] = [columns / blocksAcross, rows / blocksUp];
  if (!Number.isInteger(width) || !Number.isInteger(height)) {
    throw damaged(file, `${columns} × ${rows} pixels cannot be cut into ${blocksAcross} × ${blocksUp} blocks`);
  }
  const data = Float64Array.from(frame.image.data, Number);
  const mask = emptyMask(frame.image.shape);
  let found = 0;
  for (let bottom = 0; bottom < rows; bottom += height) {
    for (let left = 0; left < columns; left += width) {
      const block = pixelsOf(bottom, left, height, width, columns);
      if (!block.every((pixel) => data[pixel] === 0)) continue;
      found += 1;
      for (const pixel of block) {
        data[pixel] = Number.NaN;
        mask.data[pixel] = pixelFlags.missing;
      }
    }
  }
  const strays = data.reduce((count, value) => (value === 0 ? count + 1 : count), 0);
  if (found !== missingBlocks || strays > 0) {
    const pixels = strays === 1 ? "1 zero pixel" : `${strays} zero pixels`;
    const seen = `${found} zero-valued ${found === 1 ? "block" : "blocks"}${strays > 0 ? ` and ${pixels} outside of them` : ""}`;
    throw damaged(file, `N_MISSING_BLOCKS is ${missingBlocks}, but the image has ${seen}`);
  }
  return found === 0 ? frame : { ...frame, image: { data, shape: frame.image.shape }, mask };
}

/** The places of a block's pixels in the image. */
function pixelsOf(bottom: number, left: number, height: number, width: number, columns: number): Uint32Array {
  return Uint32Array.from(
    { length: height * width },
    (_, index) => (bottom + Math.floor(index / width)) * columns + left + (index % width),
  );
}

function damaged(file: string, problem: string): FirstlightError {
  return new FirstlightError(
    "EIT_MISSING_BLOCKS",
    `${file}: ${problem}. Fetch the frame again, or leave it out of the input.`,
    { fields: { file } },
  );
}
