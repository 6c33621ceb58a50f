import { createLogger } from "../../core/log.ts";
import { runWorkflow } from "../../workflow/run-workflow.ts";
import { defineCommand } from "../command.ts";
import { exitCodes, stopCodeOf } from "../exit-code.ts";
import { recipeRunsBelow } from "../product-folders.ts";
import { registerInput } from "../register-input.ts";
import { inputLine } from "../render/input-line.ts";
import { runSummary } from "../render/run-summary.ts";
import { shellWord } from "../render/shell-word.ts";
import { openRunDisplay, type RunDisplay } from "../run-display.ts";
import { runDocument } from "../run-document.ts";
import { inputFiles } from "../run-input.ts";
import { readRun } from "../run-record.ts";
import { makeOutputFolder, type RunTarget, resolveTarget } from "../run-target.ts";
import type { Session } from "../session.ts";
import type { StopSignals } from "../stop-signals.ts";
import { twinFrames } from "../twin-frames.ts";
import { untakenParameters } from "../untaken-parameters.ts";
import { withTelemetry } from "../with-telemetry.ts";
import { type WorkflowArguments, workflowArguments } from "../workflow-arguments.ts";

export const run = defineCommand({
  name: "run",
  summary: "Run a workflow over a folder of frames.",
  description:
    "Runs every task of a workflow, each attempt in a process of its own. The same workflow, version, input and output continue a run that did not end; tasks that are done and unchanged are not done again. Ctrl-C stops cleanly.",
  args: workflowArguments,
  examples: [
    { shows: "Frames in, products out", command: "firstlight run workflow.ts --input l0 --output products" },
    {
      shows: "Look at the files between",
      command: "firstlight run workflow.ts --input l0 --output products --keep-scratch",
    },
    {
      shows: "Recipe run 4711 of a facility, whose metadata store, bus and object store MESH_CONFIG names",
      command: "firstlight run workflow.ts --recipe-run 4711",
    },
    {
      shows: "In a debugger",
      command:
        "node --inspect-brk node_modules/.bin/firstlight run workflow.ts --input l0 --output products --in-process --workers 1",
    },
  ],
  async run(args, session) {
    using stop = session.watchStop();
    const log = createLogger({
      level: session.leastLevel,
      pretty: session.stderr.isTerminal,
      write: session.stderr.write,
    });
    const target = await resolveTarget(args, session.env, { log, signal: stop.asked });
    if (target.outputFolder !== undefined) await makeOutputFolder(target.outputFolder);
    session.stderr.lines([
      ...untakenParameters(target.loaded.workflow.nodes(), target.parameters),
      ...twinFrames(target.input),
    ]);
    const result = await perform(target, args, session, stop);
    const document = await runDocument(
      await readRun(target.settings.scratchBasePath, result.recipeRunId),
      target.settings,
    );
    const outcomes = new Map(result.tasks.map(({ task, status }) => [task, status]));
    const told = {
      ...document,
      status: result.status,
      framesIn: target.input.frames,
      tasks: document.tasks.map((task) => ({ ...task, status: outcomes.get(task.task) ?? task.status })),
    };
    if (args.json) {
      const extra = {
        resumed: result.resumed,
        elapsedMs: result.elapsedMs,
        inputFiles: inputFiles(target.input),
      };
      session.stdout.document({ ...told, ...extra });
    } else {
      const { stdout } = session;
      const inspectCommand = `firstlight inspect ${result.recipeRunId}${args.scratch === undefined ? "" : ` --scratch ${shellWord(args.scratch)}`}`;
      const end = { document: told, elapsedMs: result.elapsedMs, inspectCommand };
      stdout.lines(runSummary(end, { width: stdout.width(), style: stdout.style }));
    }
    if (result.status === "done") return exitCodes.done;
    if (result.status === "failed") return exitCodes.failed;
    return stopCodeOf(stop.signal());
  },
});

async function perform(target: RunTarget, args: WorkflowArguments, session: Session, stop: StopSignals) {
  const { loaded, input, settings, options, workers } = target;
  using display = openRunDisplay(session.stderr, session.leastLevel);
  tellOfStop(stop, display);
  const log = createLogger({
    level: session.leastLevel,
    pretty: session.stderr.isTerminal,
    write: (lines) => display.say(lines.trimEnd()),
  });
  const { outputFolder } = target;
  const takenIds = outputFolder === undefined ? undefined : await recipeRunsBelow(outputFolder);
  const { folder } = input;
  const work = () =>
    runWorkflow(loaded.workflow, {
      ...options,
      exportName: loaded.exportName,
      ...(takenIds === undefined ? {} : { takenIds }),
      ...(workers === undefined ? {} : { workers }),
      ...(folder === undefined
        ? {}
        : {
            prepare: (recipeRunId: number) =>
              registerInput({
                recipeRunId,
                input: folder,
                parameters: target.parameters?.document,
                settings,
                log,
                keepScratch: args["keep-scratch"],
              }),
          }),
      onEvent: (event) => {
        display.show(event);
        if (event.type === "run-started") display.say(inputLine(input));
      },
      signal: stop.asked,
      killSignal: stop.insisted,
    });
  return await withTelemetry(session, settings, log, work);
}

function tellOfStop(stop: StopSignals, display: RunDisplay): void {
  stop.asked.addEventListener("abort", () => {
    display.say(
      "Stopping: the tasks are asked to end. Once more kills them. The same command again goes on from here.",
    );
  });
  stop.insisted.addEventListener("abort", () => display.say("Killing the tasks."));
}
