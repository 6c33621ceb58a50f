import type { Command } from "./command.ts";

/** Every sub command by its name, loaded when it is asked for: `firstlight --help` need not load the workflow engine. */
export const commands: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
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
  settings: {
    summary: "Show every setting, where its value comes from, and the drivers that follow.",
    load: async () => (await import("./commands/settings.ts")).settings,
  },
};
