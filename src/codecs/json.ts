import { messageOf } from "../core/errors.ts";
import { formatPythonJson, type PythonJson, parsePythonJson } from "../core/python-json.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecDataError, codecTypeError } from "./codec-type.ts";
import { text } from "./text.ts";

/**
 * JSON as Python's `json` module writes and reads it: NaN and Infinity allowed, integers of any length (`bigint` beyond
 * 2^53), whole reals as `Real`.
 */
export const json: Codec<PythonJson, unknown> & Encoder<unknown> = {
  name: "json",
  encode(value) {
    try {
      return new TextEncoder().encode(formatPythonJson(value));
    } catch (error) {
      throw codecTypeError("json", `what JSON can hold (${messageOf(error)})`, value);
    }
  },
  async decode(source, context) {
    const content = await text.decode(source, context);
    try {
      return parsePythonJson(content);
    } catch (error) {
      throw codecDataError("json", source.name, messageOf(error), error);
    }
  },
};
