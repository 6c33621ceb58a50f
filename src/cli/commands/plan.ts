import { createLogger } from "../../core/log.ts";
import { planWorkflow } from "../../workflow/plan-workflow.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { inputLine } from "../render/input-line.ts";
import { planLines } from "../render/plan-lines.ts";
import { inputFiles } from "../run-input.ts";
import { resolveTarget } from "../run-target.ts";
import { twinFrames } from "../twin-frames.ts";
import { untakenParameters } from "../untaken-parameters.ts";
import { planArguments } from "../workflow-arguments.ts";

export const plan = defineCommand({
  name: "plan",
  summary: "Say what 'run' would do, task by task, and why.",
  description:
    "Takes the flags of 'run' that say what is done, and does nothing: it says which tasks would run and because of what, which are done and since when, and which driver each service has.",
  args: planArguments,
  examples: [{ shows: "What would run now?", command: "firstlight plan workflow.ts --input l0 --output products" }],
  async run(args, session) {
    const { stdout } = session;
    using stop = session.watchStop();
    const log = createLogger({
      level: session.leastLevel,
      pretty: session.stderr.isTerminal,
      write: session.stderr.write,
    });
    const target = await resolveTarget(args, session.env, { log, signal: stop.asked });
    const { loaded, input, output, options, parameters } = target;
    const planned = await planWorkflow(loaded.workflow, options);
    session.stderr.lines([...untakenParameters(loaded.workflow.nodes(), parameters), ...twinFrames(input)]);
    if (args.json) {
      const tasks = planned.tasks.map(({ fingerprint: _, ...task }) => task);
      const document = {
        ...planned,
        recipeRunId: planned.recipeRunId ?? null,
        input: input.key,
        output,
        inputFiles: inputFiles(input),
        tasks,
      };
      stdout.document(document);
    } else {
      const page = { width: stdout.width(), style: stdout.style };
      stdout.lines([...planLines(planned, page), "", inputLine(input)]);
    }
    return exitCodes.done;
  },
});
