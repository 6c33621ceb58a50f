import type { ByteSource } from "../core/byte-source.ts";
import { isFirstlightError } from "../core/errors.ts";
import { type Hdu, storedHeader } from "./hdu.ts";
import { type StructureCards, structureCards } from "./structure-cards.ts";
import { parseAsciiForm } from "./tables/ascii-form.ts";
import { type BinaryForm, parseBinaryForm } from "./tables/binary-form.ts";
import { binaryTable } from "./tables/binary-table.ts";
import { isCompressedTable } from "./tables/compressed-table.ts";
import { asciiTable } from "./tables/read-ascii-table.ts";
import type { Findings } from "./verify-cards.ts";
import { checkAsciiCells, checkBinaryCells } from "./verify-cells.ts";

/** Holds a table against FITS 4.0 §7: the cards of its columns, that these fill its rows, and what stands in its cells. */
export async function checkTable(
  source: ByteSource,
  hdu: Hdu,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isBinary = hdu.type === "binaryTable" || hdu.tiles !== undefined;
  if (!isBinary && hdu.type !== "asciiTable") return;
  const { tell } = findings;
  let problems = 0;
  const counted: Findings = {
    ...findings,
    tell(problem) {
      problems += 1;
      tell(problem);
    },
  };
  const cards = structureCards(storedHeader(hdu), { file: source.name, hdu: hdu.index, offset: hdu.headerOffset });
  checkMandatory(cards, isBinary, counted.tell);
  // A card that holds no value is told of with the other cards.
  const count = tryOf(() => cards.count("TFIELDS", 0, 999));
  if (count === undefined) return counted.tell("TFIELDS is no number from 0 to 999.");
  const isCompressed = isBinary && tryOf(() => isCompressedTable(cards)) === true;
  const isUnderstood = isBinary
    ? checkBinaryColumns(cards, count, counted, isCompressed)
    : checkAsciiColumns(cards, count, counted);
  checkNames(cards, count, findings, counted.tell);
  checkIndices(hdu, count, counted.tell);
  if (!isUnderstood || problems > 0) return;
  // Of compressed images every tile is decoded, which looks at the descriptors too.
  if (hdu.tiles !== undefined) return;
  try {
    if (isBinary) await checkBinaryCells(source, hdu, binaryTable(cards, hdu.dataSizeBytes), findings, signal);
    else await checkAsciiCells(source, hdu, asciiTable(cards, hdu.dataSizeBytes), cards, findings, signal);
  } catch (error) {
    if (!isFirstlightError(error) || !error.code.startsWith("FITS_")) throw error;
    tell(error.message);
  }
}

/** What a card says, or `undefined` where it says nothing that can be read. */
function tryOf<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (!isFirstlightError(error)) throw error;
    return undefined;
  }
}

function checkMandatory(cards: StructureCards, isBinary: boolean, tell: (problem: string) => void): void {
  const expected = { BITPIX: 8, NAXIS: 2, GCOUNT: 1, ...(isBinary ? {} : { PCOUNT: 0 }) };
  for (const [key, value] of Object.entries(expected)) {
    const found = tryOf(() => cards.value(key));
    // Where it is missing, that has been told.
    if (found !== undefined && found !== value)
      tell(`${key} is ${String(found)}, and ${value} in every ${isBinary ? "" : "ASCII "}table.`);
  }
}

/** A text that stands where one has to be; tells of everything else. */
function textOf(cards: StructureCards, key: string, tell: (problem: string) => void): string | undefined {
  const value = tryOf(() => cards.value(key));
  if (value === undefined || typeof value === "string") return value;
  tell(`${key} is ${String(value)}; expected a string.`);
  return undefined;
}

function formText(cards: StructureCards, number: number, tell: (problem: string) => void): string | undefined {
  const key = `TFORM${number}`;
  const value = tryOf(() => cards.value(key));
  if (value === undefined) tell(`${key} is missing: nothing says what column ${number} holds.`);
  else if (typeof value !== "string") tell(`${key} is ${String(value)}; expected a string.`);
  else return value;
  return undefined;
}

/** False where the columns cannot be told apart. */
function checkBinaryColumns(
  cards: StructureCards,
  count: number,
  { tell, warn }: Findings,
  isCompressed: boolean,
): boolean {
  let width: number | undefined = 0;
  for (let number = 1; number <= count; number += 1) {
    const text = formText(cards, number, tell);
    const form = text === undefined ? undefined : parseBinaryForm(text);
    if (text !== undefined && form === undefined) tell(`TFORM${number} is "${text}", which is no form of a column.`);
    if (text === undefined || form === undefined) {
      width = undefined;
      continue;
    }
    if (/[a-z]|^ /.test(text)) tell(`TFORM${number} is "${text}"; expected capitals, from the first character on.`);
    if (width !== undefined) width += form.widthBytes;
    // Those of a compressed table are of the columns that it holds.
    if (!isCompressed) checkNumbers(cards, number, text, form, { tell, warn });
  }
  const rowBytes = tryOf(() => cards.value("NAXIS1"));
  if (width !== undefined && typeof rowBytes === "number" && width !== rowBytes) {
    tell(`the columns fill ${width} bytes of each row, NAXIS1 has ${rowBytes}.`);
  }
  const [heap, descriptors] = [tryOf(() => cards.value("PCOUNT")), tryOf(() => cards.value("THEAP"))];
  if (heap === 0 && descriptors !== undefined) tell("THEAP is there, and by PCOUNT there is no heap.");
  return width !== undefined;
}

function checkNumbers(cards: StructureCards, number: number, text: string, form: BinaryForm, findings: Findings): void {
  const { tell, warn } = findings;
  const isScaled = !["A", "L", "X"].includes(form.code);
  const nullValue = tryOf(() => cards.value(`TNULL${number}`));
  if (nullValue !== undefined && !["B", "I", "J", "K"].includes(form.code)) {
    tell(`TNULL${number} is there, which columns of the form ${text.trim()} do not have; only integers do.`);
  } else if (nullValue !== undefined && typeof nullValue !== "bigint" && !isWhole(nullValue)) {
    tell(`TNULL${number} is ${String(nullValue)}; expected an integer.`);
  }
  for (const key of [`TSCAL${number}`, `TZERO${number}`]) {
    const value = tryOf(() => cards.value(key));
    if (value === undefined) continue;
    if (typeof value === "string" || typeof value === "boolean") tell(`${key} is ${String(value)}; expected a number.`);
    else if (!isScaled) tell(`${key} is there, which columns of the form ${text.trim()} do not have.`);
  }
  const dimensions = textOf(cards, `TDIM${number}`, tell);
  if (dimensions === undefined) return;
  const lengths = /^ *\(([\d, ]+)\) *$/.exec(dimensions)?.[1]?.split(",").map(Number);
  const size = lengths?.reduce((product, length) => product * length, 1);
  if (size === undefined) tell(`TDIM${number} is "${dimensions}"; expected lengths of axes, as in "(3,2)".`);
  else if (form.descriptor !== undefined) return;
  else if (size > form.repeat) tell(`TDIM${number} is "${dimensions}", a cell has ${form.repeat} elements.`);
  else if (size < form.repeat)
    warn(`TDIM${number} is "${dimensions}", a cell has ${form.repeat} elements: some have no place.`);
}

function isWhole(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value);
}

/** False where the columns cannot be told apart. */
function checkAsciiColumns(cards: StructureCards, count: number, { tell }: Findings): boolean {
  let isUnderstood = true;
  const rowBytes = tryOf(() => cards.value("NAXIS1"));
  for (let number = 1; number <= count; number += 1) {
    const text = formText(cards, number, tell);
    const form = text === undefined ? undefined : parseAsciiForm(text);
    if (text !== undefined && form === undefined) tell(`TFORM${number} is "${text}", which is no form of a column.`);
    const start = tryOf(() => cards.value(`TBCOL${number}`));
    if (start === undefined) tell(`TBCOL${number} is missing: nothing says where column ${number} begins.`);
    else if (!isWhole(start) || Number(start) < 1)
      tell(`TBCOL${number} is ${String(start)}; expected a whole number from 1 on.`);
    else if (form !== undefined && typeof rowBytes === "number" && Number(start) - 1 + form.width > rowBytes) {
      tell(`column ${number} ends at character ${Number(start) - 1 + form.width}, NAXIS1 has ${rowBytes}.`);
    } else if (form !== undefined) {
      textOf(cards, `TNULL${number}`, tell);
      continue;
    }
    isUnderstood = false;
  }
  return isUnderstood;
}

function checkNames(cards: StructureCards, count: number, { warn }: Findings, tell: (problem: string) => void): void {
  const known = new Map<string, number>();
  for (let number = 1; number <= count; number += 1) {
    const name = textOf(cards, `TTYPE${number}`, tell)?.trim().toUpperCase();
    textOf(cards, `TUNIT${number}`, tell);
    if (name === undefined || name === "") {
      if (tryOf(() => cards.value(`TTYPE${number}`)) === undefined)
        warn(`column ${number} has no name: TTYPE${number} is missing.`);
      continue;
    }
    const before = known.get(name);
    if (before === undefined) known.set(name, number);
    else warn(`the columns ${before} and ${number} share the name ${name}: who asks by name gets the first.`);
  }
}

const indexed = /^(?:TTYPE|TFORM|TBCOL|TUNIT|TNULL|TSCAL|TZERO|TDISP|TDIM)([1-9]\d*)$/;

function checkIndices(hdu: Hdu, count: number, tell: (problem: string) => void): void {
  for (const { keyword, isCommentary } of storedHeader(hdu).cards) {
    const number = isCommentary ? undefined : indexed.exec(keyword)?.[1];
    if (number !== undefined && Number(number) > count)
      tell(`${keyword} is of a column that is not there: TFIELDS is ${count}.`);
  }
}
