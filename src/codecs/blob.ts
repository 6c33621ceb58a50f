import { readAll } from "../core/byte-source.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecTypeError } from "./codec-type.ts";

/**
 * Bytes for those who make or take streams: a `Blob`, Node's `Readable`, a web stream, a generator of `Uint8Array`s. A stream of
 * strings is refused. What is read is a `Blob`: `stream()`, `slice()`, `arrayBuffer()`.
 */
export const blob: Codec<Blob, Blob | AsyncIterable<Uint8Array>> & Encoder<Blob | AsyncIterable<Uint8Array>> = {
  name: "blob",
  async encode(value) {
    if (value instanceof Blob) return new Uint8Array(await value.arrayBuffer());
    if (!isStream(value)) throw codecTypeError("blob", "a Blob or a stream of bytes", value);
    const chunks: Uint8Array[] = [];
    for await (const chunk of value) {
      if (!(chunk instanceof Uint8Array)) throw codecTypeError("blob", "a stream of bytes, of Uint8Arrays", chunk);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  },
  decode: async (source) => new Blob([Uint8Array.from(await readAll(source))]),
};

function isStream(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
