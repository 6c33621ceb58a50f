/** What the elements of a column are (FITS 4.0 table 18). */
export type ElementCode = "L" | "X" | "B" | "I" | "J" | "K" | "A" | "E" | "D" | "C" | "M";

/** A column's TFORMn (FITS 4.0 §7.3.1). */
export interface BinaryForm {
  /** Elements in each row; for a column of descriptors 0 or 1 descriptor. */
  readonly repeat: number;
  /** Of the elements; for a column of descriptors, of what these point at. */
  readonly code: ElementCode;
  /** P: descriptors of two 32-bit integers, Q: of two 64-bit ones. */
  readonly descriptor: "P" | "Q" | undefined;
  /** Characters of each string of a column of text: `rAw` holds strings of `w`, plain `rA` one string of all. */
  readonly textBytes: number;
  /** Of a column of descriptors: the most elements that an array has, where the form says so. */
  readonly most: number | undefined;
  /** Of the column in each row. */
  readonly widthBytes: number;
}

const sizeBytes: Readonly<Record<Exclude<ElementCode, "X">, number>> = {
  L: 1,
  B: 1,
  I: 2,
  J: 4,
  K: 8,
  A: 1,
  E: 4,
  D: 8,
  C: 8,
  M: 16,
};

const pattern = /^(\d{0,15})(?:([PQ])([LXBIJKAEDCM])(?:\((\d{1,15})\))?|([LXBIJKAEDCM])(\d{0,9}))/;

/** Bytes that so many elements take; bits fill whole bytes. */
export function elementBytes(code: ElementCode, count: number): number {
  return code === "X" ? Math.ceil(count / 8) : count * sizeBytes[code];
}

/** `undefined` for a text that is no TFORM of a binary table. */
export function parseBinaryForm(text: string): BinaryForm | undefined {
  const match = pattern.exec(text.trim().toUpperCase());
  if (match === null) return undefined;
  const [, count = "", kind, pointedAt, longest, plain, width = ""] = match;
  const repeat = count === "" ? 1 : Number(count);
  const code = (pointedAt ?? plain) as ElementCode;
  if (kind === undefined) {
    const textBytes = code === "A" && Number(width) > 0 ? Math.min(Number(width), repeat) : repeat;
    return { repeat, code, descriptor: undefined, textBytes, most: undefined, widthBytes: elementBytes(code, repeat) };
  }
  if (repeat > 1) return undefined;
  const most = longest === undefined ? undefined : Number(longest);
  const widthBytes = repeat * (kind === "P" ? 8 : 16);
  return { repeat, code, descriptor: kind as "P" | "Q", textBytes: 0, most, widthBytes };
}
