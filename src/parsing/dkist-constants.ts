import { z } from "zod";
import { isReal, pythonStr, type Scalar } from "../core/scalar.ts";
import { BudName } from "./bud-name.ts";
import { type ConstantSpec, constant, derived, exactNumber } from "./constants-view.ts";
import { datasetId } from "./dataset-id.ts";

/** The Stokes parameters, in the order in which files and axes have them. */
export const stokesParameters = ["I", "Q", "U", "V"] as const;

const text = z.string();
const number = z.number();
const whole = z.int();

/** As the header spells it: `-999.0` where an angle was a word. */
const spelt = z
  .custom<Scalar>((value) => ["string", "number", "bigint"].includes(typeof value) || isReal(value))
  .transform(pythonStr);

/** Time → values. JSON's keys are texts; the times in them are numbers again. */
const lookup = z
  .record(z.string(), list(number))
  .transform(
    (found): ReadonlyMap<number, readonly number[]> =>
      new Map(Object.entries(found).map(([time, values]) => [Number(time), values])),
  );

/**
 * The view of every constant of `BudName`, of the dataset's id and of the Stokes parameters, for `constantsView`; an instrument spreads it into its own table. A list that was stored
 * as one bare value is a list of one. Exposure times keep integer and real apart, as `Tag.exposureTime` wants them.
 */
export const dkistConstants = {
  instrument: found(BudName.instrument, text),
  numCsSteps: found(BudName.numCsSteps, whole),
  numModstates: found(BudName.numModstates, whole),
  retarderName: found(BudName.retarderName, text),
  proposalId: found(BudName.proposalId, text),
  contributingProposalIds: found(BudName.contributingProposalIds, list(text)),
  experimentId: found(BudName.experimentId, text),
  contributingExperimentIds: found(BudName.contributingExperimentIds, list(text)),
  obsIpStartTime: found(BudName.obsIpStartTime, text),
  averageCadence: found(BudName.averageCadence, number),
  maximumCadence: found(BudName.maximumCadence, number),
  minimumCadence: found(BudName.minimumCadence, number),
  varianceCadence: found(BudName.varianceCadence, number),
  numDspsRepeats: found(BudName.numDspsRepeats, whole),
  darkExposureTimes: exactly(BudName.darkExposureTimes, list(exactNumber)),
  darkReadoutExpTimes: exactly(BudName.darkReadoutExpTimes, list(exactNumber)),
  wavelength: found(BudName.wavelength, number),
  cameraId: found(BudName.cameraId, text),
  cameraName: found(BudName.cameraName, text),
  cameraBitDepth: found(BudName.cameraBitDepth, whole),
  hardwareBinningX: found(BudName.hardwareBinningX, whole),
  hardwareBinningY: found(BudName.hardwareBinningY, whole),
  softwareBinningX: found(BudName.softwareBinningX, whole),
  softwareBinningY: found(BudName.softwareBinningY, whole),
  hlsVersion: found(BudName.hlsVersion, text),
  darkObservingProgramExecutionIds: found(BudName.darkObservingProgramExecutionIds, list(text)),
  darkDateBegin: found(BudName.darkDateBegin, text),
  darkDateEnd: found(BudName.darkDateEnd, text),
  darkNumRawFramesPerFpa: found(BudName.darkNumRawFramesPerFpa, lookup),
  darkAverageLightLevel: found(BudName.darkAverageLightLevel, number),
  darkAverageTelescopeElevation: found(BudName.darkAverageTelescopeElevation, number),
  darkAverageCoudeTableAngle: found(BudName.darkAverageCoudeTableAngle, number),
  darkAverageTelescopeAzimuth: found(BudName.darkAverageTelescopeAzimuth, number),
  solarGainObservingProgramExecutionIds: found(BudName.solarGainObservingProgramExecutionIds, list(text)),
  solarGainDateBegin: found(BudName.solarGainDateBegin, text),
  solarGainDateEnd: found(BudName.solarGainDateEnd, text),
  solarGainNumRawFramesPerFpa: found(BudName.solarGainNumRawFramesPerFpa, lookup),
  solarGainAverageLightLevel: found(BudName.solarGainAverageLightLevel, number),
  solarGainAverageTelescopeElevation: found(BudName.solarGainAverageTelescopeElevation, number),
  solarGainAverageCoudeTableAngle: found(BudName.solarGainAverageCoudeTableAngle, number),
  solarGainAverageTelescopeAzimuth: found(BudName.solarGainAverageTelescopeAzimuth, number),
  polcalObservingProgramExecutionIds: found(BudName.polcalObservingProgramExecutionIds, list(text)),
  polcalDateBegin: found(BudName.polcalDateBegin, text),
  polcalDateEnd: found(BudName.polcalDateEnd, text),
  polcalNumRawFramesPerFpa: found(BudName.polcalNumRawFramesPerFpa, lookup),
  polcalAverageLightLevel: found(BudName.polcalAverageLightLevel, number),
  polcalAverageTelescopeElevation: found(BudName.polcalAverageTelescopeElevation, number),
  polcalAverageCoudeTableAngle: found(BudName.polcalAverageCoudeTableAngle, number),
  polcalAverageTelescopeAzimuth: found(BudName.polcalAverageTelescopeAzimuth, number),
  solarGainTelescopeTrackingMode: found(BudName.solarGainTelescopeTrackingMode, text),
  solarGainCoudeTableTrackingMode: found(BudName.solarGainCoudeTableTrackingMode, text),
  solarGainTelescopeScanningMode: found(BudName.solarGainTelescopeScanningMode, text),
  polcalTelescopeTrackingMode: found(BudName.polcalTelescopeTrackingMode, text),
  polcalCoudeTableTrackingMode: found(BudName.polcalCoudeTableTrackingMode, text),
  polcalTelescopeScanningMode: found(BudName.polcalTelescopeScanningMode, text),
  darkGosLevel3Status: found(BudName.darkGosLevel3Status, text),
  darkGosLevel3LampStatus: found(BudName.darkGosLevel3LampStatus, text),
  darkGosPolarizerStatus: found(BudName.darkGosPolarizerStatus, text),
  darkGosPolarizerAngle: exactly(BudName.darkGosPolarizerAngle, spelt),
  darkGosRetarderStatus: found(BudName.darkGosRetarderStatus, text),
  darkGosRetarderAngle: exactly(BudName.darkGosRetarderAngle, spelt),
  darkGosLevel0Status: found(BudName.darkGosLevel0Status, text),
  solarGainGosLevel3Status: found(BudName.solarGainGosLevel3Status, text),
  solarGainGosLevel3LampStatus: found(BudName.solarGainGosLevel3LampStatus, text),
  solarGainGosPolarizerStatus: found(BudName.solarGainGosPolarizerStatus, text),
  solarGainGosPolarizerAngle: exactly(BudName.solarGainGosPolarizerAngle, spelt),
  solarGainGosRetarderStatus: found(BudName.solarGainGosRetarderStatus, text),
  solarGainGosRetarderAngle: exactly(BudName.solarGainGosRetarderAngle, spelt),
  solarGainGosLevel0Status: found(BudName.solarGainGosLevel0Status, text),
  datasetId: derived(({ recipeRunId }) => datasetId(recipeRunId)),
  stokesParams: derived(() => stokesParameters),
} as const;

/** One value stands for a list of one. */
function list<Item>(item: z.ZodType<Item>): z.ZodType<readonly Item[]> {
  return z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(item));
}

function found<Value>(name: BudName, schema: z.ZodType<Value>): ConstantSpec<Value> {
  return constant(name, schema, { from: "The parse task" });
}

function exactly<Value>(name: BudName, schema: z.ZodType<Value>): ConstantSpec<Value> {
  return constant(name, schema, { from: "The parse task", exact: true });
}
