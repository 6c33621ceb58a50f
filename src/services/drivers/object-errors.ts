import { FirstlightError } from "../../core/errors.ts";

export function objectNotFound(bucket: string, key: string, cause?: unknown): FirstlightError {
  return new FirstlightError("OBJECT_NOT_FOUND", `There is no object ${key} in the bucket ${bucket}.`, {
    fields: { bucket, key },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function objectDamaged(bucket: string, key: string, what: string): FirstlightError {
  return new FirstlightError("OBJECT_DAMAGED", `The object ${key} of the bucket ${bucket} ${what}.`, {
    disposition: "retry",
    fields: { bucket, key },
  });
}

/**
 * Holds that a source is read from somewhere in it, or its end.
 *
 * @throws FirstlightError OBJECT_OFFSET_ILLEGAL
 */
export function requireOffset(name: string, offset: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new FirstlightError(
    "OBJECT_OFFSET_ILLEGAL",
    `${name} cannot be read from the offset ${String(offset)}: it is a count of bytes, a whole number from 0 on.`,
    { disposition: "invalid", fields: { source: name, offset } },
  );
}
