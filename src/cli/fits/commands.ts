import type { CommandTable } from "../command.ts";

/** What `firstlight fits` can do with one file, each loaded when it is asked for. */
export const fitsCommands: CommandTable = {
  info: {
    summary: "List the HDUs of a FITS file.",
    load: async () => (await import("./info.ts")).info,
  },
  header: {
    summary: "Print headers, card by card.",
    load: async () => (await import("./header.ts")).header,
  },
  verify: {
    summary: "Check structure, mandatory cards, checksums and compressed tiles.",
    load: async () => (await import("./verify.ts")).verify,
  },
  stats: {
    summary: "Take the statistics of every image.",
    load: async () => (await import("./stats.ts")).stats,
  },
  table: {
    summary: "Print a table, as text, JSON or CSV.",
    load: async () => (await import("./table.ts")).table,
  },
  pack: {
    summary: "Write a copy in which every image is compressed.",
    load: async () => (await import("./pack.ts")).pack,
  },
  unpack: {
    summary: "Write a copy in which no image is compressed.",
    load: async () => (await import("./unpack.ts")).unpack,
  },
  cut: {
    summary: "Write a section of an image, its coordinates kept true.",
    load: async () => (await import("./cut.ts")).cut,
  },
  diff: {
    summary: "Compare headers and pixels of two files.",
    load: async () => (await import("./diff.ts")).diff,
  },
  png: {
    summary: "Draw an image.",
    load: async () => (await import("./png.ts")).png,
  },
};
