import { FirstlightError } from "firstlight";
import type { Frame } from "firstlight/fits";
import { pixelFlags } from "firstlight/math";

export interface BlockLayout {
  /** As the header counts them. */
  readonly missing: number;
  readonly horizontal: number;
  readonly vertical: number;
}

/**
 * Marks the telemetry blocks that never arrived. On the ground they were filled with zeros, a value that the pedestal of
 * more than 800 makes impossible for a measured pixel. What is zero must be exactly the blocks that the header
 * counts: everything else means that the frame or its header is damaged.
 */
export function maskMissingBlocks(frame: Frame, blocks: BlockLayout, file: string): Frame {
  const [rows = 0, columns = 0] = frame.image.shape;
  const height = rows / blocks.vertical;
  const width = columns / blocks.horizontal;
  if (!Number.isInteger(height) || !Number.isInteger(width)) {
    throw damaged(
      file,
      `${columns} × ${rows} pixels do not divide into ${blocks.horizontal} × ${blocks.vertical} blocks`,
    );
  }
  const data = Float64Array.from(frame.image.data as Float64Array);
  const mask = new Uint32Array(data.length);
  let found = 0;
  for (let top = 0; top < rows; top += height) {
    for (let left = 0; left < columns; left += width) {
      const pixels = blockPixels(top, left, height, width, columns);
      if (!pixels.every((pixel) => data[pixel] === 0)) continue;
      found += 1;
      for (const pixel of pixels) {
        data[pixel] = Number.NaN;
        mask[pixel] = pixelFlags.missing;
      }
    }
  }
  const strays = data.reduce((count, value) => (value === 0 ? count + 1 : count), 0);
  if (found !== blocks.missing || strays > 0) {
    const seen = `${found} zero-valued blocks${strays > 0 ? ` and ${strays} zero pixels outside of them` : ""}`;
    throw damaged(file, `N_MISSING_BLOCKS is ${blocks.missing}, and the image has ${seen}`);
  }
  return { ...frame, image: { data, shape: frame.image.shape }, mask: { data: mask, shape: frame.image.shape } };
}

function blockPixels(top: number, left: number, height: number, width: number, columns: number): Uint32Array {
  return Uint32Array.from(
    { length: height * width },
    (_, index) => (top + Math.floor(index / width)) * columns + left + (index % width),
  );
}

function damaged(file: string, problem: string): FirstlightError {
  return new FirstlightError(
    "EIT_MISSING_BLOCKS",
    `${file}: ${problem}. Fetch the frame again, or leave it out of the input.`,
    { fields: { file } },
  );
}
