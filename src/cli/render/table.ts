import type { Style } from "./style.ts";
import { clip, pad, widthOf } from "./text-width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Gives way where the table is too wide; of several, the widest first. */
  readonly flexible?: boolean;
}

const gap = 2;
const narrowest = 8;

/** Rows under a headline, in columns as wide as they need be, and together no wider than `width`. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, style }: { readonly width: number; readonly style: Style },
): readonly string[] {
  const widths = columns.map(({ title }, at) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[at] ?? ""))));
  const lacking = (): number => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1)) - width;
  for (let excess = lacking(); excess > 0; excess = lacking()) {
    const widest = widestFlexible(columns, widths);
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => pad(clip(cell, widths[at] ?? 0), widths[at] ?? 0, columns[at]?.align))
      .join(" ".repeat(gap))
      .trimEnd();
  return [style.bold(line(columns.map(({ title }) => title))), ...rows.map(line)];
}

function widestFlexible(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [at, width] of widths.entries()) {
    if (columns[at]?.flexible !== true || width <= narrowest) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = at;
  }
  return widest;
}
