import { z } from "zod";
import { FirstlightError, messageOf } from "../core/errors.ts";
import { formatPythonJson, parsePythonJson, plainJson } from "../core/python-json.ts";
import { isReal } from "../core/scalar.ts";

export interface QualityJsonOptions {
  /** What the document must be. */
  readonly schema?: z.ZodType;
  /** What to call it in errors: a file, a metric. */
  readonly name?: string;
}

/**
 * A quality document as UTF-8 JSON. Dates are written as `{"iso_date": "…"}`.
 *
 * - QUALITY_NOT_FINITE: a NaN or an infinity, which JSON does not have, with its place in the document
 * - QUALITY_INVALID: the schema refuses it, or JSON cannot hold it
 */
export function encodeQualityJson(document: unknown, options: QualityJsonOptions = {}): Uint8Array {
  const name = options.name ?? "the quality document";
  const written = spelt(document, "$", name, new Set());
  if (options.schema !== undefined) checked(options.schema, document, name);
  try {
    return new TextEncoder().encode(formatPythonJson(written, { allowNaN: false }));
  } catch (error) {
    throw invalid(name, messageOf(error), error);
  }
}

/**
 * A quality document from its bytes; `{"iso_date": "…"}` stays as it is, so that no digit of a time is lost. NaN and Infinity are read as
 * Python's decoder reads them: a document may come from an encoder that lets them through. A schema's `z.number()` refuses them,
 * and `encodeQualityJson` does when they are to be written again.
 */
export function decodeQualityJson(bytes: Uint8Array, options: QualityJsonOptions = {}): unknown {
  const name = options.name ?? "the quality document";
  let document: unknown;
  try {
    document = plainJson(parsePythonJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch (error) {
    throw invalid(name, messageOf(error), error);
  }
  return options.schema === undefined ? document : checked(options.schema, document, name);
}

function spelt(value: unknown, path: string, name: string, parents: ReadonlySet<object>): unknown {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return { iso_date: value.toISOString() };
  const number = isReal(value) ? value.value : value instanceof Date ? value.getTime() : value;
  if (typeof number === "number" && !Number.isFinite(number)) {
    throw new FirstlightError(
      "QUALITY_NOT_FINITE",
      `${name} holds ${value instanceof Date ? "an invalid date" : number} at ${path}; quality data are finite. Leave out frames without a value, or say why there is none in a warning.`,
      { fields: { name, path } },
    );
  }
  if (typeof value !== "object" || value === null || isReal(value)) return value;
  if (parents.has(value)) throw invalid(name, `what is at ${path} contains itself.`);
  const within = new Set(parents).add(value);
  if (isList(value)) {
    return Array.from(value, (item, index) => spelt(item, `${path}[${index}]`, name, within));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalid(
      name,
      `at ${path} is a ${value.constructor.name}, which JSON cannot hold. Make it a list or an object.`,
    );
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, spelt(item, `${path}.${key}`, name, within)]),
  );
}

function isList(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function checked(schema: z.ZodType, document: unknown, name: string): unknown {
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw invalid(name, z.prettifyError(result.error).replace(/\s+/g, " "), result.error);
}

function invalid(name: string, problem: string, cause?: unknown): FirstlightError {
  return new FirstlightError("QUALITY_INVALID", `${name} is no such quality document: ${problem}`, {
    fields: { name },
    cause,
  });
}
