import { readAll } from "../core/byte-source.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecDataError, codecTypeError } from "./codec-type.ts";

/** A string as UTF-8. Bytes that are not UTF-8, and strings with half a surrogate pair, are errors. */
export const text: Codec<string> & Encoder<string> = {
  name: "text",
  encode(value) {
    if (typeof value !== "string") throw codecTypeError("text", "a string", value);
    if (!value.isWellFormed()) throw codecTypeError("text", "well-formed Unicode", value);
    return new TextEncoder().encode(value);
  },
  async decode(source) {
    const encoded = await readAll(source);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(encoded);
    } catch (error) {
      throw codecDataError("text", source.name, "it is not UTF-8.", error);
    }
  },
};
