import { real } from "../core/scalar.ts";
import type { Frame } from "../fits/frame.ts";
import type { HeaderRecord } from "../fits/header.ts";
import { MetadataKey } from "../parsing/metadata-key.ts";
import { requireCount, requireKind } from "./require-synthetic.ts";
import { type SyntheticFrameOptions, syntheticFrame } from "./synthetic-frame.ts";
import { type FrameKind, frameKinds } from "./synthetic-header.ts";

export interface SyntheticFramesOptions extends Omit<SyntheticFrameOptions, "kind"> {
  /** When the first exposure begins, ISO 8601 in UTC. */
  readonly startsAt?: string;
  /** From the begin of one exposure to that of the next. Default 1. */
  readonly cadenceS?: number;
}

export interface SyntheticPolcalOptions extends SyntheticFramesOptions {
  /** Default 1. */
  readonly framesPerStep?: number;
  /** Between the last frame of a step and the first of the next. Default 30. */
  readonly pauseS?: number;
}

/**
 * Small raw frames, one exposure after the other, kind by kind: `syntheticFrames({ dark: 3, lampGain: 2, observe: 10 })`. The frames
 * of a kind share an instrument program; those of `observe` are numbered as repeats of theirs.
 *
 * @throws FirstlightError SYNTHETIC_FRAME for a kind that is none, and for a count that is none
 */
export function syntheticFrames(
  counts: Readonly<Partial<Record<FrameKind, number>>>,
  options: SyntheticFramesOptions = {},
): readonly Frame[] {
  const { cadenceS = 1 } = options;
  for (const [kind, count] of Object.entries(counts)) {
    requireKind(kind, frameKinds);
    if (count !== undefined) requireCount(kind, count);
  }
  const frames: Frame[] = [];
  for (const kind of frameKinds.filter((each) => counts[each] !== undefined)) {
    const count = counts[kind] ?? 0;
    for (let i = 0; i < count; i += 1) {
      const own: HeaderRecord = {
        [MetadataKey.ipId]: `ip_${kind}`,
        [MetadataKey.timeObs]: timeAt(options, frames.length * cadenceS),
        ...(kind === "observe" ? { [MetadataKey.numDspsRepeats]: count, [MetadataKey.currentDspsRepeat]: i + 1 } : {}),
      };
      frames.push(syntheticFrame({ ...options, kind, cards: { ...own, ...options.cards } }));
    }
  }
  return frames;
}

/**
 * The raw frames of a calibration sequence of seven steps: dark, clear, polarizer, polarizer and retarder at two pairs of angles,
 * clear, dark.
 */
export function syntheticPolcal(options: SyntheticPolcalOptions = {}): readonly Frame[] {
  const { cadenceS = 1, framesPerStep = 1, pauseS = 30 } = options;
  let atS = 0;
  return sevenSteps.flatMap(({ kind, cards }) => {
    const step = Array.from({ length: framesPerStep }, (_, i) => {
      const own: HeaderRecord = {
        [MetadataKey.ipId]: "ip_polcal",
        [MetadataKey.timeObs]: timeAt(options, atS + i * cadenceS),
      };
      return syntheticFrame({ ...options, kind, cards: { ...own, ...cards, ...options.cards } });
    });
    atS += (framesPerStep - 1) * cadenceS + pauseS;
    return step;
  });
}

const sevenSteps: readonly { readonly kind: FrameKind; readonly cards: HeaderRecord }[] = [
  { kind: "polcalDark", cards: {} },
  { kind: "polcalGain", cards: {} },
  {
    kind: "polcal",
    cards: {
      [MetadataKey.gosPolarizerAngle]: real(0),
      [MetadataKey.gosRetarderStatus]: "clear",
      [MetadataKey.gosRetarderAngle]: "none",
    },
  },
  { kind: "polcal", cards: optics(0, 45) },
  { kind: "polcal", cards: optics(60, 0) },
  { kind: "polcalGain", cards: {} },
  { kind: "polcalDark", cards: {} },
];

function optics(polarizerDeg: number, retarderDeg: number): HeaderRecord {
  return {
    [MetadataKey.gosPolarizerAngle]: real(polarizerDeg),
    [MetadataKey.gosRetarderAngle]: real(retarderDeg),
  };
}

function timeAt({ startsAt = "2024-05-01T12:00:00.000Z" }: SyntheticFramesOptions, afterS: number): string {
  const start = Date.parse(/Z$/.test(startsAt) ? startsAt : `${startsAt}Z`);
  return new Date(start + Math.round(afterS * 1000)).toISOString().slice(0, -1);
}
