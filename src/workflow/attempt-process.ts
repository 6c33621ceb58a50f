import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FirstlightError } from "../core/errors.ts";
import { createLogger } from "../core/log.ts";
import { redactor } from "../core/redact.ts";
import { loadSettings } from "../core/settings.ts";
import { continueTrace } from "../core/telemetry.ts";
import { startTelemetry, type Telemetry } from "../telemetry/start-telemetry.ts";
import { attemptErrorOf } from "./attempt-error.ts";
import { makeAttemptInProcess } from "./attempt-in-process.ts";
import type { AttemptCommand, AttemptEnd, AttemptMessage } from "./attempt-job.ts";
import { importModule } from "./load-workflow.ts";
import { tellCrashes } from "./tell-crashes.ts";
import { isWorkflow } from "./workflow.ts";

/** After the runner's death an attempt has this long to end cleanly. */
const orphanGraceMs = 5000;

const stop = new AbortController();
let telemetry: Telemetry | undefined;
let flushTimeoutMs: number | undefined;
let hasBegun = false;
const mayBegin = Promise.withResolvers<void>();

async function main(): Promise<AttemptEnd> {
  const { values } = parseArgs({
    options: {
      module: { type: "string", default: "" },
      export: { type: "string", default: "workflow" },
      task: { type: "string", default: "" },
      "recipe-run": { type: "string", default: "" },
      attempt: { type: "string", default: "1" },
      "rollback-only": { type: "boolean", default: false },
      "telemetry-flush-ms": { type: "string" },
      "collector-was-gone": { type: "boolean", default: false },
    },
  });
  const workflow = (await importModule(fileURLToPath(values.module), values.module))[values.export];
  const node = isWorkflow(workflow) ? workflow.nodes().find(({ name }) => name === values.task) : undefined;
  if (!isWorkflow(workflow) || node === undefined) {
    throw new FirstlightError(
      "ATTEMPT_TASK_NOT_FOUND",
      `${values.module} exports no workflow '${values.export}' with a task ${values.task}. Was the file changed while the workflow ran?`,
      { disposition: "invalid" },
    );
  }
  const settings = loadSettings(process.env);
  const write = (line: string): void => void process.stderr.write(line);
  telemetry = await startTelemetry(settings, {
    wasGone: values["collector-was-gone"],
    log: createLogger({ level: settings.loguruLevel, pretty: false, write }).child({
      "recipe.run.id": Number(values["recipe-run"]),
      "task.name": values.task,
      attempt: Number(values.attempt),
    }),
  });
  const wait = values["telemetry-flush-ms"];
  if (wait !== undefined) flushTimeoutMs = Number(wait);
  if (!stop.signal.aborted) await Promise.race([mayBegin.promise, once(stop.signal, "abort")]);
  if (stop.signal.aborted) return { kind: "interrupted" };
  const job = {
    node,
    recipeRunId: Number(values["recipe-run"]),
    workflowName: workflow.name,
    workflowVersion: workflow.version ?? settings.buildVersion,
    attempt: Number(values.attempt),
    skipBadFrames: workflow.skipBadFrames,
    threads: settings.threads ?? 1,
    rollbackOnly: values["rollback-only"],
    env: process.env,
  };
  return await continueTrace(process.env, () =>
    makeAttemptInProcess(job, {
      onStart: () => Promise.resolve(),
      onProgress: (state) => tell({ type: "progress", state }),
      onLine: (stream, line) => void process[stream].write(`${line}\n`),
      signal: stop.signal,
      killSignal: new AbortController().signal,
      graceMs: 0,
    }),
  );
}

function tell(message: AttemptMessage, sent: () => void = () => undefined): void {
  if (process.connected && process.send !== undefined) process.send(message, undefined, undefined, sent);
  else sent();
}

function stopAsOrphan(): void {
  // Not begun, or a rollback, which may be killed anywhere: there is nothing to end cleanly.
  if (!hasBegun || process.argv.includes("--rollback-only")) process.exit(1);
  stop.abort();
  setTimeout(() => process.exit(1), orphanGraceMs);
}

/** The end is told before telemetry is sent: whatever comes between, the work is not lost. */
function finish(end: AttemptEnd): void {
  if (end.kind === "done") tell({ type: "done", report: end.report }, () => void leave(0));
  else if (end.kind === "interrupted") void leave(1);
  else tell({ type: "failed", error: end.error }, () => void leave(1));
}

async function leave(code: number): Promise<void> {
  const asked = telemetry?.isThere();
  const sent = (await telemetry?.shutdown(flushTimeoutMs)) ?? true;
  if (sent) process.exit(code);
  // Whoever is there has answered long since; nobody is waited for here.
  const isThere = (await Promise.race([asked, nextTurn(false)])) ?? false;
  tell({ type: "telemetry-lost", isThere }, () => process.exit(code));
}

tellCrashes(redactor(process.env));
// A terminal's Ctrl-C reaches every process; it is the runner that decides what it means.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => stop.abort());
process.on("disconnect", stopAsOrphan);
process.on("message", ({ type }: AttemptCommand) => {
  if (type !== "begin") return;
  hasBegun = true;
  mayBegin.resolve();
  // Without this a task that waits for nothing at all would wait for ever.
  process.channel?.unref();
});
// The runner may have died while this process was starting.
if (!process.connected) stopAsOrphan();
// Lines for a runner that died must not kill the attempt before it ends cleanly.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

await main().then(finish, (error: unknown) => finish({ kind: "failed", error: attemptErrorOf(error) }));
