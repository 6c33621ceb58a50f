import { join } from "node:path";
import { cellsOf } from "../../../src/cli/fits/table-cells.ts";
import { openFile } from "../../../src/core/file.ts";
import { isReal } from "../../../src/core/scalar.ts";
import { isComplex } from "../../../src/fits/card-value.ts";
import { openFits } from "../../../src/fits/open-fits.ts";
import { readPixels } from "../../../src/fits/read-image.ts";
import { readTableOf } from "../../../src/fits/read-table.ts";

/** Numbers are spelt `n:…`, texts `t:…`; undefined is null. */
type Spelt = string | boolean | null | readonly Spelt[];

/** What stands in a file: see exotic.py. */
export interface Exotic {
  readonly file: string;
  readonly hdus: readonly {
    readonly type: "image" | "table" | "other";
    readonly shape?: readonly number[];
    readonly values?: readonly Spelt[];
    readonly rows?: number;
    readonly names?: readonly string[];
    readonly columns?: readonly (readonly Spelt[])[];
  }[];
  /** Of the second HDU. */
  readonly header: Readonly<Record<string, Spelt>> | null;
  readonly astropy: string;
}

/** How what we read from it differs; `count` is of pixels and cells that were held against the truth. */
export async function compareExotic(folder: string, { file, hdus: truth, header }: Exotic) {
  const problems: string[] = [];
  let count = 0;
  const hold = (what: string, ours: unknown, theirs: Spelt | undefined): boolean => {
    count += 1;
    if (isSame(ours, theirs)) return true;
    problems.push(`${what}: ${show(ours)}, not ${JSON.stringify(theirs)}`);
    return false;
  };
  try {
    await using source = await openFile(join(folder, file));
    const { hdus, source: plain } = await openFits(source);
    if (hdus.length !== truth.length) problems.push(`${hdus.length} HDUs, not ${truth.length}`);
    for (const [key, value] of Object.entries(header ?? {})) {
      const found = hdus[1]?.header.card(key)?.value;
      const plainValue = isComplex(found) ? [found.re, found.im] : isReal(found) ? found.value : (found ?? null);
      hold(key, plainValue, value);
    }
    for (const [index, { type, shape, values, rows, names, columns }] of truth.entries()) {
      const hdu = hdus[index];
      if (hdu === undefined) break;
      if (type === "image" && String(hdu.shape) !== String(shape)) problems.push(`HDU ${index}: shape ${hdu.shape}`);
      if (values !== undefined) {
        const { data } = await readPixels(plain, hdu);
        const wide = await readPixels(plain, hdu, { as: "float64" });
        for (const [at, value] of values.entries()) {
          const isRounded = data instanceof Float32Array;
          const number = Number(String(value).slice(2).replace("inf", "Infinity"));
          const wanted = isRounded ? `n:${Math.fround(number)}` : value;
          if (!hold(`HDU ${index} pixel ${at}`, data[at], wanted)) break;
          if (!hold(`HDU ${index} pixel ${at} as float64`, wide.data[at], `n:${number}`)) break;
        }
      }
      if (columns === undefined) continue;
      const table = await readTableOf(plain, hdu);
      if (table.rowCount !== rows) problems.push(`HDU ${index}: ${table.rowCount} rows`);
      if (table.columns.map(({ name }) => name).join("|") !== names?.join("|")) problems.push("names differ");
      for (const [at, column] of table.columns.entries()) {
        const cells = [...cellsOf(column, table.rowCount)];
        for (const [row, cell] of cells.entries()) {
          if (!hold(`HDU ${index} ${column.name} (${column.form}) row ${row}`, cell, columns[at]?.[row])) break;
        }
      }
    }
  } catch (error) {
    problems.push(String(error));
  }
  return { count, problems: problems.map((each) => `${file}: ${each}`) };
}

function isSame(ours: unknown, theirs: Spelt | undefined): boolean {
  if (Array.isArray(ours)) {
    return Array.isArray(theirs) && ours.length === theirs.length && ours.every((each, i) => isSame(each, theirs[i]));
  }
  if (typeof theirs !== "string") return ours === theirs;
  const text = theirs.slice(2);
  if (theirs.startsWith("t:")) return ours === text;
  if (typeof ours === "bigint") return String(ours) === text;
  const word = text.replace("inf", "Infinity").replace("nan", "NaN");
  // Of a table those that are not finite are words.
  if (typeof ours === "string") return ours === word;
  return typeof ours === "number" && (ours === Number(word) || (Number.isNaN(ours) && word === "NaN"));
}

function show(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)) ?? String(value);
}
