import { readAll } from "../core/byte-source.ts";
import type { Codec, Encoder } from "./codec.ts";
import { decodeQualityJson, encodeQualityJson } from "./quality-json.ts";

/** Quality documents in scratch: JSON without NaN, dates as `{"iso_date": "…"}`. Throws as `encodeQualityJson` does. */
export const quality: Codec<unknown> & Encoder<unknown> = {
  name: "quality",
  encode: (document) => encodeQualityJson(document),
  decode: async (source) => decodeQualityJson(await readAll(source), { name: source.name }),
};
