import { type Kill, type Phase, phases } from "./phases.ts";

/** The phases with how often a process was killed in each, and the server of its inventory. */
export function chaosTable(hits: readonly Kill[]): string {
  const lines = Object.entries(phases).map(([phase, meaning]) => {
    const all = hits.filter((hit) => hit.phase === (phase as Phase));
    const of = all.filter(({ victim }) => victim === undefined);
    const before = of.filter(({ side }) => side === "before").length;
    const runner = of.filter(({ process }) => process === "runner").length;
    const isTimed = phase.startsWith("any time");
    return [
      phase,
      isTimed ? "" : String(before),
      isTimed ? "" : String(of.length - before),
      String(of.length),
      String(runner),
      String(all.length - of.length),
      meaning,
    ];
  });
  const rows = [["phase", "before", "after", "kills", "of the runner", "of Redis", "what it is"], ...lines];
  const widths = [0, 1, 2, 3, 4, 5].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : i === 6 ? cell : cell.padStart(widths[i] ?? 0)))
        .join("  "),
    )
    .join("\n");
}
