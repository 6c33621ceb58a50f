import type { Logger } from "../core/log.ts";
import type { Settings } from "../core/settings.ts";
import { continueTrace } from "../core/telemetry.ts";
import { startTelemetry } from "../telemetry/start-telemetry.ts";
import type { Session } from "./session.ts";

/** Does a command's work with telemetry, below the span that `TRACEPARENT` names where it is set. */
export async function withTelemetry<Result>(
  { env, leaveBehind }: Session,
  settings: Settings,
  log: Logger,
  work: () => Promise<Result>,
): Promise<Result> {
  const telemetry = await startTelemetry(settings, { log, env });
  try {
    return await continueTrace(env, work);
  } finally {
    if (!(await telemetry.shutdown())) leaveBehind();
  }
}
