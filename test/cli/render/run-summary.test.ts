import { expect, test } from "vitest";
import { runSummary } from "../../../src/cli/render/run-summary.ts";
import { plainStyle } from "../../../src/cli/render/style.ts";
import type { RunDocument, TaskDocument } from "../../../src/cli/run-document.ts";
import { broken } from "./events.ts";

const task = (name: string, rest: Partial<TaskDocument> = {}): TaskDocument => ({
  task: name,
  status: "done",
  attempts: 1,
  startedAt: "2026-03-04T05:00:00Z",
  elapsedMs: 1234,
  filesRead: 11,
  filesWritten: 22,
  peakMemoryBytes: 1,
  error: null,
  blockedBy: [],
  ...rest,
});

const run = (rest: Partial<RunDocument>): RunDocument => ({
  recipeRunId: 3,
  workflow: "l0_to_l1_eit",
  version: "1",
  status: "done",
  createdAt: "2026-03-04T05:00:00Z",
  updatedAt: "2026-03-04T05:01:00Z",
  input: "/l0",
  output: "/out",
  framesIn: 11,
  framesOut: 11,
  datasetId: "ABCDEF",
  objectStore: "fs",
  products: [{ folder: "/out/data/EIT/ABCDEF", files: 24, sizeBytes: 2_100_000 }],
  scratch: { folder: "/scratch/3", exists: false },
  tasks: [task("Load"), task("Save", { status: "unchanged" })],
  ...rest,
});

const linesOf = (document: RunDocument): string =>
  runSummary(
    { document, elapsedMs: 65_000, inspectCommand: "firstlight inspect 3" },
    { width: 100, style: plainStyle },
  ).join("\n");

test("a run that is done ends with its tasks, frames, products, and the command that shows more", () => {
  expect(linesOf(run({}))).toMatchInlineSnapshot(`
    "
    Task  Status       Attempts   Time  Read  Written
    Load  ✓ done              1  1.2 s    11       22
    Save  ✓ unchanged         1  1.2 s    11       22

    Recipe run 3 is done in 1 min 05 s.
      Frames    11 in, 11 out
      Input     /l0
      Products  24 files, 2.1 MB, in /out/data/EIT/ABCDEF
      Scratch   /scratch/3, removed
      Inspect   firstlight inspect 3"
  `);
});

test("a run that failed names what failed, what was blocked, and what to do", () => {
  const failed = run({
    status: "failed",
    framesOut: 0,
    products: [],
    scratch: { folder: "/scratch/3", exists: true },
    tasks: [
      task("Load"),
      task("Dark", { status: "failed", attempts: 2, startedAt: null, elapsedMs: 800, error: broken }),
      task("Gain", { status: "skipped", startedAt: null, elapsedMs: null, error: { ...broken, message: "No lamp." } }),
      task("Save", { status: "blocked", attempts: 0, startedAt: null, elapsedMs: null, blockedBy: ["Dark"] }),
      task("Send", { status: "blocked", attempts: 0, startedAt: null, elapsedMs: null, blockedBy: ["Dark"] }),
    ],
  });
  expect(linesOf(failed)).toMatchInlineSnapshot(`
    "
    Task  Status      Attempts   Time  Read  Written
    Load  ✓ done             1  1.2 s    11       22
    Dark  ✗ failed           2  0.8 s
    Gain  – left out         1
    Save  ○ blocked          0
    Send  ○ blocked          0

    ✗ Dark  LAMP_BROKEN: The lamp is broken.
        Change the lamp.
    – Gain  LAMP_BROKEN: No lamp.
    ○ Save, Send: blocked by Dark

    Recipe run 3 failed after 1 min 05 s. Mend the cause and run the same command again: what is done stays done.
      Frames    11 in, 0 out
      Input     /l0
      Products  none in /out
      Scratch   /scratch/3
      Inspect   firstlight inspect 3"
  `);
});

test("products on a server are told by their dataset, not as none", () => {
  expect(linesOf(run({ products: [], objectStore: "s3", output: "s3" }))).toContain(
    "  Products  dataset ABCDEF in the object store s3\n",
  );
});

test("a run that was interrupted says how to go on", () => {
  const stopped = run({ status: "interrupted", tasks: [task("Load", { status: "interrupted", elapsedMs: null })] });
  expect(linesOf(stopped)).toContain(
    "was interrupted after 1 min 05 s. Run the same command again: it goes on from here.",
  );
});

test("a demo that is stopped or fails does not promise to go on", () => {
  const endOf = (status: RunDocument["status"]) =>
    runSummary(
      { document: run({ status }), elapsedMs: 1000, inspectCommand: "firstlight inspect 3", goesOn: false },
      { width: 100, style: plainStyle },
    ).find((line) => line.startsWith("Recipe run"));
  expect(endOf("interrupted")).toBe(
    "Recipe run 3 was interrupted after 1.0 s. Run the same command again: it begins anew.",
  );
  expect(endOf("failed")).toBe(
    "Recipe run 3 failed after 1.0 s. Mend the cause and run the same command again: it begins anew.",
  );
});
