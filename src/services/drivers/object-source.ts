import { mkdtemp, open, rm, stat } from "node:fs/promises";
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

/**
 * The source with a known length, to be read as often as is needed. A stream is read to its end first.
 *
 * @throws FirstlightError OBJECT_SOURCE_ILLEGAL for what is no source, OBJECT_STORE_FAILED for a file that cannot be read
 */
export async function openSource(source: ObjectSource, signal?: AbortSignal): Promise<OpenSource> {
  if (source instanceof Uint8Array) return undisposed(bytesSource(source));
  const given: unknown = source;
  // A stream of Node has `read`, and one of a file `path` too: neither says what is left of it, or what part of the file it gives.
  if (isStream(given)) return spool(given, signal);
  if (isByteSource(given)) return undisposed(given);
  if (isPath(given)) return openPath(given.path);
  throw illegalSource(`${nameOf(given)} is none of them`);
}

function isStream(source: unknown): source is AsyncIterable<unknown> {
  return isObject(source) && Symbol.asyncIterator in source;
}

function isByteSource(source: unknown): source is ByteSource {
  if (!isObject(source) || !("name" in source && "sizeBytes" in source && "read" in source)) return false;
  const { name, sizeBytes, read } = source;
  return (
    typeof name === "string" &&
    typeof sizeBytes === "number" &&
    Number.isSafeInteger(sizeBytes) &&
    sizeBytes >= 0 &&
    typeof read === "function"
  );
}

function isPath(source: unknown): source is { readonly path: string } {
  return isObject(source) && "path" in source && typeof source.path === "string" && !("read" in source);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Of what kind a value is; never the value, which may be a whole object. */
function nameOf(value: unknown): string {
  if (!isObject(value)) return value === null || value === undefined ? String(value) : `a ${typeof value}`;
  const maker: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof maker === "string" && maker !== "" && maker !== "Object"
    ? `a value of the type ${maker}`
    : `an object with ${Object.keys(value).join(", ") || "nothing in it"}`;
}

async function openPath(path: string): Promise<OpenSource> {
  try {
    // A folder opens as a file does, and a pipe waits for its other end.
    if (!(await stat(path)).isFile()) throw new Error("it is no file");
    return await openFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
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

async function spool(stream: AsyncIterable<unknown>, signal: AbortSignal | undefined): Promise<OpenSource> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  await using stack = new AsyncDisposableStack();
  let file: Awaited<ReturnType<typeof open>> | undefined;
  let path = "";
  for await (const piece of stream) {
    signal?.throwIfAborted();
    if (!(piece instanceof Uint8Array)) throw illegalSource(`a piece of the stream is ${nameOf(piece)}, no Uint8Array`);
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

function illegalSource(problem: string): FirstlightError {
  return new FirstlightError(
    "OBJECT_SOURCE_ILLEGAL",
    `What is stored is a Uint8Array, a { path }, a source with name, sizeBytes and read, or a stream of Uint8Array; ${problem}. Nothing was stored, and what was there stays. A text is encoded first (new TextEncoder().encode(text)), a Blob is given as blob.stream(), an ArrayBuffer as new Uint8Array(buffer).`,
    { disposition: "invalid" },
  );
}
