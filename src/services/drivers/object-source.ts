import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ByteSource, bytesSource } from "../../core/byte-source.ts";
import { codeOf, FirstlightError, messageOf } from "../../core/errors.ts";
import { openFile } from "../../core/file.ts";
import type { ObjectSource } from "../object-store.ts";

/** A source that is to be closed. */
export type OpenSource = ByteSource & AsyncDisposable;

/** A stream of more than this is kept in a file while it is stored. */
const mostInMemoryBytes = 8 * 1024 * 1024;

/** The source with a known length, to be read as often as is needed. A stream is read to its end first. */
export async function openSource(source: ObjectSource, signal?: AbortSignal): Promise<OpenSource> {
  if (source instanceof Uint8Array) return undisposed(bytesSource(source));
  if ("path" in source)
    return openFile(source.path).catch((error: unknown) => Promise.reject(unreadable(source.path, error)));
  return "read" in source ? undisposed(source) : spool(source, signal);
}

/** The bytes of a source, one piece after the other; a piece is to be used up before the next is asked for. */
export async function* piecesOf(
  source: ByteSource,
  pieceBytes: number,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const piece = new Uint8Array(Math.min(pieceBytes, Math.max(1, source.sizeBytes)));
  for (let done = 0; done < source.sizeBytes; ) {
    signal?.throwIfAborted();
    const count = await source.read(done, piece.subarray(0, Math.min(piece.length, source.sizeBytes - done)));
    if (count === 0) throw truncated(source, done);
    yield piece.subarray(0, count);
    done += count;
  }
}

/** Fills `into` from `offset` on, however little the source gives at a time. */
export async function readFully(source: ByteSource, offset: number, into: Uint8Array): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const count = await source.read(offset + filled, into.subarray(filled));
    if (count === 0) throw truncated(source, offset + filled);
    filled += count;
  }
}

function truncated(source: ByteSource, sizeBytes: number): FirstlightError {
  return new FirstlightError(
    "OBJECT_SOURCE_TRUNCATED",
    `${source.name} gave ${sizeBytes} of ${source.sizeBytes} bytes; nothing of it was stored.`,
    { fields: { source: source.name, sizeBytes, expectedBytes: source.sizeBytes } },
  );
}

function undisposed(source: ByteSource): OpenSource {
  return {
    name: source.name,
    sizeBytes: source.sizeBytes,
    read: (offset, into) => source.read(offset, into),
    async [Symbol.asyncDispose]() {},
  };
}

async function spool(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<OpenSource> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  await using stack = new AsyncDisposableStack();
  let file: Awaited<ReturnType<typeof open>> | undefined;
  let path = "";
  for await (const piece of stream) {
    signal?.throwIfAborted();
    sizeBytes += piece.length;
    // A stream may use its buffer again.
    if (file === undefined) pieces.push(Uint8Array.from(piece));
    else await file.writeFile(piece);
    if (file !== undefined || sizeBytes <= mostInMemoryBytes) continue;
    const folder = await mkdtemp(join(tmpdir(), "firstlight-stream-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    path = join(folder, "stream");
    file = stack.use(await open(path, "wx"));
    for (const kept of pieces.splice(0)) await file.writeFile(kept);
  }
  if (file === undefined) return undisposed(bytesSource(Buffer.concat(pieces), "a stream"));
  const opened = stack.use(await openFile(path));
  const owned = stack.move();
  return { name: "a stream", sizeBytes, read: opened.read, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function unreadable(path: string, cause: unknown): FirstlightError {
  return new FirstlightError(
    "OBJECT_STORE_FAILED",
    `${path} cannot be read: ${messageOf(cause)}. Nothing was stored.`,
    {
      fields: { path, code: codeOf(cause) },
      cause,
    },
  );
}
