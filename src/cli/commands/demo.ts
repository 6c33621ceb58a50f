import { runDemo } from "../../demo/run-demo.ts";
import { defineCommand } from "../command.ts";
import { exitCodes, stopCodeOf } from "../exit-code.ts";
import { count } from "../render/count.ts";
import { demoSummary } from "../render/demo-summary.ts";
import { formatDuration } from "../render/duration.ts";
import { runSummary } from "../render/run-summary.ts";
import { shellWord } from "../render/shell-word.ts";
import type { Style } from "../render/style.ts";
import { openRunDisplay, type RunDisplay } from "../run-display.ts";
import { runDocument } from "../run-document.ts";
import { readRun } from "../run-record.ts";

export const demo = defineCommand({
  name: "demo",
  summary: "Make a synthetic camera's frames and calibrate them.",
  description:
    "Makes the raw frames of a synthetic camera whose truth is known, runs a whole calibration workflow over them with no server, even where settings name one, and tells how near the result comes to the truth. Exits 1 where it does not come near enough.",
  args: {
    output: {
      type: "string",
      valueHint: "DIR",
      description: "Where frames, scratch and products go. Default: firstlight-output in the current folder.",
    },
    "keep-scratch": {
      type: "boolean",
      default: false,
      description: "Leave the run's files in scratch when it is done.",
    },
    json: {
      type: "boolean",
      default: false,
      description: "Print one JSON document on standard output; progress goes to standard error.",
    },
  },
  examples: [{ shows: "See it work", command: "firstlight demo" }],
  async run(args, { env, stdout, stderr, leastLevel, watchStop }) {
    using stop = watchStop();
    using display = openRunDisplay(stderr, leastLevel);
    const result = await runDemo({
      ...(args.output === undefined ? {} : { output: args.output }),
      keepScratch: args["keep-scratch"],
      env,
      say: (line) => display.say(line),
      onFrame: showFrames(display, stderr.style),
      onEvent: display.show,
      signal: stop.asked,
      killSignal: stop.insisted,
    });
    display[Symbol.dispose]();
    const { run, settings, comparison, passed } = result;
    const document = await runDocument(await readRun(settings.scratchBasePath, run.recipeRunId), settings);
    if (args.json) {
      stdout.document({ ...document, comparison: comparison ?? null, passed });
    } else {
      const page = { width: stdout.width(), style: stdout.style };
      const inspectCommand = `firstlight inspect ${run.recipeRunId} --scratch ${shellWord(settings.scratchBasePath)}`;
      stdout.lines(runSummary({ document, elapsedMs: run.elapsedMs, inspectCommand, goesOn: false }, page));
      if (comparison !== undefined) stdout.lines(demoSummary(comparison, page));
    }
    if (run.status === "interrupted") return stopCodeOf(stop.signal());
    return passed ? exitCodes.done : exitCodes.failed;
  },
});

/** The camera's frames come before the run has begun; they are shown as one more task. */
function showFrames(display: RunDisplay, style: Style): (made: number, total: number) => void {
  const one = { recipeRunId: 0, task: "MakeFrames", attempt: 1 } as const;
  const now = () => new Date().toISOString();
  const startedMs = performance.now();
  return (made, total) => {
    if (made === 1) display.show({ ...one, type: "task-started", pid: process.pid, at: now() });
    display.show({ ...one, type: "task-progress", current: made, total, unit: "frames", at: now() });
    if (made < total) return;
    const time = formatDuration(performance.now() - startedMs);
    display.say(`${style.green("✓")} ${one.task}  ${time}  ${style.dim(count(total, "frame"))}`);
  };
}
