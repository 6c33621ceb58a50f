import { isFirstlightError } from "../core/errors.ts";
import type { NdArray } from "../core/ndarray.ts";
import { pythonStr } from "../core/scalar.ts";
import type { Card } from "./card.ts";
import { isComplex } from "./card-value.ts";
import { readBytes } from "./data-unit.ts";
import { type Hdu, hasImage } from "./hdu.ts";
import type { Header } from "./header.ts";
import type { FitsFile } from "./open-fits.ts";
import { readPixels } from "./read-image.ts";

export interface CompareOptions {
  /** Pixels a and b are equal where |a - b| ≤ absolute + relative·|b|; NaN equals NaN, an infinity only itself. Both default to 0. */
  readonly relative?: number;
  readonly absolute?: number;
  /** Keywords whose cards do not count; the empty one is the blank keyword. */
  readonly ignore?: ReadonlySet<string>;
}

export type FitsDifference =
  | { readonly kind: "hdu-count"; readonly first: number; readonly second: number }
  | { readonly kind: "structure"; readonly hdu: number; readonly first: string; readonly second: string }
  /**
   * A keyword's value, or all its values where it repeats; undefined where the header has none. Where the types alone differ, strings
   * are in quotes.
   */
  | {
      readonly kind: "card";
      readonly hdu: number;
      readonly keyword: string;
      readonly first: string | undefined;
      readonly second: string | undefined;
    }
  | {
      readonly kind: "pixels";
      readonly hdu: number;
      readonly count: number;
      readonly of: number;
      /** NaN where they differ in NaN alone. */
      readonly largest: number;
      /** The first that differs, as FITS counts: NAXIS1 first, from 1. */
      readonly at: readonly number[];
    }
  | { readonly kind: "bytes"; readonly hdu: number; readonly count: number };

/** How two files differ in their headers and pixels: HDU by HDU, each compressed image as the image that it holds. */
export async function compareFits(
  first: FitsFile,
  second: FitsFile,
  options: CompareOptions = {},
): Promise<readonly FitsDifference[]> {
  const differences: FitsDifference[] = [];
  if (first.hdus.length !== second.hdus.length) {
    differences.push({ kind: "hdu-count", first: first.hdus.length, second: second.hdus.length });
  }
  for (const [index, one] of first.hdus.entries()) {
    const other = second.hdus[index];
    if (other === undefined) break;
    differences.push(...cardDifferences(one.header, other.header, index, options.ignore ?? new Set()));
    const structures = [structureOf(one), structureOf(other)] as const;
    if (structures[0] !== structures[1]) {
      differences.push({ kind: "structure", hdu: index, first: structures[0], second: structures[1] });
    } else if (hasImage(one)) {
      const pixels = [await readPixels(first.source, one), await readPixels(second.source, other)] as const;
      differences.push(...pixelDifferences(...pixels, index, options));
    } else if (one.type !== "image") {
      differences.push(...(await byteDifferences(first, one, second, other)));
    }
  }
  return differences;
}

function structureOf({ type, shape }: Hdu): string {
  return `${type} ${shape.toReversed().join(" × ")}`.trimEnd();
}

// The shape is told of as structure; how pixels are stored is none of their values.
const storage = /^(?:SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|BSCALE|BZERO|BLANK|EXTEND|CHECKSUM|DATASUM)$/;

function cardDifferences(one: Header, other: Header, hdu: number, ignore: ReadonlySet<string>): FitsDifference[] {
  const isIgnored = (keyword: string): boolean => storage.test(keyword) || ignore.has(keyword);
  const [first, second] = [valuesOf(one, isIgnored), valuesOf(other, isIgnored)];
  return [...new Set([...first.keys(), ...second.keys()])].flatMap((keyword): FitsDifference[] => {
    const [a, b] = [first.get(keyword), second.get(keyword)];
    if (a?.typed === b?.typed) return [];
    const key = a?.plain === b?.plain ? "typed" : "plain";
    return [{ kind: "card", hdu, keyword, first: a?.[key], second: b?.[key] }];
  });
}

interface CardTexts {
  readonly plain: string;
  /** Of strings with quotes, so that no text is that of a value of another type. */
  readonly typed: string;
}

function valuesOf(header: Header, isIgnored: (keyword: string) => boolean): ReadonlyMap<string, CardTexts> {
  const values = new Map<string, CardTexts>();
  for (const card of header) {
    const { keyword } = card;
    if (isIgnored(keyword)) continue;
    const plain = textOf(card);
    const typed = isString(card) ? `'${plain.replaceAll("'", "''")}'` : plain;
    const before = values.get(keyword);
    const both = { plain: `${before?.plain}\n${plain}`, typed: `${before?.typed}\n${typed}` };
    values.set(keyword, before === undefined ? { plain, typed } : both);
  }
  return values;
}

function isString(card: Card): boolean {
  try {
    return !card.isCommentary && typeof card.value === "string";
  } catch {
    return false;
  }
}

/** A card whose characters are no value is compared by them. */
function textOf(card: Card): string {
  try {
    const { value } = card;
    if (isComplex(value)) return `(${value.re}, ${value.im})`;
    return value === undefined ? "" : pythonStr(value);
  } catch (error) {
    if (!isFirstlightError(error)) throw error;
    return card.image.slice(8).trimEnd();
  }
}

function pixelDifferences(
  one: NdArray,
  other: NdArray,
  hdu: number,
  { relative = 0, absolute = 0 }: CompareOptions,
): FitsDifference[] {
  let count = 0;
  let largest = Number.NaN;
  let at = 0;
  for (let index = 0; index < one.data.length; index += 1) {
    const [a, b] = [one.data[index], other.data[index]];
    if (a === b) continue;
    const [x, y] = [Number(a), Number(b)];
    if (Number.isNaN(x) && Number.isNaN(y)) continue;
    // 64-bit integers that differ may be the same as reals.
    const difference = typeof a === "bigint" && typeof b === "bigint" ? Number(a > b ? a - b : b - a) : Math.abs(x - y);
    // No distance from an infinity is within any share of it.
    const areFinite = Number.isFinite(x) && Number.isFinite(y);
    if (areFinite && difference <= absolute + relative * Math.abs(y)) continue;
    if (count === 0) at = index;
    count += 1;
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? largest : difference;
  }
  return count === 0 ? [] : [{ kind: "pixels", hdu, count, of: one.data.length, largest, at: placeOf(at, one.shape) }];
}

function placeOf(index: number, shape: readonly number[]): readonly number[] {
  let rest = index;
  return shape.toReversed().map((length) => {
    const at = (rest % length) + 1;
    rest = Math.floor(rest / length);
    return at;
  });
}

const stripBytes = 2 ** 22;

async function byteDifferences(
  first: FitsFile,
  one: Hdu,
  second: FitsFile,
  other: Hdu,
): Promise<readonly FitsDifference[]> {
  let count = Math.abs(one.dataSizeBytes - other.dataSizeBytes);
  const size = Math.min(one.dataSizeBytes, other.dataSizeBytes);
  const strips = [new Uint8Array(Math.min(stripBytes, size)), new Uint8Array(Math.min(stripBytes, size))] as const;
  for (let offset = 0; offset < size; offset += stripBytes) {
    const [a, b] = strips.map((strip) => strip.subarray(0, Math.min(stripBytes, size - offset))) as [
      Uint8Array,
      Uint8Array,
    ];
    await readBytes(first.source, one, one.dataOffset + offset, a);
    await readBytes(second.source, other, other.dataOffset + offset, b);
    for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) count += 1;
  }
  return count === 0 ? [] : [{ kind: "bytes", hdu: one.index, count }];
}
