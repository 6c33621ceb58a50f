/** What the synthetic camera takes. */
export interface CameraOptions {
  /** The same seed gives the same frames and the same truth. Default 1. */
  readonly seed?: number | string;
  /** Rows and columns. Default 1024. */
  readonly sizePixels?: number;
  /** Dark frames for each of the three exposure times. Default 8. */
  readonly darkFrames?: number;
  /** Default 14. */
  readonly lampFrames?: number;
  /** Default 6. */
  readonly solarFrames?: number;
  /** Default 20. */
  readonly observeFrames?: number;
}

export type CameraSettings = Required<CameraOptions>;

export function cameraSettings(options: CameraOptions = {}): CameraSettings {
  const { seed = 1, sizePixels = 1024, darkFrames = 8, lampFrames = 14, solarFrames = 6, observeFrames = 20 } = options;
  return { seed, sizePixels, darkFrames, lampFrames, solarFrames, observeFrames };
}

/** The camera as its maker would describe it: in every frame's header, so no secret. */
export const detector = {
  electronsPerAdu: 2,
  readNoiseElectrons: 6,
  bits: 16,
} as const;

/** Each kind of frame has its own exposure time, and darks are taken at all of them. */
export const exposureSeconds = { observe: 0.2, solar: 0.4, lamp: 2 } as const;

/** Electrons per second in a pixel of response 1, at the brightest place. */
export const lightRate = { observe: 200_000, solar: 90_000, lamp: 22_000 } as const;
