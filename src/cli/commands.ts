import type { CommandTable } from "./command.ts";
import { fitsCommands } from "./fits/commands.ts";
import { metadataCommands } from "./metadata/commands.ts";

/** Every sub command by its name. */
export const commands: CommandTable = {
  run: {
    summary: "Run a workflow over a folder of frames.",
    load: async () => (await import("./commands/run.ts")).run,
  },
  plan: {
    summary: "Say what 'run' would do, task by task, and why.",
    load: async () => (await import("./commands/plan.ts")).plan,
  },
  inspect: {
    summary: "Show recipe runs: their tasks, files, messages and provenance.",
    load: async () => (await import("./commands/inspect.ts")).inspect,
  },
  demo: {
    summary: "Make a synthetic camera's frames and calibrate them.",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  fits: {
    summary: "Look into FITS files, check, compare, cut and draw them.",
    commands: fitsCommands,
  },
  metadata: {
    summary: "Serve, list and show the metadata store's recipe runs.",
    commands: metadataCommands,
  },
  settings: {
    summary: "Show every setting, where its value comes from, and the drivers that follow.",
    load: async () => (await import("./commands/settings.ts")).settings,
  },
};
