/** As Python's `round(value, digits)` of a float: the nearest such decimal, and of two equally near ones the even one. */
export function roundDigits(value: number, digits: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  const magnitude = Math.abs(value);
  const quick = roundClear(magnitude, digits);
  if (quick !== undefined) return value < 0 ? -quick : quick;
  const exact = magnitude.toFixed(Math.min(100, digits + 60));
  const end = exact.indexOf(".") + 1 + digits;
  // toFixed takes the nearest decimal too, but of two equally near ones the greater.
  const keepEven = /^50*$/.test(exact.slice(end)) && /[02468]\.?$/.test(exact.slice(0, end));
  const rounded = Number(keepEven ? exact.slice(0, end) : magnitude.toFixed(digits));
  return value < 0 ? -rounded : rounded;
}

/** The same without spelling the number out, where its last digits are clearly nearer to one decimal than to the next. */
function roundClear(magnitude: number, digits: number): number | undefined {
  if (!Number.isInteger(digits) || digits < 0 || digits > 15) return undefined;
  const power = 10 ** digits;
  const shifted = magnitude * power;
  // Below this bound the product is wrong by less than the margin.
  if (shifted >= 2 ** 32) return undefined;
  const whole = Math.floor(shifted);
  const rest = shifted - whole;
  if (Math.abs(rest - 0.5) < 2 ** -16) return undefined;
  return (rest < 0.5 ? whole : whole + 1) / power;
}
