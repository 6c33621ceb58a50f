/** As Python's `round(value, digits)` of a float: the nearest such decimal, and of two equally near ones the even one. */
export function roundDigits(value: number, digits: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e21) return value;
  const magnitude = Math.abs(value);
  const exact = magnitude.toFixed(Math.min(100, digits + 60));
  const end = exact.indexOf(".") + 1 + digits;
  // toFixed takes the nearest decimal too, but of two equally near ones the greater.
  const keepEven = /^50*$/.test(exact.slice(end)) && /[02468]\.?$/.test(exact.slice(0, end));
  const rounded = Number(keepEven ? exact.slice(0, end) : magnitude.toFixed(digits));
  return value < 0 ? -rounded : rounded;
}
