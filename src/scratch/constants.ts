import { FirstlightError, isFirstlightError } from "../core/errors.ts";
import { inTurn } from "../core/in-turn.ts";
import { formatPythonJson, type PythonJson, parsePythonJson } from "../core/python-json.ts";
import type { Inventory } from "./inventory.ts";

/** Facts of a recipe run, each written once. The values are what Python's `json` can hold, reals and integers apart. */
export interface Constants {
  /** The value. Throws `CONSTANT_MISSING`, which names the ones there are. */
  get(name: string): Promise<PythonJson>;
  has(name: string): Promise<boolean>;
  /** Writes a value once. Throws `CONSTANT_EXISTS` when there is one, even the same; `JSON_INVALID` for what JSON cannot hold, with its place. */
  set(name: string, value: unknown): Promise<void>;
  /** Sorted. */
  names(): Promise<readonly string[]>;
  /** All of them, sorted by name. */
  entries(): Promise<readonly (readonly [name: string, value: PythonJson])[]>;
}

export function constantsOf(inventory: Inventory): Constants {
  const { driver, keys, logged, fenced } = inventory;
  const turn = inTurn();
  const textsOf = async (names: readonly string[]): Promise<readonly (string | undefined)[]> =>
    (await driver.members(names.map((name) => keys.constant + name))).map(([text]) => text);
  const names = async (): Promise<readonly string[]> =>
    (await driver.keys(keys.constant)).map((key) => key.slice(keys.constant.length)).sort();
  const setOnce = async (name: string, text: string): Promise<void> => {
    const [there] = await textsOf([name]);
    if (there !== undefined) throw constantExists(name, there);
    const audit = [
      [keys.constantAudit, name],
      [keys.audited, `${keys.constantAudit}\n${name}`],
    ] as const;
    const added = await driver.add(audit, fenced);
    const key = keys.constant + name;
    if (await driver.setOnce(key, text, logged)) return;
    // A connection that lost the reply asks again, and finds what it wrote itself: the log knows.
    if (await inventory.holds(keys.made, `${key}\n${text}`)) return;
    await driver.remove(added, fenced);
    throw constantExists(name, (await textsOf([name]))[0] ?? "");
  };

  return {
    names,
    async get(name) {
      const [text] = await textsOf([name]);
      if (text !== undefined) return parsePythonJson(text);
      const there = await names();
      throw new FirstlightError(
        "CONSTANT_MISSING",
        `There is no constant ${name} in this recipe run; ${there.length === 0 ? "it has none yet" : `there are ${there.join(", ")}`}. A parse task or an earlier task has to set it.`,
        { disposition: "fatal", fields: { name, names: there } },
      );
    },
    async has(name) {
      return (await textsOf([name]))[0] !== undefined;
    },
    async set(name, value) {
      if (typeof name !== "string" || name === "" || /[\r\n]/.test(name)) {
        const found =
          typeof name === "string" ? "" : `; this is ${typeof name === "object" ? "an object" : String(name)}`;
        throw new FirstlightError(
          "CONSTANT_NAME_ILLEGAL",
          `The name of a constant is one line, and not empty${found}.`,
          {
            disposition: "invalid",
            fields: { name },
          },
        );
      }
      const text = spelt(name, value);
      await turn([name], () => setOnce(name, text));
    },
    async entries() {
      const all = await names();
      const texts = await textsOf(all);
      return all.flatMap((name, i) => {
        const text = texts[i];
        return text === undefined ? [] : [[name, parsePythonJson(text)] as const];
      });
    },
  };
}

function spelt(name: string, value: unknown): string {
  try {
    return formatPythonJson(value);
  } catch (error) {
    if (!isFirstlightError(error, "JSON_INVALID")) throw error;
    const { place = "", problem = error.message } = error.fields;
    throw new FirstlightError(
      "JSON_INVALID",
      `The constant ${name} cannot be set: ${place === "" ? "" : `at ${place}, `}${problem} A constant holds what JSON can: texts, numbers, true and false, null, lists and plain objects.`,
      { disposition: "invalid", fields: { name, place, problem }, cause: error },
    );
  }
}

function constantExists(name: string, text: string): FirstlightError {
  const shown = text.length > 100 ? `${text.slice(0, 99)}…` : text;
  return new FirstlightError(
    "CONSTANT_EXISTS",
    `The constant ${name} is ${shown} already, and a constant is written once. Choose another name; a task that runs again has to be rolled back first.`,
    { disposition: "fatal", fields: { name, value: text } },
  );
}
