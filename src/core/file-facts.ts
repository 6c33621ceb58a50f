import { createHash } from "node:crypto";
import type { ByteSource } from "./byte-source.ts";
import { openFile } from "./file.ts";

/** By what two copies of a file are held against each other. */
export interface FileFacts {
  readonly sizeBytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

const stripBytes = 1024 * 1024;

/** Length and SHA-256 of a file, read once. Throws the signal's reason. */
export async function fileFacts(path: string, signal?: AbortSignal): Promise<FileFacts> {
  await using source = await openFile(path);
  return await sourceFacts(source, signal);
}

/** The same of what is open already. */
export async function sourceFacts(source: ByteSource, signal?: AbortSignal): Promise<FileFacts> {
  const hash = createHash("sha256");
  const strip = new Uint8Array(Math.min(stripBytes, source.sizeBytes));
  let sizeBytes = 0;
  while (sizeBytes < source.sizeBytes) {
    signal?.throwIfAborted();
    const count = await source.read(sizeBytes, strip);
    if (count === 0) break;
    hash.update(strip.subarray(0, count));
    sizeBytes += count;
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}
