import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ByteSource, bytesSource } from "../../core/byte-source.ts";
import { codeOf, FirstlightError, messageOf } from "../../core/errors.ts";
import { handleSource, openFile } from "../../core/file.ts";
import { sourceFacts } from "../../core/file-facts.ts";
import { unlessAborted } from "../../core/retry.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import type { ObjectSource } from "../object-store.ts";

/** A source that is to be closed. */
export interface OpenSource extends ByteSource, AsyncDisposable {
  /**
   * Holds that what was read from beginning to end, with this SHA-256, is what the source was at one moment, and no mixture of what it was
   * before and after somebody wrote it. Of a file alone that can be told.
   *
   * @throws FirstlightError OBJECT_SOURCE_CHANGED
   */
  requireUnchanged(sha256: string, signal?: AbortSignal): Promise<void>;
}

/** A stream of more than this is kept in a file while it is stored. */
const mostInMemoryBytes = 8 * 1024 * 1024;

/** Two writes within one tick of the file system's clock bear the same time. */
const tickMs = 50;

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
    return await openUnchanging(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function openUnchanging(path: string): Promise<OpenSource> {
  await using stack = new AsyncDisposableStack();
  const handle = stack.use(await open(path, "r"));
  const stateOf = async (): Promise<string | undefined> => {
    const { size, mtimeNs, ctimeNs, ctimeMs } = await handle.stat({ bigint: true });
    return Date.now() - Number(ctimeMs) < tickMs ? undefined : `${size} ${mtimeNs} ${ctimeNs}`;
  };
  const before = await stateOf();
  const file = await handleSource(path, handle);
  const owned = stack.move();
  return {
    ...file,
    async requireUnchanged(sha256, signal) {
      if (before !== undefined && (await stateOf()) === before) return;
      // Its name and its rights have changed, or its bytes.
      const now = await sourceFacts(await handleSource(path, handle), signal);
      if (now.sha256 !== sha256) throw sourceChanged(path);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The bytes of a source, one piece after the other; a piece is to be used up before the next is asked for. */
export async function* piecesOf(
  source: ByteSource,
  pieceBytes: number,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const piece = new Uint8Array(Math.min(pieceBytes, Math.max(1, source.sizeBytes)));
  for (let done = 0; done < source.sizeBytes; ) {
    const count = await readSome(
      source,
      done,
      piece.subarray(0, Math.min(piece.length, source.sizeBytes - done)),
      signal,
    );
    yield piece.subarray(0, count);
    done += count;
  }
}

/** Fills `into` from `offset` on, however little the source gives at a time. */
export async function readFully(
  source: ByteSource,
  offset: number,
  into: Uint8Array,
  signal?: AbortSignal,
): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    filled += await readSome(source, offset + filled, into.subarray(filled), signal);
  }
}

/** One read of a source, which is whatever a caller gave: it may never answer, or with a count that nobody could have read. */
async function readSome(
  source: ByteSource,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<number> {
  signal?.throwIfAborted();
  const reading = Promise.resolve(source.read(offset, into));
  const count: unknown = await (signal === undefined ? reading : unlessAborted(reading, signal));
  if (count === 0) throw truncated(source, offset);
  if (typeof count === "number" && Number.isInteger(count) && count > 0 && count <= into.length) return count;
  const found = typeof count === "number" ? String(count) : nameOf(count);
  throw illegalSource(
    `${source.name} answered ${found} when it was asked for up to ${into.length} bytes from ${offset} on`,
  );
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
    async requireUnchanged() {},
    async [Symbol.asyncDispose]() {},
  };
}

async function spool(stream: AsyncIterable<unknown>, signal: AbortSignal | undefined): Promise<OpenSource> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  await using stack = new AsyncDisposableStack();
  let file: Awaited<ReturnType<typeof open>> | undefined;
  let path = "";
  for await (const piece of untilAborted(stream, signal)) {
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
  return {
    name: "a stream",
    sizeBytes,
    read: opened.read,
    async requireUnchanged() {},
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** @param as where it was to be stored, if that is known */
export function sourceChanged(name: string, as?: { readonly bucket: string; readonly key: string }): FirstlightError {
  const place = as === undefined ? "" : ` as the object ${as.key} of the bucket ${as.bucket}`;
  return new FirstlightError(
    "OBJECT_SOURCE_CHANGED",
    `${name} changed while it was stored${place}; nothing of it was stored, and what was there stays. Look at who writes it meanwhile, and store it again.`,
    { disposition: "retry", fields: { ...as, source: name } },
  );
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
