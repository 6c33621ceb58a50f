import type { PixelAdder } from "../../kernels/pixel-adder.ts";

/** The sums of a strip; what they give is valid until the next call, and until its taker first waits; who takes it may change it. */
export type StripSums = Pick<PixelAdder, "sums" | "means">;

/** Takes what was added of a strip of `count` pixels that begins with the pixel `start`. The next strip waits for it. */
export type TakeSums = (added: StripSums, start: number, count: number) => void | Promise<void>;

/** Adds the pixels of many frames, in any part of the image. */
export interface FrameSummer extends Disposable {
  /** A part begins at a multiple of so many pixels. */
  readonly stepPixels: number;
  /** Hands over the sums of the pixels from `from` up to `to`, strip by strip. */
  add(from: number, to: number, take: TakeSums): Promise<void>;
}

export interface SummerOptions {
  readonly maxOpenFiles: number;
  /** Throws where the work is to end; called now and then. */
  stopped(): void;
}
