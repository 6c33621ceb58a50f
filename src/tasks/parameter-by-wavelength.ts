import { z } from "zod";
import { FirstlightError } from "../core/errors.ts";
import { cubicSpline } from "../math/cubic-spline.ts";

/** A parameter that is known at some wavelengths, in the unit of the header's own. */
export interface ByWavelength<Value> {
  readonly wavelength: readonly number[];
  /** One for each. */
  readonly values: readonly Value[];
}

/** The schema of a parameter that has a value at each of some wavelengths: `mycam_gain: byWavelength(z.number())`. */
export function byWavelength<Value>(value: z.ZodType<Value>): z.ZodType<ByWavelength<Value>> {
  return z
    .object({ wavelength: z.array(z.number()).min(1), values: z.array(value) })
    .refine(({ wavelength, values }) => wavelength.length === values.length, {
      error: ({ input }) => {
        const { wavelength, values } = input as ByWavelength<Value>;
        return `expected as many values as wavelengths, found ${values.length} for ${wavelength.length}`;
      },
    })
    .refine(({ wavelength }) => new Set(wavelength).size === wavelength.length, {
      error: "expected each wavelength once",
    });
}

/** The value at the nearest wavelength; of two that are as near, at the smaller one. */
export function atNearestWavelength<Value>(parameter: ByWavelength<Value>, wavelength: number): Value {
  requireFinite(wavelength);
  const [first, ...others] = ascending(parameter);
  if (first === undefined) throw tooFew("nearest", 1, 0);
  const distance = (at: number): number => Math.abs(at - wavelength);
  return others.reduce((best, each) => (distance(each[0]) < distance(best[0]) ? each : best), first)[1];
}

export type WavelengthInterpolation = "nearest" | "linear" | "cubic";

/**
 * The value between wavelengths, as scipy's `griddata` finds it: `cubic` by a spline through all of them. NaN beyond the first and
 * the last, but for `nearest`.
 *
 * @throws FirstlightError PARAMETERS_INVALID for fewer wavelengths than the method needs: 1, 2, or 4 for `cubic`
 */
export function interpolatedAtWavelength(
  parameter: ByWavelength<number>,
  wavelength: number,
  method: WavelengthInterpolation = "linear",
): number {
  if (method === "nearest") return atNearestWavelength(parameter, wavelength);
  requireFinite(wavelength);
  const points = ascending(parameter);
  const needed = method === "cubic" ? 4 : 2;
  if (points.length < needed) throw tooFew(method, needed, points.length);
  const [x, y] = [points.map(([at]) => at), points.map(([, value]) => value)];
  if (wavelength < (x[0] as number) || wavelength > (x.at(-1) as number)) return Number.NaN;
  if (method === "cubic") return cubicSpline(x, y)(wavelength);
  const i = Math.max(
    1,
    x.findIndex((at) => at >= wavelength),
  );
  const [left, right] = [x[i - 1] as number, x[i] as number];
  const share = (wavelength - left) / (right - left);
  return (y[i - 1] as number) * (1 - share) + (y[i] as number) * share;
}

function ascending<Value>({
  wavelength,
  values,
}: ByWavelength<Value>): (readonly [wavelength: number, value: Value])[] {
  return wavelength.map((at, i) => [at, values[i] as Value] as const).sort(([a], [b]) => a - b);
}

function requireFinite(wavelength: number): void {
  if (Number.isFinite(wavelength)) return;
  throw new FirstlightError(
    "PARAMETERS_INVALID",
    `A parameter is asked for at the wavelength ${wavelength}, which is none.`,
    {
      disposition: "invalid",
      fields: { wavelength: String(wavelength) },
    },
  );
}

function tooFew(method: WavelengthInterpolation, needed: number, found: number): FirstlightError {
  return new FirstlightError(
    "PARAMETERS_INVALID",
    `A parameter is known at ${found} ${found === 1 ? "wavelength" : "wavelengths"}; '${method}' needs at least ${needed}. Give it more, or take another method.`,
    { disposition: "invalid", fields: { method, needed, found } },
  );
}
