import { closeSync, openSync, writeSync } from "node:fs";
import type { ByteSink } from "firstlight/fits";

/** A file that is written as it comes, which the peers do too: nobody waits for the disk. */
export function plainSink(path: string): ByteSink {
  const fd = openSync(path, "w");
  return {
    write: async (bytes) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    },
    writeAt: async (offset, bytes) => {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    },
    commit: async () => undefined,
    [Symbol.asyncDispose]: async () => closeSync(fd),
  };
}
