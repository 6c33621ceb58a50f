import { FirstlightError } from "../core/errors.ts";

type NameOfArm<Parameters, Name extends string> = Extract<keyof Parameters, `${Name}_${string}`>;

/**
 * The value that a parameter has for one arm of the instrument. It is a parameter of its own, `<name>_<arm>` with the arm in small
 * letters: of `mycam_gain` and the arm `VIS` it is `mycam_gain_vis`.
 *
 * @throws FirstlightError PARAMETERS_INVALID for an arm that has none
 */
export function parameterOfArm<Parameters extends object, Name extends string>(
  parameters: Parameters,
  name: Name,
  armId: string,
): Parameters[NameOfArm<Parameters, Name>] {
  const wanted = `${name}_${armId.toLowerCase()}`;
  if (Object.hasOwn(parameters, wanted)) return parameters[wanted as NameOfArm<Parameters, Name>];
  const found = Object.keys(parameters).filter((key) => key.startsWith(`${name}_`));
  throw new FirstlightError(
    "PARAMETERS_INVALID",
    `There is no parameter ${wanted}, of the arm ${armId}. ${found.length === 0 ? `None begins with ${name}_.` : `There is ${found.join(", ")}.`} Add it to the task's schema, and its value to the parameters document.`,
    { disposition: "invalid", fields: { name: wanted, armId, found } },
  );
}
