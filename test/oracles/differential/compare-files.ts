import { join } from "node:path";
import { cellsOf } from "../../../src/cli/fits/table-cells.ts";
import { openFile } from "../../../src/core/file.ts";
import { openFits } from "../../../src/fits/open-fits.ts";
import { readPixels } from "../../../src/fits/read-image.ts";
import { readTableOf } from "../../../src/fits/read-table.ts";

/** What another reader found in a file: see read-files.py. */
export interface Truth {
  readonly file: string;
  readonly error?: string;
  readonly hdus?: readonly TrueHdu[];
}

interface TrueHdu {
  readonly type: string;
  readonly shape?: readonly number[];
  readonly kind?: string;
  readonly pixels?: string;
  readonly names?: readonly string[];
  readonly columns?: readonly (readonly unknown[])[];
  readonly rows?: number;
}

/** How what we read from a file differs from that; nothing where it does not. */
export async function compareFile(folder: string, truth: Truth): Promise<readonly string[]> {
  const found: string[] = [];
  await using source = await openFile(join(folder, truth.file));
  const { hdus: all, source: plain } = await openFits(source);
  // Restored, a primary image is the primary again; compressed it stands behind an empty one.
  const hdus = truth.file.includes(".fz") && all[1]?.tiles?.header.has("ZSIMPLE") === true ? all.slice(1) : all;
  if (hdus.length !== truth.hdus?.length) found.push(`${hdus.length} HDUs, ${truth.hdus?.length} are there`);
  for (const [index, theirs] of (truth.hdus ?? []).entries()) {
    const hdu = hdus[index];
    if (hdu === undefined) continue;
    const tell = (problem: string) => found.push(`HDU ${index} (${theirs.type} ${theirs.kind ?? ""}): ${problem}`);
    if (theirs.pixels !== undefined && theirs.kind !== undefined) {
      const ours = await readPixels(plain, hdu);
      const wide = await readPixels(plain, hdu, { as: "float64" });
      const values = arrayOf(theirs.kind, Buffer.from(theirs.pixels, "base64"));
      if (ours.shape.join() !== theirs.shape?.join()) tell(`shape ${ours.shape}, theirs ${theirs.shape}`);
      else if (theirs.kind === "f8" && !(ours.data instanceof Float64Array)) {
        firstDifference(wide.data, values, tell);
        firstDifference(ours.data, Float32Array.from(values as Float64Array), tell);
      } else {
        firstDifference(ours.data, values, tell);
        firstDifference(wide.data, Float64Array.from(values as Int8Array, Number), tell);
      }
    } else if (theirs.columns !== undefined) {
      const table = await readTableOf(plain, hdu);
      if (table.rowCount !== theirs.rows) tell(`${table.rowCount} rows, theirs ${theirs.rows}`);
      else if (table.columns.map(({ name }) => name).join("|") !== theirs.names?.join("|")) tell("names differ");
      else if (theirs.rows > 0) {
        for (const [at, column] of table.columns.entries()) {
          const cells = [...cellsOf(column, table.rowCount)];
          const wanted = theirs.columns[at] ?? [];
          for (const [row, cell] of cells.entries()) {
            if (sameCell(cell, wanted[row])) continue;
            tell(`${column.name} ${column.form} row ${row}: ${show(cell)}, theirs ${JSON.stringify(wanted[row])}`);
            break;
          }
        }
      }
    }
  }
  return found;
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each));
}

function arrayOf(kind: string, bytes: Buffer) {
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const types = {
    ...{ u1: Uint8Array, i1: Int8Array, i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array },
    ...{ i8: BigInt64Array, u8: BigUint64Array, f4: Float32Array, f8: Float64Array },
  };
  return new types[kind as keyof typeof types](buffer);
}

function firstDifference(
  ours: ArrayLike<number | bigint>,
  theirs: ArrayLike<number | bigint>,
  tell: (problem: string) => void,
): void {
  if (ours.length !== theirs.length) {
    tell(`${ours.length} pixels, theirs ${theirs.length}`);
    return;
  }
  let [count, first] = [0, -1];
  for (let i = 0; i < ours.length; i += 1) {
    const [a, b] = [ours[i] as number | bigint, theirs[i] as number | bigint];
    if (a === b || (Number.isNaN(Number(a)) && Number.isNaN(Number(b)))) continue;
    if (typeof a !== typeof b && Number(a) === Number(b)) continue;
    if (count === 0) first = i;
    count += 1;
  }
  if (count > 0)
    tell(`${count} of ${ours.length} pixels differ, the first at ${first}: ${ours[first]}, theirs ${theirs[first]}`);
}

/** Numbers of theirs are spelt; a cell of one value may be a list of one. */
function sameCell(ours: unknown, theirs: unknown): boolean {
  // Where we have a text, astropy has its characters.
  const [text] = Array.isArray(ours) && ours.length === 1 && typeof ours[0] === "string" ? ours : [];
  if (Array.isArray(theirs) && text !== undefined)
    return [theirs.join(""), theirs[0]].includes(text) || theirs.length + text.length === 0;
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length === theirs.length && ours.every((each, i) => sameCell(each, theirs[i]));
  }
  if (Array.isArray(theirs) && theirs.length === 1) return sameCell(ours, theirs[0]);
  if (ours === null) return true;
  if (typeof ours === "bigint") return String(ours) === theirs;
  if (typeof ours === "number") return Object.is(ours, Number(theirs)) || ours === Number(theirs);
  if (ours === "NaN") return theirs === "nan";
  if (ours === "Infinity" || ours === "-Infinity")
    return Number(String(theirs).replace("inf", "Infinity")) === Number(ours);
  return ours === theirs || (typeof theirs === "string" && String(ours) === theirs.trimEnd());
}
