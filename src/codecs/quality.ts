import { readAll } from "../core/byte-source.ts";
import type { Codec, Encoder } from "./codec.ts";
import { decodeQualityJson, encodeQualityJson } from "./quality-json.ts";

/**
 * Quality documents in scratch: written as JSON without NaN, dates as `{"iso_date": "…"}`; throws as `encodeQualityJson` does. Reads what
 * Python's decoder reads, NaN and Infinity too, which the stack's other encoders let through.
 */
export const quality: Codec<unknown> & Encoder<unknown> = {
  name: "quality",
  encode: (document) => encodeQualityJson(document),
  decode: async (source) => decodeQualityJson(await readAll(source), { name: source.name }),
};
