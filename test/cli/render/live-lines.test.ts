import { describe, expect, test } from "vitest";
import { liveLines } from "../../../src/cli/render/live-lines.ts";
import { advanceView, emptyView, type RunView } from "../../../src/cli/render/run-view.ts";
import { plainStyle } from "../../../src/cli/render/style.ts";
import { widthOf } from "../../../src/cli/render/text-width.ts";
import type { RunEvent } from "../../../src/workflow/run-event.ts";
import { broken, eventAt, report, started } from "./events.ts";

const viewAfter = (...events: readonly RunEvent[]): RunView => events.reduce(advanceView, emptyView);
const at = (second: number): number => Date.UTC(2026, 2, 4, 5, 0, second);

const begin = (second: number, task: string, attempt = 1) =>
  eventAt(second, { type: "task-started", task, attempt, pid: 1 });
const progress = (second: number, task: string, current: number, total: number) =>
  eventAt(second, { type: "task-progress", task, attempt: 1, current, total, unit: "frames" });

describe("what a terminal shows of a run", () => {
  test("nothing before it begins", () => {
    expect(liveLines(emptyView, at(0), 80, plainStyle)).toEqual([]);
  });

  test("work before the run has its line, and goes when the run begins", () => {
    const before = [begin(0, "MakeFrames"), progress(1, "MakeFrames", 3, 0)] as const;
    expect(liveLines(viewAfter(...before), at(2), 80, plainStyle)).toEqual(["▸ MakeFrames  3 frames  0:02"]);
    expect(viewAfter(...before, started).running).toEqual([]);
  });

  test("each running task has its bar, its numbers and its time; the last line counts the tasks", () => {
    const view = viewAfter(
      started,
      eventAt(1, { type: "task-skipped", task: "Load", why: "unchanged" }),
      begin(2, "Dark"),
      begin(2, "Gain", 2),
      progress(9, "Dark", 15, 60),
    );
    expect(liveLines(view, at(14), 70, plainStyle)).toEqual([
      "▸ Dark  ━━━━━━━━──────────────────────  15/60 frames  0:12",
      "▸ Gain  attempt 2  0:12",
      "  1 of 4 tasks ended  0:14",
    ]);
  });

  test("a total that is not known yet draws no bar", () => {
    const view = viewAfter(started, begin(0, "Dark"), progress(1, "Dark", 7, 0));
    expect(liveLines(view, at(1), 80, plainStyle)[0]).toBe("▸ Dark  7 frames  0:01");
  });

  test.each([80, 40, 30, 20, 12])("no line is wider than a terminal of %d columns", (width) => {
    const long = "AssembleTheVeryLongCalibration";
    const view = viewAfter(started, begin(0, long), progress(1, long, 1234, 5678), begin(0, "Dark"));
    const lines = liveLines(view, at(3), width, plainStyle);
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
  });

  test("a task that failed and is tried again is not counted as ended", () => {
    const failed = { type: "task-failed", task: "Dark", attempt: 1, error: broken } as const;
    const waiting = viewAfter(started, begin(0, "Dark"), eventAt(1, { ...failed, willRetryInMs: 10 }));
    expect(liveLines(waiting, at(2), 80, plainStyle)).toEqual(["  0 of 4 tasks ended  0:02"]);
    const over = viewAfter(started, begin(0, "Dark"), eventAt(1, failed));
    expect(liveLines(over, at(2), 80, plainStyle)).toEqual(["  1 of 4 tasks ended  0:02"]);
  });

  test("a task that is done no longer runs", () => {
    const view = viewAfter(
      started,
      begin(0, "Dark"),
      eventAt(1, { type: "task-finished", task: "Dark", attempt: 1, report }),
    );
    expect(view.running).toEqual([]);
    expect([...view.ended]).toEqual(["Dark"]);
  });
});
