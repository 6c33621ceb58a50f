import { FirstlightError } from "../../core/errors.ts";

export function objectNotFound(bucket: string, key: string, cause?: unknown): FirstlightError {
  return new FirstlightError("OBJECT_NOT_FOUND", `There is no object ${key} in the bucket ${bucket}.`, {
    fields: { bucket, key },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function storeClosed(): FirstlightError {
  return new FirstlightError("SERVICE_CLOSED", "The object store is closed.");
}

export function objectDamaged(bucket: string, key: string, what: string): FirstlightError {
  return new FirstlightError("OBJECT_DAMAGED", `The object ${key} of the bucket ${bucket} ${what}.`, {
    disposition: "retry",
    fields: { bucket, key },
  });
}
