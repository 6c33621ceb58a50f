import { roundDigits } from "../core/round-digits.ts";
import { isReal, real, type Scalar } from "../core/scalar.ts";

/**
 * A time rounded to six digits. An integer stays an integer and a real a real, so that `10.0` and `10` keep their own
 * spelling in tags.
 */
export function roundTime(value: Scalar): Scalar {
  if (isReal(value)) return value;
  return typeof value === "number" && !Number.isInteger(value) ? real(roundDigits(value, 6)) : value;
}
