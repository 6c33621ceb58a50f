import type { PythonJson } from "../core/python-json.ts";

/** Facts of a recipe run, each written once. The values are what Python's `json` can hold, reals and integers apart. */
export interface Constants {
  /** The value. Throws `CONSTANT_MISSING`, which names the ones there are. */
  get(name: string): Promise<PythonJson>;
  has(name: string): Promise<boolean>;
  /** Writes a value once. Throws `CONSTANT_EXISTS` when there is one, even the same; `JSON_INVALID` for what JSON cannot hold. */
  set(name: string, value: unknown): Promise<void>;
  /** Sorted. */
  names(): Promise<readonly string[]>;
  /** All of them, sorted by name. */
  entries(): Promise<readonly (readonly [name: string, value: PythonJson])[]>;
}
