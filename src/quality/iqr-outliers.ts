import { percentiles } from "../math/order-statistics.ts";

/** The indices of values more than 1.5 interquartile ranges below the first or above the third quartile (Tukey 1977). */
export function iqrOutliers(values: readonly number[]): readonly number[] {
  if (values.length === 0) return [];
  const [first, third] = percentiles(Float64Array.from(values), [25, 75]) as [number, number];
  const reach = 1.5 * (third - first);
  return values.flatMap((value, index) => (value < first - reach || value > third + reach ? [index] : []));
}
