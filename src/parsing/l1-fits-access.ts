import { z } from "zod";
import { fitsAccess, key } from "./fits-access.ts";
import { MetadataKey } from "./metadata-key.ts";

/** What stands where the header does not say how the telescope moved; the Python stack stores the same word. */
export const headerKeyNotFound = "HEADER_KEY_NOT_FOUND";

const text = z.string();
const whole = z.int();
const number = z.number();

/** A number, or a word such as "none", which counts as -999. */
const angle = z.union([number, text]).transform((value) => {
  const degrees = typeof value === "string" && value.trim() === "" ? Number.NaN : Number(value);
  return Number.isFinite(degrees) ? degrees : -999;
});

function mode(keyword: string) {
  return key(keyword, text, { from: (header) => header.get(keyword) ?? headerKeyNotFound });
}

/** The attributes of a calibrated DKIST frame (SPEC-0214). */
export const l1FitsAccess = fitsAccess({
  elevation: key(MetadataKey.elevation, number, { unit: "deg" }),
  azimuth: key(MetadataKey.azimuth, number, { unit: "deg" }),
  tableAngle: key(MetadataKey.tableAngle, number, { unit: "deg" }),
  gosLevel3Status: key(MetadataKey.gosLevel3Status, text),
  gosLevel3LampStatus: key(MetadataKey.gosLevel3LampStatus, text),
  gosPolarizerStatus: key(MetadataKey.gosPolarizerStatus, text),
  gosPolarizerAngle: key(MetadataKey.gosPolarizerAngle, angle, { unit: "deg", real: true }),
  gosRetarderStatus: key(MetadataKey.gosRetarderStatus, text),
  gosRetarderAngle: key(MetadataKey.gosRetarderAngle, angle, { unit: "deg", real: true }),
  gosLevel0Status: key(MetadataKey.gosLevel0Status, text),
  timeObs: key(MetadataKey.timeObs, text),
  ipId: key(MetadataKey.ipId, text),
  instrument: key(MetadataKey.instrument, text),
  wavelength: key(MetadataKey.wavelength, number, { unit: "nm" }),
  proposalId: key(MetadataKey.proposalId, text),
  experimentId: key(MetadataKey.experimentId, text),
  numDspsRepeats: key(MetadataKey.numDspsRepeats, whole),
  currentDspsRepeat: key(MetadataKey.currentDspsRepeat, whole),
  fpaExposureTimeMs: key(MetadataKey.fpaExposureTimeMs, number, { unit: "ms" }),
  sensorReadoutExposureTimeMs: key(MetadataKey.sensorReadoutExposureTimeMs, number, { unit: "ms" }),
  numRawFramesPerFpa: key(MetadataKey.numRawFramesPerFpa, whole),
  cameraId: key(MetadataKey.cameraId, text),
  cameraName: key(MetadataKey.cameraName, text),
  cameraBitDepth: key(MetadataKey.cameraBitDepth, whole, { unit: "bit" }),
  hardwareBinningX: key(MetadataKey.hardwareBinningX, whole, { unit: "pix" }),
  hardwareBinningY: key(MetadataKey.hardwareBinningY, whole, { unit: "pix" }),
  softwareBinningX: key(MetadataKey.softwareBinningX, whole, { unit: "pix" }),
  softwareBinningY: key(MetadataKey.softwareBinningY, whole, { unit: "pix" }),
  observingProgramExecutionId: key(MetadataKey.observingProgramExecutionId, text),
  telescopeTrackingMode: mode(MetadataKey.telescopeTrackingMode),
  coudeTableTrackingMode: mode(MetadataKey.coudeTableTrackingMode),
  telescopeScanningMode: mode(MetadataKey.telescopeScanningMode),
  lightLevel: key(MetadataKey.lightLevel, number, { unit: "adu" }),
  hlsVersion: key(MetadataKey.hlsVersion, text),
});
