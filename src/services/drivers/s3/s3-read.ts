import { createHash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import type { ByteSource } from "../../../core/byte-source.ts";
import { inParallel } from "../../../core/in-parallel.ts";
import type { ObjectInfo } from "../../object-store.ts";
import { objectDamaged } from "../object-errors.ts";
import { verifiedSource } from "../verified-source.ts";
import type { S3TransferConfig } from "./s3-config.ts";
import type { S3Connection } from "./s3-connection.ts";
import { noAnswerOfS3 } from "./s3-errors.ts";
import { type Part, planDownload } from "./s3-parts.ts";

/** One state of an object: what is read of it is of that state, or an error. */
export interface ObjectState extends ObjectInfo {
  /** The server's tag of this state, if it gives one. */
  readonly tag: string | undefined;
  /** Which upload of ours it came by. */
  readonly mark: string | undefined;
}

/** The object as a source. See `ObjectStore.get` for what is verified. */
export function objectSource(
  connection: S3Connection,
  state: ObjectState,
  config: S3TransferConfig,
  signal: AbortSignal | undefined,
): ByteSource {
  const { bucket, key, sizeBytes, sha256 } = state;
  const damaged = (): Error =>
    objectDamaged(
      bucket,
      key,
      `does not read back as it was stored, with the SHA-256 ${sha256}. Read it again, or store it anew`,
    );
  const read = async (offset: number, into: Uint8Array): Promise<number> => {
    const count = Math.max(0, Math.min(into.length, sizeBytes - offset));
    await readRange(connection, state, { offset, sizeBytes: count }, into, config, signal);
    return count;
  };
  const inOrder = verifiedSource({ name: `${bucket}/${key}`, sizeBytes, read }, sha256, damaged);
  return {
    ...inOrder,
    async read(offset, into) {
      if (offset > 0 || into.length < sizeBytes || sha256 === undefined) return inOrder.read(offset, into);
      // All of it at once: what was changed on its way can be asked for again.
      for (let attempt = 1; ; attempt += 1) {
        const count = await read(0, into);
        const found = createHash("sha256").update(into.subarray(0, count)).digest("hex");
        if (found === sha256) return count;
        if (attempt >= config.attempts) throw damaged();
        connection.log.warning(
          `The object ${key} of the bucket ${bucket} did not arrive as it was stored; reading it again`,
          { attempt },
        );
      }
    },
  };
}

/** The SHA-256 of all that the object has now, in hexadecimal digits: fetched in parallel stretches, and hashed in their order. */
export async function digestObject(
  connection: S3Connection,
  state: ObjectState,
  config: S3TransferConfig,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { parts, parallel } = planDownload({ offset: 0, sizeBytes: state.sizeBytes }, config);
  const hash = createHash("sha256");
  const hashed = parts.map(() => Promise.withResolvers<void>());
  for (const { promise } of hashed) promise.catch(() => {});
  // Memory that is used again is there already: to be given new one takes the system longer than the copying does.
  const free: Uint8Array[] = [];
  await inParallel(
    parts,
    parallel,
    async ({ offset, sizeBytes }, index) => {
      const memory = free.pop() ?? new Uint8Array(parts[0]?.sizeBytes ?? 0);
      const body = memory.subarray(0, sizeBytes);
      try {
        await readPart(connection, state, offset, body, signal);
        await hashed[index - 1]?.promise;
        hash.update(body);
        hashed[index]?.resolve();
      } catch (error) {
        hashed[index]?.reject(error);
        throw error;
      }
      free.push(memory);
    },
    signal,
  );
  return hash.digest("hex");
}

/** Fills `into` with a range of the object, in parallel stretches where it is long. */
export async function readRange(
  connection: S3Connection,
  state: ObjectState,
  range: Part,
  into: Uint8Array,
  config: S3TransferConfig,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { parts, parallel } = planDownload(range, config);
  await inParallel(
    parts,
    parallel,
    ({ offset, sizeBytes }) => {
      const start = offset - range.offset;
      return readPart(connection, state, offset, into.subarray(start, start + sizeBytes), signal);
    },
    signal,
  );
}

/** Fills `into` from `offset` on. A connection that breaks off goes on where it broke off. */
export async function readPart(
  connection: S3Connection,
  state: ObjectState,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  let filled = 0;
  const take = (bytes: Uint8Array): void => {
    into.set(bytes, filled);
    filled += bytes.length;
  };
  await streamPart(connection, state, { offset, sizeBytes: into.length }, take, signal);
}

/** Gets the bytes of a stretch as they come, in their order; those after them wait for its promise. */
export type TakeBytes = (bytes: Uint8Array) => Promise<void> | void;

/** What the first answer says of the object. */
type Answer = Pick<GetObjectCommandOutput, "ContentRange" | "ETag" | "Metadata">;

/**
 * Hands over a stretch of an object, every byte once. A connection that breaks off goes on where it broke off, with the same state of the
 * object; what `take` and `look` throw passes through. `look` is asked before the first byte.
 */
export async function streamPart(
  connection: S3Connection,
  { bucket, key, tag }: Pick<ObjectState, "bucket" | "key" | "tag">,
  { offset, sizeBytes }: Part,
  take: TakeBytes,
  signal: AbortSignal | undefined,
  look: (answer: Answer) => void = () => {},
): Promise<void> {
  let taken = 0;
  let IfMatch = tag;
  let failure: { readonly error: unknown } | undefined;
  await connection.ask(
    { doing: `read the object ${key} of the bucket ${bucket}`, bucket, key },
    async ({ s3, options }) => {
      const Range = `bytes=${offset + taken}-${offset + sizeBytes - 1}`;
      const answer = await s3.getObject({ Bucket: bucket, Key: key, Range, IfMatch }, options);
      if (answer.Body === undefined) throw new Error("the answer has no body");
      const body = answer.Body as Readable;
      try {
        if (answer.ContentRange?.startsWith(`bytes ${offset + taken}-`) !== true)
          throw noAnswerOfS3(`${answer.ContentRange ?? "no Content-Range"} for ${Range}`);
        try {
          if (taken === 0) look(answer);
          IfMatch ??= answer.ETag;
        } catch (error) {
          failure = { error };
          return;
        }
        for await (const chunk of addAbortSignal(options.abortSignal, body) as AsyncIterable<Uint8Array>) {
          if (chunk.length > sizeBytes - taken) throw new Error(`the answer is longer than ${Range}`);
          taken += chunk.length;
          try {
            const waiting = take(chunk);
            if (waiting !== undefined) await waiting;
          } catch (error) {
            // No fault of the server's, which would be asked again.
            failure = { error };
            return;
          }
        }
      } finally {
        body.destroy();
      }
      if (taken < sizeBytes) throw new Error(`the answer broke off ${sizeBytes - taken} bytes too early`);
    },
    signal,
  );
  if (failure !== undefined) throw failure.error;
}
