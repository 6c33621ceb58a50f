import { expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { type Bud, spilledDirt } from "../../src/parsing/stem.ts";
import {
  experimentIdBud,
  observeWavelengthBud,
  obsIpStartTimeBud,
  proposalIdBud,
  retarderNameBud,
  totalDspsRepeatsBud,
} from "../../src/parsing/task-buds.ts";
import { budValue, type Cards } from "./frames.ts";

const observe: Cards = {
  IPTASK: "observe",
  PROP_ID: "p1",
  EXPER_ID: "e1",
  DKIST011: "2022-10-24T19:40:00",
  LINEWAV: 630.2,
  DSPSREPS: 4,
};
const gain: Cards = {
  IPTASK: "gain",
  PROP_ID: "p2",
  EXPER_ID: "e2",
  DKIST011: "2022-10-24T18:00:00",
  LINEWAV: 854.2,
  DSPSREPS: 1,
};

type L0Bud = Bud<"proposalId" | "experimentId" | "ipStartTime" | "wavelength" | "numDspsRepeats" | "ipTaskType">;

test.each([
  ["PROPOSAL_ID", proposalIdBud, "p1"],
  ["EXPERIMENT_ID", experimentIdBud, "e1"],
  ["OBS_IP_START_TIME", obsIpStartTimeBud, "2022-10-24T19:40:00"],
  ["WAVELENGTH", observeWavelengthBud, 630.2],
  ["NUM_DSPS_REPEATS", totalDspsRepeatsBud, 4],
] as readonly (readonly [string, () => L0Bud, string | number])[])(
  "%s is that of the observe frames",
  (name, make, expected) => {
    expect(make().name).toBe(name);
    expect(budValue(make(), gain, observe, observe)).toBe(expected);
    expect(budValue(make(), gain)).toBe(spilledDirt);
  },
);

test("the retarder's name is that of polcal frames with one in the beam", () => {
  const frames = [
    { IPTASK: "polcal", LVL1STAT: "clear" },
    { IPTASK: "polcal", LVL1STAT: "SiO2 SAR" },
    { IPTASK: "observe", LVL1STAT: "MgF2 SAR" },
  ];
  expect(budValue(retarderNameBud(), ...frames)).toBe("SiO2 SAR");
  expect(budValue(retarderNameBud(), ...frames.slice(0, 1))).toBe(spilledDirt);
  try {
    budValue(retarderNameBud(), ...frames, { IPTASK: "polcal", LVL1STAT: "MgF2 SAR" });
    expect.unreachable();
  } catch (error) {
    expect(isFirstlightError(error, "STEM_DISAGREES")).toBe(true);
  }
});
