import { hidden } from "./hidden.ts";
import { hideCredentials } from "./hide-credentials.ts";
import { isSecretName } from "./is-secret-name.ts";

const deepest = 6;

/**
 * The fields of a log line as plain JSON can hold them: errors with message, code and cause; arrays of pixels by their
 * size only; under a name that sounds like a secret nothing but numbers, truth values and nothing at all; URLs without their
 * passwords. Names in `taken` get an underscore behind them.
 */
export function logFields(
  fields: Readonly<Record<string, unknown>>,
  taken: ReadonlySet<string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [taken.has(name) ? `${name}_` : name, field(name, value, 0)]),
  );
}

function field(name: string, value: unknown, depth: number): unknown {
  return isSecretName(name) && mayHoldSecret(value) ? hidden : loggable(value, depth);
}

/** A number is no secret: a fencing token, a count of tokens. */
function mayHoldSecret(value: unknown): boolean {
  return typeof value === "string" || (typeof value === "object" && value !== null);
}

function loggable(value: unknown, depth: number): unknown {
  if (typeof value === "string") return hideCredentials(value);
  if (typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))) return String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return "[…]";
  const inside = (inner: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(inner).map(([name, one]) => [name, field(name, one, depth + 1)]));
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    return {
      name,
      message: hideCredentials(message),
      ...inside(value),
      stack: loggable(stack, depth),
      ...(cause === undefined ? {} : { cause: loggable(cause, depth + 1) }),
    };
  }
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if ("toJSON" in value && typeof value.toJSON === "function") return loggable(value.toJSON(), depth + 1);
  if (Array.isArray(value) || value instanceof Set) return Array.from(value, (one) => loggable(one, depth + 1));
  if (value instanceof Map) return inside(Object.fromEntries(value));
  return inside(value);
}
