/** What a frame was taken for, as a `TASK_…` tag says it. Headers spell these in lower case; compare without case. */
export const TaskName = {
  observe: "OBSERVE",
  polcal: "POLCAL",
  polcalDark: "POLCAL_DARK",
  polcalGain: "POLCAL_GAIN",
  dark: "DARK",
  gain: "GAIN",
  geometric: "GEOMETRIC",
  lampGain: "LAMP_GAIN",
  solarGain: "SOLAR_GAIN",
  geometricAngle: "GEOMETRIC_ANGLE",
  geometricOffsets: "GEOMETRIC_OFFSETS",
  geometricSpectralShifts: "GEOMETRIC_SPEC_SHIFTS",
  demodulationMatrices: "DEMOD_MATRICES",
} as const;

export type TaskName = (typeof TaskName)[keyof typeof TaskName];
