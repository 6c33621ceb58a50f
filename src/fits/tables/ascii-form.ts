/** TFORMn of a column of an ASCII table (FITS 4.0 §7.2.1, table 15). */
export interface AsciiForm {
  readonly code: "A" | "I" | "F" | "E" | "D";
  /** Characters in each row. */
  readonly width: number;
  /** Digits behind the point where the field has none. */
  readonly decimals: number;
}

// Some writers leave the digits behind the point out, or spell the letter small.
const pattern = /^(?:(A|I)(\d{1,9})|(F|E|D)(\d{1,9})(?:\.(\d{1,9})(?:E\d+)?)?)$/;

/** `undefined` for a text that is no TFORM of an ASCII table. */
export function parseAsciiForm(text: string): AsciiForm | undefined {
  const match = pattern.exec(text.trim().toUpperCase());
  if (match === null) return undefined;
  const [, plain, plainWidth, real, realWidth, decimals] = match;
  const code = (plain ?? real) as AsciiForm["code"];
  return { code, width: Number(plainWidth ?? realWidth), decimals: Number(decimals ?? 0) };
}

const integer = /^[+-]?\d+$/;
const number = /^([+-]?)(\d*)(\.?)(\d*)(?:[EDed]?([+-]\d+)|[EDed](\d+))?$/;

/** The whole number in a field; 0 in a blank one. `undefined` for anything else. */
export function asciiInteger(field: string): bigint | undefined {
  const text = field.trim();
  if (text === "") return 0n;
  return integer.test(text) ? BigInt(text.replace("+", "")) : undefined;
}

const special = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

/**
 * The real in a field, with the point where it stands or where the form has it; 0 in a blank one. NaN and infinities, which FITS has
 * no characters for, are read as the words that writers leave for them.
 */
export function asciiReal(field: string, decimals: number): number | undefined {
  const text = field.trim();
  if (text === "") return 0;
  const match = number.exec(text);
  if (match === null) {
    const word = special.exec(text);
    if (word === null) return undefined;
    if (word[2] !== undefined) return Number.NaN;
    return word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const [, sign = "", before = "", point, after = "", signedExponent, exponent] = match;
  if (before === "" && after === "") return undefined;
  const power = Number(signedExponent ?? exponent ?? 0);
  return point === ""
    ? Number(`${sign}${before}e${power - decimals}`)
    : Number(`${sign}${before}.${after}e${power}`.replace(/^([+-]?)\./, "$10."));
}
