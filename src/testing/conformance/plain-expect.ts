import { AssertionError } from "node:assert";
import type { Expectation } from "./suite-runner.ts";

/** What the conformance suites ask of `expect`, for runners that bring none: `{ describe, test, expect: plainExpect }`. */
export function plainExpect(value: unknown): Expectation {
  return {
    toBe(expected) {
      if (!Object.is(value, expected)) throw unlike(value, expected, "toBe");
    },
    toEqual(expected) {
      if (!isAlike(value, expected, false)) throw unlike(value, expected, "toEqual");
    },
    rejects: {
      async toMatchObject(expected) {
        const thrown = await reasonOf(value);
        if (thrown === undefined) throw unlike("no error", expected, "rejects.toMatchObject");
        if (!isAlike(thrown.reason, expected, true)) throw unlike(thrown.reason, expected, "rejects.toMatchObject");
      },
    },
  };
}

function unlike(actual: unknown, expected: unknown, operator: string): AssertionError {
  return new AssertionError({ actual, expected, operator });
}

async function reasonOf(value: unknown): Promise<{ readonly reason: unknown } | undefined> {
  try {
    await value;
    return undefined;
  } catch (reason) {
    return { reason };
  }
}

/** Whether two values hold the same, whatever made them; of a partial one only what is expected is looked at. */
function isAlike(value: unknown, expected: unknown, isPartial: boolean): boolean {
  if (Object.is(value, expected)) return true;
  if (!isObject(value) || !isObject(expected)) return false;
  if (isList(value) || isList(expected)) {
    if (!isList(value) || !isList(expected) || value.length !== expected.length) return false;
    return Array.prototype.every.call(expected, (each: unknown, i) => isAlike(value[i], each, isPartial));
  }
  if (value instanceof Set && expected instanceof Set) {
    return value.size === expected.size && [...expected].every((each) => value.has(each));
  }
  if (value instanceof Map && expected instanceof Map) {
    return (
      value.size === expected.size && [...expected].every(([key, each]) => isAlike(value.get(key), each, isPartial))
    );
  }
  const names = new Set([...Object.keys(expected), ...(isPartial ? [] : Object.keys(value))]);
  return [...names].every((name) => isAlike(Reflect.get(value, name), Reflect.get(expected, name), isPartial));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isList(value: object): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
