import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type TaskClass, Workflow } from "firstlight";
import { runWorkflow } from "firstlight/workflow";
import {
  type Bench,
  type Contender,
  compare,
  digits,
  growthTable,
  median,
  type Section,
  type Suite,
  type Table,
  timed,
} from "./harness.ts";
import { workflow as chain, chainLength, emptyTask } from "./runner-workflow.ts";

const measure = "one task, but for its `run`";
const module = pathToFileURL(join(import.meta.dirname, "runner-workflow.ts")).href;

/** A run of its own each time, in a folder that is removed. */
async function run(
  bench: Bench,
  workflow: Workflow,
  where: { readonly module: string } | { readonly inProcess: true },
): Promise<number> {
  const basePath = await mkdtemp(join(bench.folder, "run-"));
  try {
    const env = { ...process.env, SCRATCH_BASE_PATH: basePath };
    const keys = { inputKey: "bench", outputKey: "bench", inputDigest: "bench" };
    const { status, elapsedMs } = await runWorkflow(workflow, { ...keys, ...where, env, workers: 1 });
    if (status !== "done") throw new Error(`the run of ${workflow.name} ended as ${status}`);
    return elapsedMs;
  } finally {
    await rm(basePath, { recursive: true, force: true });
  }
}

async function bareForks(): Promise<number> {
  return timed(async () => {
    for (let i = 0; i < chainLength; i += 1) {
      const child = fork(join(import.meta.dirname, "runner-child.ts"), { stdio: "ignore" });
      const [code] = (await once(child, "exit")) as [number | null];
      if (code !== 0) throw new Error(`the bare fork ended with ${code}`);
    }
  });
}

const contenders = (bench: Bench): readonly Contender[] => [
  {
    name: "ours, the local runner",
    isPeer: false,
    workers: "1 child process at a time",
    run: async () => ({ [measure]: (await run(bench, chain, { module })) / chainLength }),
  },
  {
    name: "a bare fork that imports the library",
    isPeer: true,
    workers: "1 child process at a time",
    run: async () => ({ [measure]: (await bareForks()) / chainLength }),
  },
];

const width = 50;

/** Layers of fifty; each node waits for three of the layer before. */
function layered(count: number): Workflow {
  const tasks: TaskClass[] = Array.from({ length: count }, (_, i) => emptyTask(`Node${i}`));
  const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "dag", version: "1.0.0" });
  for (const [i, task] of tasks.entries()) {
    const layer = Math.floor(i / width) - 1;
    const after = layer < 0 ? [] : [0, 1, 7].flatMap((by) => tasks[layer * width + ((i + by) % width)] ?? []);
    workflow.add(task, { after });
  }
  return workflow;
}

const sizes = [500, 1_000, 2_000, 5_000];
const passes = 3;

async function dag(bench: Bench): Promise<Table> {
  const times = sizes.map((): number[] => []);
  for (let pass = 0; pass < passes; pass += 1) {
    for (const [i, count] of sizes.entries()) {
      const elapsedMs = await run(bench, layered(count), { inProcess: true });
      times[i]?.push(elapsedMs);
      console.log(`  pass ${pass + 1}/${passes}  ${count} nodes: ${digits(elapsedMs)} ms`);
    }
  }
  const each = times.map((values, i) => median(values) / (sizes[i] ?? 1));
  const [first = 1] = each;
  return growthTable(
    `A graph of empty nodes, in process (${passes} passes in turn)`,
    ["nodes", "threads", "median, ms", "least – greatest", "ms for each node", "of that at 500"],
    times.map((values, i) => [
      String(sizes[i]),
      "1 thread",
      median(values),
      `${digits(Math.min(...values))} – ${digits(Math.max(...values))}`,
      each[i] ?? 0,
      (each[i] ?? 0) / first,
    ]),
  );
}

export const runnerSuite: Suite = {
  name: "runner",
  title: "The runner",
  diskBytes: 2 ** 28,
  minutes: 4,
  async run(bench): Promise<Section> {
    const aims = [{ measure, contender: "ours, the local runner", atMost: 1.5 }];
    const title = `A chain of ${chainLength} empty tasks, each in a process of its own`;
    return {
      text: `What a task costs beside its \`run\`: the time of a whole run of empty tasks, divided by their number, against \`child_process.fork\`
of a module that imports \`firstlight\` and ends. Within it are the process, the import of library and workflow, services, scratch, settings,
inventory, the record of the attempt, and the run's own beginning and end. The graph has layers of ${width} nodes that wait for three others each.`,
      peers: [],
      tables: [
        await compare({ title, unit: "ms", contenders: contenders(bench), aims, ratio: "cost" }, bench),
        await dag(bench),
      ],
      notes: [],
    };
  },
};
