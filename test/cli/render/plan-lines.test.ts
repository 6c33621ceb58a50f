import { expect, test } from "vitest";
import { planLines } from "../../../src/cli/render/plan-lines.ts";
import { explainTask } from "../../../src/cli/render/plan-reason.ts";
import { plainStyle } from "../../../src/cli/render/style.ts";
import type { PlannedTask, PlanReason } from "../../../src/workflow/plan.ts";

const fingerprint = { taskVersion: "1", code: "c", parameters: "p", input: "i", upstreams: [], digest: "d" };

const planned = (
  task: string,
  after: readonly string[],
  reasons: readonly PlanReason[],
  rest: Partial<PlannedTask> = {},
): PlannedTask => ({
  task,
  after,
  queue: "default",
  retries: 0,
  retryDelaySeconds: 60,
  uses: [],
  attempts: 0,
  fingerprint,
  action: reasons.some(({ kind }) => kind === "unchanged") ? "skip" : "run",
  reasons,
  ...rest,
});

test("a plan lists the tasks as deep as they lie, each with its reasons", () => {
  const plan = {
    workflow: "l0_to_l1_eit",
    version: "1.0.0",
    recipeRunId: 3,
    drivers: [{ service: "bus", driver: "sqlite", because: "default" } as const],
    tasks: [
      planned("Load", [], [{ kind: "unchanged", doneAt: "2026-03-04T05:06:07Z" }], { uses: ["transfer"] }),
      planned("Dark", ["Load"], [{ kind: "code-changed" }, { kind: "input-changed" }], {
        retries: 2,
        queue: "highMemory",
      }),
      planned("Save", ["Load", "Dark"], [{ kind: "upstream-runs", tasks: ["Dark"] }]),
    ],
  };
  expect(planLines(plan, { width: 100, style: plainStyle }).join("\n")).toMatchInlineSnapshot(`
    "l0_to_l1_eit 1.0.0: 2 of 3 tasks will run; recipe run 3 goes on
    bus sqlite (default)

    ✓ Load  uses transfer
        is done, unchanged since 2026-03-04 05:06
      ▸ Dark  after Load; queue highMemory; 2 retries, 60 s apart
          will run, because its code changed and the input changed
        ▸ Save  after Load, Dark
            will run, because Dark runs before it"
  `);
});

test("a long chain of tasks does not run off the right side", () => {
  const names = Array.from({ length: 60 }, (_, at) => `Task${at}`);
  const tasks = names.map((name, at) => planned(name, at === 0 ? [] : [names[at - 1] ?? ""], [{ kind: "new" }]));
  const plan = { workflow: "w", version: "1", recipeRunId: undefined, drivers: [], tasks };
  const lines = planLines(plan, { width: 80, style: plainStyle });
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

test.each<[PlanReason, string]>([
  [{ kind: "new" }, "it has not run yet"],
  [{ kind: "failed-before", attempts: 1, code: "BAD" }, "it failed with BAD after 1 attempt"],
  [{ kind: "interrupted", attempts: 2 }, "its attempt 2 was interrupted"],
  [{ kind: "blocked-before", by: ["A", "B", "C"] }, "it was blocked by A, B and C"],
  [{ kind: "task-version-changed", from: "1", to: "2" }, "its version changed from 1 to 2"],
  [{ kind: "parameters-changed" }, "the parameters changed"],
  [{ kind: "upstreams-changed", from: [], to: ["A"] }, "it now comes after A (before: nothing)"],
  [{ kind: "upstream-ran" }, "what it depends on has been done anew since"],
])("%o is told in words", (reason, words) => {
  expect(explainTask({ action: "run", reasons: [reason] })).toBe(`will run, because ${words}`);
});

test("several reasons are told as a list, and what is at work is not said to have been interrupted", () => {
  const blocked: PlanReason = { kind: "blocked-before", by: ["A"] };
  const runs: PlanReason = { kind: "upstream-runs", tasks: ["A"] };
  expect(explainTask({ action: "run", reasons: [blocked, { kind: "input-changed" }, runs] })).toBe(
    "will run, because it was blocked by A, the input changed and A runs before it",
  );
  expect(explainTask({ action: "run", reasons: [{ kind: "at-work", attempt: 2 }, runs] })).toBe(
    "is being done now, in attempt 2",
  );
});
