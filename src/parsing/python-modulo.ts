/** Python's `value % divisor`: the remainder that has the divisor's sign, so `-999 % 360` is 81. */
export function pythonModulo(value: number, divisor: number): number {
  const remainder = value % divisor;
  if (remainder === 0) return divisor < 0 ? -0 : 0;
  return remainder < 0 === divisor < 0 ? remainder : remainder + divisor;
}
