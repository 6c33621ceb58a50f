import { configurableServices, driverOf } from "../../core/service-driver.ts";
import { loadSettings } from "../../core/settings.ts";
import { settingsReport } from "../../core/settings-report.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { settingsLines } from "../render/settings-lines.ts";

export const settings = defineCommand({
  name: "settings",
  summary: "Show every setting, where its value comes from, and the drivers that follow.",
  description:
    "Every environment variable that firstlight knows, with the value in force, its default, what it is for and whether anything in this version reads it, and the driver of each service with what chose it. A file .env in the current folder is read; the real environment wins. Secrets do not show.",
  args: { json: { type: "boolean", default: false, description: "Print one JSON document." } },
  examples: [
    {
      shows: "Only what differs from the default",
      command: "firstlight settings --json | jq '.settings[] | select(.from != \"default\")'",
    },
  ],
  async run(args, { env, fromEnvFile, stdout }) {
    const inForce = loadSettings(env);
    const report = settingsReport(inForce, env).map((line) => ({
      ...line,
      from: fromEnvFile.has(line.name) && line.from === "environment" ? (".env" as const) : line.from,
    }));
    const drivers = configurableServices.map((service) => driverOf(inForce, service));
    if (args.json) {
      const lines = report.map((line) => ({ ...line, value: line.value ?? null, default: line.default ?? null }));
      stdout.document({ settings: lines, drivers });
    } else stdout.lines(settingsLines(report, drivers, { width: stdout.width(), style: stdout.style }));
    return exitCodes.done;
  },
});
