import { Tag } from "firstlight";

/** The tags that only EIT has. */
export const EitTag = {
  wavelength: (angstrom: number) => Tag.format("WAVELENGTH", angstrom),
  missingBlocks: (count: number) => Tag.format("MISSING_BLOCKS", count),
  /** Missing telemetry blocks are NaN, and in the mask. */
  masked: () => "BLOCKS_MASKED",
  /** The pedestal is subtracted. */
  pedestalRemoved: () => "PEDESTAL_REMOVED",
  browse: () => "BROWSE",
} as const;
