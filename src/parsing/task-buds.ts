import { TaskName } from "../scratch/task-name.ts";
import { BudName } from "./bud-name.ts";
import type { Bud } from "./stem.ts";
import type { TaskParser } from "./task-type.ts";
import { taskUniqueBud, uniqueBud } from "./unique-bud.ts";

/** The proposal of the observe frames. */
export function proposalIdBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"proposalId" | ForTask> {
  return taskUniqueBud(BudName.proposalId, "proposalId", TaskName.observe, parse);
}

/** The experiment of the observe frames. */
export function experimentIdBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"experimentId" | ForTask> {
  return taskUniqueBud(BudName.experimentId, "experimentId", TaskName.observe, parse);
}

/** When the instrument program of the observe frames began: parameters are chosen by it. */
export function obsIpStartTimeBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"ipStartTime" | ForTask> {
  return taskUniqueBud(BudName.obsIpStartTime, "ipStartTime", TaskName.observe, parse);
}

/** The wavelength of the observe frames, in nm. */
export function observeWavelengthBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"wavelength" | ForTask> {
  return taskUniqueBud(BudName.wavelength, "wavelength", TaskName.observe, parse);
}

/** How many times the observing program was to be repeated, as the observe frames say. */
export function totalDspsRepeatsBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"numDspsRepeats" | ForTask> {
  return taskUniqueBud(BudName.numDspsRepeats, "numDspsRepeats", TaskName.observe, parse);
}

/** The retarder of the polcal frames; those without one in the beam ("clear") do not count. */
export function retarderNameBud<ForTask extends string = "ipTaskType">(
  parse?: TaskParser<ForTask>,
): Bud<"gosRetarderStatus" | ForTask> {
  return taskUniqueBud(BudName.retarderName, "gosRetarderStatus", TaskName.polcal, parse, { ignore: ["clear"] });
}

/** How many modulator states there are, as every frame says in an attribute of the instrument's. */
export function numModstatesBud<Attribute extends string>(attribute: Attribute): Bud<Attribute> {
  return uniqueBud(BudName.numModstates, attribute);
}
