import { random } from "../../src/math/index.ts";
import { eitHeader } from "./eit-header.ts";

export interface EitFrameOptions {
  /** 0, 1, 2, …: an hour apart. Also the seed of the noise. */
  readonly index?: number;
  /** Pixels on each side: 128 resampled eight to one as the real test frames are, 1024 not resampled. Default 128. */
  readonly side?: number;
  /** Telemetry blocks that never arrived, as [column, row] among 32 × 32. */
  readonly missing?: readonly (readonly [number, number])[];
  readonly rollDeg?: number;
  readonly wavelength?: number;
  readonly cameraError?: boolean;
  /** Changes the header's lines before they are written. */
  readonly edit?: (lines: readonly string[]) => readonly string[];
  /** Changes the pixels before they are written; the first row is the bottom one. */
  readonly paint?: (pixels: Float64Array) => void;
}

/** What a frame was made of. */
export interface EitTruth {
  readonly pedestal: number;
  /** Light in counts, without noise and cosmic rays. */
  readonly light: Float64Array;
  readonly exposureS: number;
  /** Of the limb, in pixels of this frame. */
  readonly radius: number;
  /** The corrected begin of the exposure. */
  readonly begin: string;
}

export interface EitFrame {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly truth: EitTruth;
}

const pedestal = 844;
const cameraSide = 1024;
const cameraRadius = 372.27;
const commandedS = 10;

/** A frame with the habits of EIT's archive at 195 Å: seeded, so that the same options give the same bytes. */
export function makeEitFrame(options: EitFrameOptions = {}): EitFrame {
  const { index = 0, side = 128, missing = [], rollDeg = 180, wavelength = 195 } = options;
  const radius = (cameraRadius * side) / cameraSide;
  const shutterS = (2592 + (index % 8)) / 1000;
  const observed = Date.UTC(2004, 2, 1, index, 0, 10, 500 + index);
  // The first one was really taken on the day before.
  const begin = new Date(observed - 110_072 - index).toISOString();
  const light = lightOf(side, radius);
  const pixels = exposed(light, side, index);
  for (const [column, row] of missing) blank(pixels, side, column, row);
  options.paint?.(pixels);
  const name = `efz${new Date(observed).toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", ".")}`;
  const lines = eitHeader({
    side,
    name,
    observed: new Date(observed).toISOString().slice(0, -1),
    begin,
    commandedS,
    shutterS,
    wavelength,
    rollDeg,
    cameraError: options.cameraError ?? false,
    missingBlocks: missing.length,
  });
  const bytes = Buffer.concat([headerBytes(options.edit?.(lines) ?? lines), dataBytes(pixels)]);
  return { name: `${name}.fits`, bytes, truth: { pedestal, light, exposureS: commandedS + shutterS, radius, begin } };
}

/** Disk, corona, active regions and scattered light under the shadow of the grid. */
function lightOf(side: number, radius: number): Float64Array {
  const light = new Float64Array(side * side);
  const centre = (side - 1) / 2;
  const unit = side / 128;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const [x, y] = [(column - centre) / radius, (row - centre) / radius];
      const r = Math.hypot(x, y);
      // Beyond the limb a line of sight crosses the corona on both sides of the Sun.
      const disk = 45 + 45 * Math.min(r, 1) ** 10;
      const corona = 155 * Math.exp((1 - r) / 0.13);
      const beyond = 1 / (1 + Math.exp(((1 - r) * radius) / 0.6));
      const regions =
        500 * Math.exp(-((x - 0.35) ** 2 + (y - 0.3) ** 2) / 0.006) +
        300 * Math.exp(-((x + 0.6) ** 2 + (y + 0.2) ** 2) / 0.004);
      // 10 counts in two corners, nothing in the other two.
      const scattered = 10 * Math.max(0, ((column - centre) * (row - centre)) / centre ** 2);
      const grid = column % Math.round(5 * unit) === 0 || row % Math.round(5 * unit) === 0 ? 0.96 : 1;
      const seen = disk * (1 - beyond) + Math.min(corona, 155) * beyond;
      light[row * side + column] = (seen + regions + scattered) * grid;
    }
  }
  return light;
}

function exposed(light: Float64Array, side: number, seed: number): Float64Array {
  const noise = random(`eit ${seed} ${side}`);
  // Averaging over the camera's pixels has made the noise small.
  const pixels = light.map((value) => pedestal + value + Math.sqrt(0.2 + value / 40) * noise.gaussian());
  for (let hit = 0; hit < 12; hit++) pixels[noise.integer(pixels.length)]! += 200 + 1300 * noise.uniform();
  return pixels;
}

function blank(pixels: Float64Array, side: number, column: number, row: number): void {
  const size = side / 32;
  for (let y = row * size; y < (row + 1) * size; y++) {
    pixels.fill(0, y * side + column * size, y * side + (column + 1) * size);
  }
}

function headerBytes(lines: readonly string[]): Uint8Array {
  const text = [...lines, "END"].map((line) => line.padEnd(80)).join("");
  return Buffer.from(text.padEnd(Math.ceil(text.length / 2880) * 2880), "latin1");
}

function dataBytes(pixels: Float64Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((pixels.length * 8) / 2880) * 2880);
  const view = new DataView(bytes.buffer);
  pixels.forEach((value, index) => {
    view.setFloat64(index * 8, value);
  });
  return bytes;
}
