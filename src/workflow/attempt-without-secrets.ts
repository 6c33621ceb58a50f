import { redactLine } from "../core/redact.ts";
import type { MakeAttempt } from "./attempt-job.ts";

/** What an attempt prints, and why it failed, with the secrets taken out: it goes into the record, and before everybody's eyes. */
export function attemptWithoutSecrets(makeAttempt: MakeAttempt, redact: (text: string) => string): MakeAttempt {
  return async (job, watch) => {
    const end = await makeAttempt(job, {
      ...watch,
      onLine: (stream, line) => watch.onLine(stream, redactLine(line, redact)),
    });
    if (end.kind !== "failed" && end.kind !== "crashed") return end;
    return { kind: end.kind, error: { ...end.error, message: redact(end.error.message) } };
  };
}
