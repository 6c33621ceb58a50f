import { real } from "../core/scalar.ts";
import { Header, type HeaderRecord } from "../fits/header.ts";
import { MetadataKey } from "../parsing/metadata-key.ts";
import { requireKind } from "./require-synthetic.ts";

const noOptics: HeaderRecord = {
  [MetadataKey.gosLevel3Status]: ["clear", "lamp, pinhole or target in the beam"],
  [MetadataKey.gosLevel3LampStatus]: ["none", "the lamp"],
  [MetadataKey.gosPolarizerStatus]: ["clear", "polarizer"],
  [MetadataKey.gosPolarizerAngle]: ["none", "[deg] angle of the polarizer"],
  [MetadataKey.gosRetarderStatus]: ["clear", "retarder"],
  [MetadataKey.gosRetarderAngle]: ["none", "[deg] angle of the retarder"],
  [MetadataKey.gosLevel0Status]: ["FieldStop (2.8arcmin)", "field stop or dark shutter"],
};

const darkShutter: HeaderRecord = { [MetadataKey.gosLevel0Status]: "DarkShutter" };

/** What a synthetic frame was taken for. */
export type FrameKind = "observe" | "dark" | "lampGain" | "solarGain" | "polcal" | "polcalDark" | "polcalGain";

/** What a frame was taken for → how its header differs from that of an observe frame. */
const kinds: Readonly<Record<FrameKind, HeaderRecord>> = {
  observe: { [MetadataKey.ipTaskType]: "observe" },
  dark: { [MetadataKey.ipTaskType]: "dark", ...darkShutter },
  lampGain: {
    [MetadataKey.ipTaskType]: "gain",
    [MetadataKey.gosLevel3Status]: "lamp",
    [MetadataKey.gosLevel3LampStatus]: "on",
  },
  solarGain: { [MetadataKey.ipTaskType]: "gain" },
  polcal: {
    [MetadataKey.ipTaskType]: "polcal",
    [MetadataKey.gosPolarizerStatus]: "Sapphire Polarizer",
    [MetadataKey.gosPolarizerAngle]: real(60),
    [MetadataKey.gosRetarderStatus]: "SiO2 SAR",
    [MetadataKey.gosRetarderAngle]: real(45),
  },
  polcalDark: { [MetadataKey.ipTaskType]: "polcal", ...darkShutter },
  polcalGain: { [MetadataKey.ipTaskType]: "polcal" },
};

export const frameKinds = Object.keys(kinds) as readonly FrameKind[];

/** Every attribute of `l0FitsAccess` has its card, with a value that a telescope may give. */
const rawFrame: HeaderRecord = {
  [MetadataKey.instrument]: ["SYNTH", "instrument"],
  [MetadataKey.proposalId]: ["pid_1_1", "proposal"],
  [MetadataKey.experimentId]: ["eid_1_1", "experiment"],
  [MetadataKey.ipTaskType]: ["observe", "what the frame was taken for"],
  [MetadataKey.timeObs]: ["2024-05-01T12:00:00.000", "begin of the exposure, UTC"],
  [MetadataKey.ipStartTime]: ["2024-05-01T12:00:00.000", "begin of the instrument program, UTC"],
  [MetadataKey.ipEndTime]: ["2024-05-01T13:00:00.000", "end of the instrument program, UTC"],
  [MetadataKey.ipId]: ["ip_1", "instrument program"],
  [MetadataKey.observingProgramExecutionId]: ["op_1", "execution of the observing program"],
  [MetadataKey.fpaExposureTimeMs]: [real(20), "[ms] exposure time"],
  [MetadataKey.sensorReadoutExposureTimeMs]: [real(10), "[ms] exposure time of one readout"],
  [MetadataKey.numRawFramesPerFpa]: [2, "readouts in the frame"],
  [MetadataKey.wavelength]: [630.2, "[nm] wavelength"],
  [MetadataKey.cameraId]: ["cam_1", "camera"],
  [MetadataKey.cameraName]: ["Synthetic camera", "name of the camera"],
  [MetadataKey.cameraBitDepth]: [16, "[bit]"],
  [MetadataKey.hardwareBinningX]: [1, "[pix]"],
  [MetadataKey.hardwareBinningY]: [1, "[pix]"],
  [MetadataKey.softwareBinningX]: [1, "[pix]"],
  [MetadataKey.softwareBinningY]: [1, "[pix]"],
  [MetadataKey.numDspsRepeats]: [1, "repeats of the program"],
  [MetadataKey.currentDspsRepeat]: [1, "this repeat"],
  [MetadataKey.telescopeTrackingMode]: ["Standard Differential Rotation Tracking", "telescope"],
  [MetadataKey.coudeTableTrackingMode]: ["fixed coude table angle", "coude table"],
  [MetadataKey.telescopeScanningMode]: ["None", "telescope"],
  [MetadataKey.elevation]: [45.5, "[deg] of the telescope"],
  [MetadataKey.azimuth]: [120.25, "[deg] of the telescope"],
  [MetadataKey.tableAngle]: [1.5, "[deg] of the coude table"],
  [MetadataKey.lightLevel]: [4.5, "[adu] of the light level monitor"],
  [MetadataKey.hlsVersion]: ["1.8", "version of the control system"],
  ...noOptics,
};

/**
 * The header of a raw frame of this kind (DKIST SPEC-0122): what the stock tasks, the default buds and `l0FitsAccess` ask for.
 *
 * @param cards to add, or to have other values than those of the kind; a whole real is `real(10)`
 * @throws FirstlightError SYNTHETIC_FRAME for a kind that is none
 */
export function syntheticHeader(kind: FrameKind = "observe", cards: HeaderRecord = {}): Header {
  requireKind(kind, frameKinds);
  const header = Header.from(rawFrame);
  for (const [keyword, entry] of Object.entries<HeaderRecord[string]>({ ...kinds[kind], ...cards })) {
    if (isCommented(entry)) header.set(keyword, ...entry);
    else header.set(keyword, entry);
  }
  return header;
}

function isCommented(entry: HeaderRecord[string]): entry is Extract<HeaderRecord[string], readonly unknown[]> {
  return Array.isArray(entry);
}
