import { z } from "zod";
import { messageOf } from "../core/errors.ts";
import { formatPythonJson, parsePythonJson, plainJson } from "../core/python-json.ts";
import type { Codec, Encoder } from "./codec.ts";
import { codecDataError, codecTypeError } from "./codec-type.ts";
import { text } from "./text.ts";

/**
 * JSON that a zod schema describes. What is written is the schema's output; the schema must accept that output when it
 * is read back, so a schema that transforms its input to something else suits reading only.
 */
export function model<Schema extends z.ZodType>(schema: Schema): Codec<z.output<Schema>> & Encoder<z.output<Schema>> {
  return {
    name: "model",
    encode(value) {
      const result = schema.safeParse(value);
      if (!result.success)
        throw codecTypeError("model", `what its schema allows (${z.prettifyError(result.error)})`, value);
      try {
        return new TextEncoder().encode(formatPythonJson(value));
      } catch (error) {
        throw codecTypeError("model", `what JSON can hold (${messageOf(error)})`, value);
      }
    },
    async decode(source, context) {
      const content = await text.decode(source, context);
      let parsed: unknown;
      try {
        parsed = plainJson(parsePythonJson(content));
      } catch (error) {
        throw codecDataError("model", source.name, messageOf(error), error);
      }
      const result = schema.safeParse(parsed);
      if (!result.success) throw codecDataError("model", source.name, z.prettifyError(result.error), result.error);
      return result.data;
    },
  };
}
