import { setImmediate as turn } from "node:timers/promises";
import { openFileStart } from "../core/file.ts";
import { isGzip } from "./gunzip.ts";
import type { Header } from "./header.ts";
import { type HduSelector, readHeader, readHeaderNow } from "./open-fits.ts";

export interface ReadHeadersOptions {
  /** Which header of each file; by default that of the first HDU with an image, as `readHeader` takes it. */
  readonly hdu?: HduSelector | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** So many bytes of a file are read at once: enough for the headers of most frames. */
export const headerStartBytes = 32 * 1024;
/** Signals and other work wait for no more files than that. */
export const filesPerTurn = 64;

/**
 * The headers of many files, one after the other and in their order: what of one is the same in the next is read once. Of each
 * file its beginning is read, and it is open no longer than that.
 *
 * @throws FirstlightError the errors of `readHeader`, which name the file; FILE_NOT_REGULAR for a folder or a pipe, the operating system's error for a file that cannot be opened
 */
export async function* readHeaders(
  paths: Iterable<string> | AsyncIterable<string>,
  { hdu, signal }: ReadHeadersOptions = {},
): AsyncGenerator<readonly [path: string, header: Header], void, undefined> {
  const start = new Uint8Array(headerStartBytes);
  let count = 0;
  for await (const path of paths) {
    count += 1;
    if (count % filesPerTurn === 0) await turn();
    signal?.throwIfAborted();
    yield [path, headerNow(path, start, hdu) ?? (await headerInGzip(path, start, hdu))];
  }
}

/** `undefined` of a gzip file. The file is closed before anybody looks at its header. */
function headerNow(path: string, start: Uint8Array, hdu: HduSelector | undefined): Header | undefined {
  const source = openFileStart(path, start);
  // Not `using`, which takes twice as long as the closing itself.
  try {
    return isGzip(start) ? undefined : readHeaderNow(source, hdu);
  } finally {
    source[Symbol.dispose]();
  }
}

async function headerInGzip(path: string, start: Uint8Array, hdu: HduSelector | undefined): Promise<Header> {
  using source = openFileStart(path, start);
  return await readHeader(source, hdu);
}
