import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Output } from "../../src/cli/output.ts";
import { plainStyle } from "../../src/cli/render/style.ts";
import { openRunDisplay } from "../../src/cli/run-display.ts";
import { eventAt, report, started } from "./render/events.ts";

/** Keeps what is written, and plays it on a screen without end. */
function screen(isLive: boolean): { readonly output: Output; readonly writes: string[]; lines(): readonly string[] } {
  const writes: string[] = [];
  const write = (text: string): void => void writes.push(text);
  const output: Output = {
    write,
    lines: (lines) => write(lines.map((line) => `${line}\n`).join("")),
    document: (value) => write(JSON.stringify(value)),
    isTerminal: isLive,
    isLive,
    width: () => 60,
    style: plainStyle,
  };
  return { output, writes, lines: () => play(writes.join("")) };
}

function play(text: string): readonly string[] {
  const rows: string[] = [""];
  let row = 0;
  const visible = text.replaceAll("\u001b", "␛");
  for (const [piece, up] of visible.matchAll(/␛\[(\d+)A\r|␛\[[JK]|␛\[\?25[lh]|\n|[^␛\n]+/g)) {
    if (up !== undefined) {
      row -= Number(up);
      rows[row] = "";
    } else if (piece === "␛[J") rows.length = row + 1;
    else if (piece === "\n") {
      row += 1;
      rows[row] = "";
    } else if (!piece.startsWith("␛")) rows[row] = (rows[row] ?? "") + piece;
  }
  return rows;
}

const begin = eventAt(0, { type: "task-started", task: "Dark", attempt: 1, pid: 1 });
const progress = (second: number, current: number) =>
  eventAt(second, { type: "task-progress", task: "Dark", attempt: 1, current, total: 40, unit: "frames" });
const done = eventAt(40, { type: "task-finished", task: "Dark", attempt: 1, report });

test("on a terminal running tasks stay below the lines that are over, and nothing of them is left at the end", async () => {
  const { output, writes, lines } = screen(true);
  const display = openRunDisplay(output, "WARNING");
  display.say("2 frames");
  display.show(started);
  display.show(begin);
  display.show(progress(1, 20));
  while (!lines().some((line) => line.includes("20/40 frames"))) await sleep(10);
  expect(lines().slice(0, 2)).toEqual(["2 frames", "inventory sqlite (default), bus amqp (BUS_DRIVER)"]);
  display.show(done);
  display[Symbol.dispose]();
  display[Symbol.dispose]();
  expect(lines().slice(3)).toEqual(["✓ Dark  2.5 s  1 file read, 0 written", ""]);
  const text = writes.join("");
  expect(text.split("\u001b[?25l")).toHaveLength(2);
  expect(text.endsWith("\u001b[?25h")).toBe(true);
});

test("off a terminal lines follow each other, and progress is told every ten seconds", () => {
  const { output, writes } = screen(false);
  using display = openRunDisplay(output, "WARNING");
  for (const event of [
    begin,
    progress(1, 1),
    progress(9, 9),
    progress(11, 11),
    progress(12, 12),
    progress(25, 25),
    done,
  ]) {
    display.show(event);
  }
  expect(
    writes
      .join("")
      .split("\n")
      .filter((line) => line !== ""),
  ).toEqual([
    "▸ Dark  started",
    "  Dark  11/40 frames",
    "  Dark  25/40 frames",
    "✓ Dark  2.5 s  1 file read, 0 written",
  ]);
});
