// One pass of ParseL0InputData over a recipe run, in a process of its own: argument 1 is its id, the environment names its scratch.
import { resourceUsage } from "node:process";
import { runTask } from "firstlight/tasks";
import { ParseBench } from "./parse-task.ts";

const begun = performance.now();
await runTask(ParseBench, { recipeRunId: Number(process.argv[2]) });
const elapsedMs = performance.now() - begun;
console.log(JSON.stringify({ elapsedMs, peakBytes: resourceUsage().maxRSS * 1024 }));
