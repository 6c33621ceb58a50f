import type { Codec } from "./codec.ts";

/** The absolute path of the file, unread: for tools that open it themselves. Only reads. */
export const path: Codec<string, never> = {
  name: "path",
  decode: (_source, context) => context.path,
};
