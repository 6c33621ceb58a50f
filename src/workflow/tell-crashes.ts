import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { messageOf } from "../core/errors.ts";

/**
 * What nobody catches still ends this process with exit code 1, and with a report where Node was asked for one; but the words of the
 * error go out without secrets, and no report holds the environment.
 */
export function tellCrashes(redact: (text: string) => string): void {
  process.report.excludeEnv = true;
  process.on("uncaughtException", (thrown: unknown) => {
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    if (process.report.reportOnUncaughtException) {
      process.report.writeReport(Object.assign(new Error(redact(messageOf(thrown))), { stack: redact(stack) }));
    }
    const told = `${redact(inspect(thrown))}\n`;
    try {
      // Out before the end, whatever the stream is.
      writeSync(2, told);
    } catch {
      process.stderr.write(told);
    }
    process.exit(1);
  });
}
