import { readAll } from "../core/byte-source.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecTypeError } from "./codec-type.ts";

/** Bytes as they are. */
export const bytes: Codec<Uint8Array> & Encoder<Uint8Array> = {
  name: "bytes",
  encode(value) {
    if (!(value instanceof Uint8Array)) throw codecTypeError("bytes", "a Uint8Array", value);
    return value;
  },
  decode: (source) => readAll(source),
};
