import type { CommandTable } from "../command.ts";

/** What `firstlight metadata` can do, each loaded when it is asked for. */
export const metadataCommands: CommandTable = {
  serve: {
    summary: "Serve this machine's metadata store over GraphQL, with a page to explore it.",
    load: async () => (await import("./serve.ts")).serve,
  },
  list: {
    summary: "List the recipe runs of the metadata store.",
    load: async () => (await import("./list.ts")).list,
  },
  show: {
    summary: "Show what the metadata store knows of a recipe run.",
    load: async () => (await import("./show.ts")).show,
  },
};
