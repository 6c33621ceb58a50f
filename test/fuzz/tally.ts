import type { Execution } from "./execute.ts";
import { codecs, structures } from "./seed-files.ts";

/** How many executions each codec and each structure had, and how they ended. */
export interface Tally {
  add(execution: Execution): void;
  readonly counts: ReadonlyMap<string, { read: number; refused: number }>;
}

export function tally(): Tally {
  const counts = new Map<string, { read: number; refused: number }>();
  for (const name of [...codecs, ...structures]) counts.set(name, { read: 0, refused: 0 });
  return {
    counts,
    add({ codec, structure, outcome }) {
      for (const name of [codec, structure]) {
        const count = counts.get(name);
        if (count !== undefined) count[outcome] += 1;
      }
    },
  };
}

/** Codecs and structures with less than their share of the executions. */
export function tooSeldom({ counts }: Tally, total: number, leastShare: number): readonly string[] {
  return [...counts].filter(([, { read, refused }]) => read + refused < leastShare * total).map(([name]) => name);
}

export function tallyTable({ counts }: Tally, total: number): string {
  const row = (cells: readonly string[]): string =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(12) : cell.padStart(12))).join("");
  const lines = [...counts].map(([name, { read, refused }]) =>
    row([
      name,
      String(read + refused),
      `${((100 * (read + refused)) / total).toFixed(1)} %`,
      String(read),
      String(refused),
    ]),
  );
  return [row(["", "executions", "share", "read", "refused"]), ...lines].join("\n");
}
