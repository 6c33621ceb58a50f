import { FirstlightError } from "../core/errors.ts";

/** The error of a codec that was given a value of another type than its own. */
export function codecTypeError(codec: string, expected: string, found: unknown): FirstlightError {
  const type = typeName(found);
  return new FirstlightError("CODEC_TYPE", `The codec '${codec}' encodes ${expected}; it was given ${type}.`, {
    disposition: "invalid",
    fields: { codec, expected, found: type },
  });
}

/** The error of a codec whose bytes are not what it reads. */
export function codecDataError(codec: string, file: string, problem: string, cause?: unknown): FirstlightError {
  return new FirstlightError("CODEC_DATA", `${file} cannot be read as '${codec}': ${problem}`, {
    fields: { codec, file },
    cause,
  });
}

/** What a value is, in words. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== "object") return `a ${typeof value}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || value.constructor === Object
    ? "a plain object"
    : `a value of class ${value.constructor.name}`;
}
