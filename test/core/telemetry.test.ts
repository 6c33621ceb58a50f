import { expect, test } from "vitest";
import { tracer, withSpan } from "../../src/core/telemetry.ts";
import { recordTelemetry } from "../tasks/telemetry-recorder.ts";

test("a span ends OK with its work", async () => {
  await using telemetry = recordTelemetry();
  expect(await withSpan("Run", { "task.name": "A" }, async () => 5)).toBe(5);
  expect(await telemetry.spans()).toEqual([
    { name: "Run", parent: undefined, status: "OK", attributes: { "task.name": "A" }, exceptions: [] },
  ]);
});

test("a span records what its work throws, ends, and throws it on", async () => {
  await using telemetry = recordTelemetry();
  const error = new Error("no");
  await expect(withSpan("Run", {}, () => Promise.reject(error))).rejects.toBe(error);
  expect(await telemetry.spans()).toMatchObject([
    { name: "Run", status: "ERROR", statusMessage: "no", exceptions: ["no"] },
  ]);
});

test("what is done within a span, across awaits too, is below it, and not what comes after", async () => {
  await using telemetry = recordTelemetry();
  await withSpan("outer", {}, async () => {
    await Promise.resolve();
    await withSpan("inner", {}, async () => undefined);
    tracer().startSpan("by hand").end();
  });
  await withSpan("next", {}, async () => undefined);
  const spans = await telemetry.spans();
  expect(spans.map(({ name, parent }) => [name, parent])).toEqual([
    ["inner", "outer"],
    ["by hand", "outer"],
    ["outer", undefined],
    ["next", undefined],
  ]);
});

test("without an SDK the work is done all the same", async () => {
  expect(await withSpan("Run", {}, async () => 5)).toBe(5);
});
