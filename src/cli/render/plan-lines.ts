import type { PlannedTask, WorkflowPlan } from "../../workflow/plan.ts";
import type { Runner } from "../../workflow/run-store.ts";
import { count } from "./count.ts";
import { driverList } from "./driver-list.ts";
import { formatMinute } from "./duration.ts";
import { explainTask } from "./plan-reason.ts";
import type { Style } from "./style.ts";
import { clip, oneLine, pad, wrap } from "./text-width.ts";

/** A plan as a list in the order of the work: each task indented by how deep it lies in the graph, and why it will run or not. */
export function planLines(
  plan: WorkflowPlan,
  { width, style }: { readonly width: number; readonly style: Style },
): readonly string[] {
  const running = plan.tasks.filter(({ action }) => action === "run").length;
  const run = plan.recipeRunId === undefined ? "a new recipe run begins" : `recipe run ${plan.recipeRunId} goes on`;
  return [
    `${style.bold(`${plan.workflow} ${plan.version}`)}: ${running} of ${count(plan.tasks.length, "task")} will run; ${run}`,
    ...wrap(driverList(plan.drivers), width).map((line) => style.dim(line)),
    ...(plan.runner === undefined ? [] : wrap(beingRun(plan.runner), width).map((line) => style.yellow(line))),
    "",
    ...taskTree(plan.tasks, width, style),
  ];
}

function beingRun({ pid, host, since }: Runner): string {
  return `It is being run by process ${pid} on ${oneLine(host)} since ${formatMinute(since)}: a second runner is refused, and what follows is how it stands now.`;
}

function taskTree(tasks: readonly PlannedTask[], width: number, style: Style): readonly string[] {
  const depths = new Map<string, number>();
  for (const { task, after } of tasks) {
    depths.set(task, Math.max(-1, ...after.map((upstream) => depths.get(upstream) ?? 0)) + 1);
  }
  // A deep chain must not run off the right side.
  const step = Math.max(...depths.values(), 0) * 2 > width / 4 ? 0 : 2;
  return tasks.flatMap((task) => {
    const indent = " ".repeat((depths.get(task.task) ?? 0) * step);
    const mark = task.action === "run" ? style.cyan("▸") : style.green("✓");
    const below = `${indent}    `;
    return [
      `${indent}${mark} ${style.bold(clip(task.task, Math.max(8, width - indent.length - 2)))}${style.dim(details(task))}`,
      ...wrap(explainTask(task), Math.max(24, width - below.length)).map((line) => below + line),
    ];
  });
}

function details({ after, queue, retries, retryDelaySeconds, uses }: PlannedTask): string {
  const parts = [
    ...(after.length === 0 ? [] : [`after ${after.join(", ")}`]),
    ...(queue === "default" ? [] : [`queue ${queue}`]),
    ...(retries === 0 ? [] : [`${count(retries, "retry")}, ${retryDelaySeconds} s apart`]),
    ...(uses.length === 0 ? [] : [`uses ${uses.join(", ")}`]),
  ];
  return parts.length === 0 ? "" : pad("", 2) + parts.join("; ");
}
