import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** A file as the library reads it, whose reads are done when they return. */
export function sourceOf(path: string) {
  const fd = openSync(path, "r");
  return {
    name: path,
    sizeBytes: fstatSync(fd).size,
    read: async (offset: number, into: Uint8Array) => readSync(fd, into, 0, into.length, offset),
    [Symbol.dispose]: () => closeSync(fd),
  };
}
