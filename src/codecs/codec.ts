import type { ByteSource } from "../core/byte-source.ts";

/** What a decoder is told beside the bytes. */
export interface DecodeContext {
  /** The absolute path of the file in scratch. */
  readonly path: string;
  readonly signal?: AbortSignal;
}

/**
 * Bytes ⇄ a value, by name. `Read` is what decoding yields, `Write` what encoding takes. A codec that only reads has no
 * `encode`. Decoding may read any part of the source and must keep no reference to it: it is closed right after.
 */
export interface Codec<Read, Write = Read> {
  readonly name: string;
  encode?(value: Write): Uint8Array | Promise<Uint8Array>;
  decode(source: ByteSource, context: DecodeContext): Read | Promise<Read>;
}

/** A codec that can write. */
export type Encoder<Write> = Required<Pick<Codec<unknown, Write>, "encode">> & Pick<Codec<unknown, Write>, "name">;
