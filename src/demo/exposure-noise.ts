import { type NdArray, sizeOf } from "../core/ndarray.ts";
import type { Header } from "../fits/header.ts";

/** What is known of exposures beside their light. */
export interface ExposureNoise {
  /** DETGAIN in electrons per adu, RDNOISE in electrons, XPOSURE in ms. */
  readonly header: Header;
  /** Electrons per second. */
  readonly darkRate: NdArray;
  /** How many exposures the light is the mean of. Default 1. */
  readonly frames?: number;
  /** Of what was taken off: the variance of the mean dark, adu². */
  readonly dark?: NdArray | undefined;
}

/**
 * The variance in adu² of exposures whose dark is taken off: photons of light and dark current, read noise and rounding, over the
 * number of exposures, and that of the dark itself.
 */
export function exposureNoise(light: NdArray, { header, darkRate, frames = 1, dark }: ExposureNoise): NdArray {
  const perAdu = header.number("DETGAIN");
  const floor = (header.number("RDNOISE") / perAdu) ** 2 + 1 / 12;
  const darkShare = header.number("XPOSURE") / 1000 / perAdu ** 2;
  const [signal, rate, known] = [light.data, darkRate.data, dark?.data];
  const data = new Float32Array(sizeOf(light.shape));
  for (let i = 0; i < data.length; i += 1) {
    const photons = Math.max(Number(signal[i]), 0) / perAdu + Math.max(Number(rate[i]), 0) * darkShare;
    data[i] = (photons + floor) / frames + (known === undefined ? 0 : Number(known[i]));
  }
  return { data, shape: light.shape };
}
