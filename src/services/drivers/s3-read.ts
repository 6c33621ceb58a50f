import { createHash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import type { ByteSource } from "../../core/byte-source.ts";
import { inParallel } from "../../core/in-parallel.ts";
import type { ObjectInfo } from "../object-store.ts";
import { objectDamaged } from "./object-errors.ts";
import type { S3TransferConfig } from "./s3-config.ts";
import type { S3Connection } from "./s3-connection.ts";
import { type Part, planDownload } from "./s3-parts.ts";
import { verifiedSource } from "./verified-source.ts";

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
  { bucket, key, tag }: ObjectState,
  offset: number,
  into: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  let filled = 0;
  await connection.ask(
    { doing: `read the object ${key} of the bucket ${bucket}`, bucket, key },
    async ({ s3, options }) => {
      const Range = `bytes=${offset + filled}-${offset + into.length - 1}`;
      const { Body, ContentRange } = await s3.getObject({ Bucket: bucket, Key: key, Range, IfMatch: tag }, options);
      if (Body === undefined) throw new Error("the answer has no body");
      const body = Body as Readable;
      if (ContentRange?.startsWith(`bytes ${offset + filled}-`) !== true) {
        body.destroy();
        throw new Error(`the answer holds ${ContentRange ?? "no range"} for ${Range}`);
      }
      for await (const chunk of addAbortSignal(options.abortSignal, body) as AsyncIterable<Uint8Array>) {
        if (chunk.length > into.length - filled) throw new Error(`the answer is longer than ${Range}`);
        into.set(chunk, filled);
        filled += chunk.length;
      }
      if (filled < into.length) throw new Error(`the answer broke off ${into.length - filled} bytes too early`);
    },
    signal,
  );
}
