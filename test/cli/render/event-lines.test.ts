import { expect, test } from "vitest";
import { eventLines } from "../../../src/cli/render/event-lines.ts";
import { plainStyle, styleOf } from "../../../src/cli/render/style.ts";
import type { RunEventBody } from "../../../src/workflow/run-event.ts";
import { broken, eventAt, report, started } from "./events.ts";

const linesOf = (body: RunEventBody, level: "WARNING" | "DEBUG" = "WARNING") =>
  eventLines(eventAt(1, body), level, plainStyle);

test("a run begins with the driver of each service and what chose it, then its id and its workflow", () => {
  expect(eventLines(started, "WARNING", plainStyle)).toEqual([
    "inventory sqlite (default), bus amqp (BUS_DRIVER)",
    "Recipe run 3: l0_to_l1_eit 1.0.0, 4 tasks; it goes on where it stopped",
  ]);
});

test("a task that is done leaves a line with its time and its files", () => {
  expect(linesOf({ type: "task-finished", task: "Dark", attempt: 1, report })).toEqual([
    "✓ Dark  2.5 s  1 file read, 0 written",
  ]);
});

test("a failure shows its code, and every line of its message", () => {
  expect(linesOf({ type: "task-failed", task: "Dark", attempt: 1, error: broken })).toEqual([
    "✗ Dark  LAMP_BROKEN: The lamp is broken.",
    "    Change the lamp.",
  ]);
});

test("a failure that is tried again says when", () => {
  const [line] = linesOf({ type: "task-failed", task: "Dark", attempt: 2, error: broken, willRetryInMs: 60_000 });
  expect(line).toBe("! Dark  attempt 2 failed, the next one follows in 1 min 00 s  LAMP_BROKEN: The lamp is broken.");
});

test("tasks that do not run say why", () => {
  expect([
    ...linesOf({ type: "task-skipped", task: "Load", why: "unchanged" }),
    ...linesOf({ type: "task-skipped", task: "Gain", why: "left-out", error: { ...broken, message: "No lamp." } }),
    ...linesOf({ type: "task-blocked", task: "Save", by: ["Dark", "Gain"] }),
    ...linesOf({ type: "task-interrupted", task: "Dark", attempt: 1 }),
    ...linesOf({ type: "task-rolled-back", task: "Dark" }),
  ]).toEqual([
    "✓ Load  done before, unchanged",
    "– Gain  left out  LAMP_BROKEN: No lamp.",
    "○ Save  blocked by Dark, Gain",
    "■ Dark  interrupted",
    "↺ Dark  rolled back, to be done anew",
  ]);
});

const logged = (line: string, level: "WARNING" | "DEBUG" = "WARNING") =>
  linesOf({ type: "task-log", task: "Dark", attempt: 1, stream: "stderr", line }, level);

test("log lines below the level stay away, and those that show name their task once", () => {
  const line = "05:00:01 WARNING  a lamp is weak  (recipe.run.id=3 task.name=Dark attempt=1 lamp=7)";
  expect(logged(line)).toEqual(["  Dark │ WARNING a lamp is weak (lamp=7)"]);
  expect(logged("05:00:01 INFO     Starting  (recipe.run.id=3 task.name=Dark attempt=1)")).toEqual([]);
  expect(logged("05:00:01 DEBUG        at Dark.run (dark.ts:3:4)")).toEqual([]);
  expect(logged("05:00:01 DEBUG        at Dark.run (dark.ts:3:4)", "DEBUG")).toEqual([
    "  Dark │ DEBUG at Dark.run (dark.ts:3:4)",
  ]);
});

test("log lines in JSON are told like the others", () => {
  const line = {
    level: "ERROR",
    time: "2026-03-04T05:00:01Z",
    message: "no light",
    "task.name": "Dark",
    lamp: { id: 7 },
  };
  expect(logged(JSON.stringify(line))).toEqual(['  Dark │ ERROR no light (lamp={"id":7})']);
  expect(logged(JSON.stringify({ ...line, level: "INFO" }))).toEqual([]);
});

test("what a task prints by itself always shows, without what would move the cursor", () => {
  expect(logged("half\u001b[2J way")).toEqual(["  Dark │ half way"]);
  expect(logged('{"not": "a log line"}')).toEqual(['  Dark │ {"not": "a log line"}']);
  expect(logged("{broken")).toEqual(["  Dark │ {broken"]);
});

test("without colours no line holds a control character", () => {
  const lines = linesOf({ type: "task-failed", task: "Dark", attempt: 1, error: broken });
  expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  const coloured = eventLines(
    eventAt(1, { type: "task-blocked", task: "Save", by: ["Dark"] }),
    "WARNING",
    styleOf(true),
  );
  expect(coloured.join("")).toContain("\u001b[33m");
});
