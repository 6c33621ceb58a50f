import type { NdArray } from "../core/ndarray.ts";
import type { HeaderRecord } from "../fits/header.ts";
import { random } from "../math/random.ts";
import { type Exposure, type FrameKind, frameHeader } from "./camera-header.ts";
import {
  type CameraOptions,
  type CameraSettings,
  cameraSettings,
  detector,
  exposureSeconds,
  lightRate,
} from "./camera-options.ts";
import { cameraTruth, type Truth } from "./truth.ts";

export interface RawFrame {
  readonly fileName: string;
  readonly kind: FrameKind;
  readonly exposureSeconds: number;
  /** From 1 within its kind and exposure time; of observe frames the number of the Sun in the truth. */
  readonly number: number;
  /** All cards but those that describe the array. */
  readonly header: HeaderRecord;
  /** Raw counts, shape [size, size]. */
  readonly image: NdArray<Uint16Array>;
}

const start = Date.UTC(2026, 2, 20, 10, 0, 0);
const readoutMs = 500;
/** Pixels that are drawn at once: the draws stay in the first-level cache. */
const blockLength = 1024;

/** How many frames `makeFrames` makes. */
export function frameCount(options: CameraOptions = {}): number {
  return plan(cameraSettings(options)).length;
}

/**
 * The raw frames of a night, one after the other, each made when it is asked for: darks at every exposure time in use,
 * lamp gain, solar gain, observe.
 *
 * A pixel counts ⌊bias + P/g + N + ½⌋ ADU, clipped to 16 bits, with P a Poisson draw of the mean
 * (light · response + dark rate) · time in electrons, g electrons per ADU, and N the read noise.
 *
 * The lamp shines steadily but unevenly: it measures the response of each pixel against its neighbours, with many
 * photons. Solar gain frames are taken through a diffuser, which mixes the disk: an even field of the true light path, so
 * the smooth part of the response comes from them. A good flat is the lamp's times the smooth part of sunlight over lamp.
 * The level of either light changes by a per cent from frame to frame.
 */
export function* makeFrames(options: CameraOptions = {}): Generator<RawFrame> {
  const truth = cameraTruth(options);
  const { settings } = truth;
  const size = settings.sizePixels;
  let index = 0;
  for (const exposure of plan(settings)) {
    index += 1;
    const { kind, number } = exposure;
    const draws = random(`${settings.seed}/frame/${index}`);
    const level = kind === "lamp gain" || kind === "solar gain" ? 1 + 0.01 * draws.gaussian() : 1;
    const data = new Uint16Array(size * size);
    expose(data, exposure.exposureSeconds, lightOf(exposure, truth), level * brightness(kind), truth, draws);
    yield {
      fileName: `democam_${String(index).padStart(4, "0")}_${kind.replace(" ", "_")}.fits`,
      kind,
      exposureSeconds: exposure.exposureSeconds,
      number,
      header: frameHeader(exposure, settings),
      image: { data, shape: [size, size] },
    };
  }
}

function plan(settings: CameraSettings): Exposure[] {
  const { observe, solar, lamp } = exposureSeconds;
  const groups: readonly (readonly [FrameKind, number, number])[] = [
    ["dark", observe, settings.darkFrames],
    ["dark", solar, settings.darkFrames],
    ["dark", lamp, settings.darkFrames],
    ["lamp gain", lamp, settings.lampFrames],
    ["solar gain", solar, settings.solarFrames],
    ["observe", observe, settings.observeFrames],
  ];
  const exposures: Exposure[] = [];
  let timeMs = start;
  for (const [kind, seconds, count] of groups) {
    for (let number = 1; number <= count; number++) {
      exposures.push({ kind, exposureSeconds: seconds, number, begin: new Date(timeMs) });
      timeMs += Math.round(1000 * seconds) + readoutMs;
    }
  }
  return exposures;
}

function lightOf({ kind, number }: Exposure, truth: Truth): Float32Array | undefined {
  if (kind === "observe") return truth.sun(number).data;
  return kind === "lamp gain" ? truth.lamp.data : undefined;
}

function brightness(kind: FrameKind): number {
  if (kind === "dark") return 0;
  if (kind === "lamp gain") return lightRate.lamp;
  return kind === "solar gain" ? lightRate.solar : lightRate.observe;
}

/** `light` is a pattern of the light; without it the field is even. */
function expose(
  into: Uint16Array,
  seconds: number,
  light: Float32Array | undefined,
  rate: number,
  truth: Truth,
  draws: ReturnType<typeof random>,
): void {
  const [gain, dark, bias] = [truth.gain.data, truth.darkRate.data, truth.biasAdu.data];
  const perElectron = 1 / detector.electronsPerAdu;
  const readNoise = detector.readNoiseElectrons * perElectron;
  const top = 2 ** detector.bits - 1;
  const electronsAtOne = rate * seconds;
  const noise = new Float64Array(blockLength);
  const electrons = new Float64Array(blockLength);
  for (let from = 0; from < into.length; from += blockLength) {
    const length = Math.min(blockLength, into.length - from);
    for (let k = 0; k < length; k++) {
      const i = from + k;
      const shine = light === undefined ? 1 : (light[i] as number);
      electrons[k] = electronsAtOne * shine * (gain[i] as number) + (dark[i] as number) * seconds;
    }
    draws.fillPoisson(electrons);
    draws.fillGaussian(noise);
    for (let k = 0; k < length; k++) {
      const i = from + k;
      const counts = (bias[i] as number) + (electrons[k] as number) * perElectron + (noise[k] as number) * readNoise;
      into[i] = counts <= 0 ? 0 : counts >= top ? top : counts + 0.5;
    }
  }
}
