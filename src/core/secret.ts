import { inspect } from "node:util";
import { hidden } from "./hidden.ts";
import { settingsInvalid } from "./settings-invalid.ts";

/** A password, a token or a key. It shows itself as `[secret]` wherever it is printed; only `reveal` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself, for the client that sends it and for nobody else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return hidden;
  }

  toJSON(): string {
    return hidden;
  }

  [inspect.custom](): string {
    return hidden;
  }
}

/** Holds an option to being a `Secret` before it is used: a text would end in an error of JavaScript's own, long after. */
export function requireSecret(name: string, given: Secret): void {
  const value: unknown = given;
  if (typeof value === "object" && value !== null && typeof Reflect.get(value, "reveal") === "function") return;
  const found = typeof value === "string" ? "a text, which is not shown" : value === null ? "null" : typeof value;
  throw settingsInvalid([{ name, expected: "a Secret, as new Secret(text) makes one", found }]);
}
