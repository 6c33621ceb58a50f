import { Tag } from "firstlight";

/** The tags that only EIT has. */
export const EitTag = {
  /** What the camera said of itself, "yes" or "no". `parse-eit.ts` tags the input frames with it. */
  cameraError: (answer: "yes" | "no") => Tag.format("CAMERA_ERROR", answer),
  /** Missing telemetry blocks are NaN, and in the mask. */
  blocksMasked: () => "BLOCKS_MASKED",
  /** The pedestal is subtracted. */
  pedestalRemoved: () => "PEDESTAL_REMOVED",
} as const;
