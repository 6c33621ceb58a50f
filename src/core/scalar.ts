const brand = Symbol.for("firstlight.real");

/**
 * A real whose value is a whole number, and which must keep its point: Python's `10.0`, FITS's `10.`.
 * Everywhere a `Scalar` travels, a bare whole `number` is an integer and a bare fractional one is a real.
 */
export class Real {
  // On the prototype, and not in the type: reals are many, and those of two copies of the library are one type.
  static {
    Object.defineProperty(Real.prototype, brand, { value: true });
  }

  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toString(): string {
    return pythonFloat(this.value);
  }
}

/** Recognises a `Real` across copies of the library; `instanceof` knows only those of its own copy. */
export function isReal(value: unknown): value is Real {
  return typeof value === "object" && value !== null && brand in value;
}

/** A header value or a constant's leaf: what FITS and Python's JSON both can hold. */
export type Scalar = string | boolean | number | bigint | Real;

/** `Real` only where the bare number would be read as an integer. */
export function real(value: number): number | Real {
  return Number.isInteger(value) ? new Real(value) : value;
}

/** The plain value, for code that only wants to compute. */
export function plain(value: Scalar): string | boolean | number | bigint {
  return isReal(value) ? value.value : value;
}

/** As Python's `repr(float)`: `10.0`, `1e-05`, `1e+16`, `nan`, `inf`. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
    const sign = exponent.startsWith("-") ? "-" : "+";
    return `${mantissa}e${sign}${exponent.replace(/^[+-]/, "").padStart(2, "0")}`;
  }
  const digits = plainDigits(value);
  return digits.includes(".") ? digits : `${digits}.0`;
}

/** As Python's `str(value)`: what ends up in a tag once it is upper-cased. */
export function pythonStr(value: Scalar): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (isReal(value)) return pythonFloat(value.value);
  return Number.isInteger(value) ? BigInt(value).toString() : pythonFloat(value);
}

/** JavaScript writes an exponent below 1e-6 and from 1e21 only; inside Python's plain range neither can occur but 1e-5, 1e-6. */
function plainDigits(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/0+$/, "") : text;
}
