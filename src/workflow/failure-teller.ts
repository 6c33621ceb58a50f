import { messageOf } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { redactLine } from "../core/redact.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import type { Bus, BusMessage } from "../services/bus.ts";
import { messageIdOf } from "../services/message-id.ts";
import { recipeRunFailureMessage } from "../services/messages.ts";
import { openServices } from "../services/open-services.ts";
import type { RunRecorder } from "./run-recorder.ts";

export interface FailedRun {
  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  readonly settings: Settings;
  readonly recorder: Pick<RunRecorder, "announce">;
  /** Takes secrets out of what a client of the bus says. */
  readonly redact: (text: string) => string;
  /** Ends the telling with the run. */
  readonly signal: AbortSignal;
}

/** Tells the facility which tasks of a run have failed for good. */
export interface FailureTeller {
  /** Returns at once, and never throws. */
  tell(task: string, attempt: number): void;
  /** Resolves when all is told or given up. */
  settled(): Promise<void>;
}

/** A few tries, and not those of RETRY_CONFIG, which may last for ever: the run's end must not wait for a message. */
const retryOfFailures = { delaySeconds: 1, backoff: 1, jitterSeconds: [1, 3], maxDelaySeconds: 5, tries: 3 } as const;
const timeoutMs = 30_000;

/**
 * Publishes a `recipe.run.failure.m` for each failed task, where the settings name a real bus: nobody listens to the one of this
 * machine. What goes wrong with it is a warning in the log of the task, and no more.
 */
export function failureTeller(run: FailedRun): FailureTeller {
  const { settings, recorder, redact } = run;
  const isReal = driverOf(settings, "bus").driver === "amqp";
  const telling = new Set<Promise<void>>();
  return {
    tell(task, attempt) {
      if (!isReal) return;
      const told = publishFailure(run, task, attempt).then(
        () => say("info", "Told the facility of the failure"),
        (error: unknown) => say("warning", `The facility could not be told of the failure: ${messageOf(error)}`),
      );
      telling.add(told);
      function say(level: "info" | "warning", message: string): void {
        const write = (line: string): void =>
          recorder.announce({
            type: "task-log",
            task,
            attempt,
            stream: "stderr",
            line: redactLine(line.trimEnd(), redact),
          });
        createLogger({ level: settings.loguruLevel, pretty: false, write })[level](message, { routingKey });
      }
    },
    async settled() {
      await Promise.all(telling);
    },
  };
}

const { routingKey } = recipeRunFailureMessage.binding;

async function publishFailure(run: FailedRun, task: string, attempt: number): Promise<void> {
  const signal = AbortSignal.any([run.signal, AbortSignal.timeout(timeoutMs)]);
  await using services = openServices({ ...run.settings, retryConfig: retryOfFailures }, { signal });
  const bus: Bus = services.bus;
  await bus.declare([recipeRunFailureMessage.binding], signal);
  await bus.publish([failureMessage(run, task, attempt)], signal);
}

/** The body says no more than the Python stack's; the id tells one failure of the task from the next. */
function failureMessage(
  { recipeRunId, workflowName, workflowVersion }: FailedRun,
  taskName: string,
  attempt: number,
): BusMessage {
  const message = recipeRunFailureMessage.create(recipeRunId, { workflowName, workflowVersion, taskName });
  return { ...message, messageId: messageIdOf(routingKey, { ...message.body, attempt }) };
}
