import { FirstlightError } from "./errors.ts";
import { isReal, pythonFloat, Real } from "./scalar.ts";

/**
 * What Python's `json` reads and writes: JSON with NaN and Infinity, integers of any length, and reals kept apart from
 * integers (a `Real` where a bare number would look like an integer).
 */
export type PythonJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | Real
  | readonly PythonJson[]
  | { readonly [key: string]: PythonJson };

export interface PythonJsonOptions {
  /** False refuses NaN and infinities, as `allow_nan=False` does. Default true. */
  readonly allowNaN?: boolean;
  /** Spells the entries of every object by name, in the order of UTF-16, so that what is equal has one spelling. Default false. */
  readonly sortKeys?: boolean;
}

/**
 * Reads what `json.loads` reads. Integers beyond 2^53 come as `bigint`, whole reals as `Real`, NaN and Infinity as numbers.
 *
 * @throws FirstlightError JSON_INVALID with the offset
 */
export function parsePythonJson(text: string): PythonJson {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/**
 * Spells a value as `json.dumps(value)` does: `", "` and `": "`, everything outside ASCII escaped, reals with their point.
 * Entries of an object that are `undefined` are left out, as by `JSON.stringify`.
 *
 * @throws FirstlightError JSON_INVALID for what JSON cannot hold, with its place: `undefined`, functions, dates, cycles
 */
export function formatPythonJson(value: unknown, options: PythonJsonOptions = {}): string {
  return format(value, { allowNaN: options.allowNaN ?? true, sortKeys: options.sortKeys ?? false }, new Set());
}

/** The same value with `Real` as plain numbers, for code that validates or computes. */
export function plainJson(value: PythonJson): unknown {
  if (isReal(value)) return value.value;
  if (Array.isArray(value)) return value.map(plainJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainJson(item)]));
}

/** Deeper than any document, and far from the end of the stack. */
const depthLimit = 1000;

function format(value: unknown, options: Required<PythonJsonOptions>, parents: Set<object>): string {
  const { allowNaN } = options;
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isInteger(value) ? whole(value) : floating(value, allowNaN);
  if (isReal(value)) return floating(value.value, allowNaN);
  if (typeof value !== "object") throw unspelt(`${typeof value} has no JSON spelling.`, parents, value);
  if (parents.has(value) || parents.size >= depthLimit)
    throw unspelt("the value contains itself, or is nested too deep.", parents, value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) {
    throw unspelt(`an object of class ${value.constructor?.name ?? "unknown"} has no JSON spelling.`, parents, value);
  }
  parents.add(value);
  const text = Array.isArray(value) ? list(value, options, parents) : object(value, options, parents);
  parents.delete(value);
  return text;
}

// Loops that build the text: a list for each object and a pair for each entry take three times as long.
function list(items: readonly unknown[], options: Required<PythonJsonOptions>, parents: Set<object>): string {
  let text = "";
  // By place: a hole is `undefined`, which is refused.
  for (let i = 0; i < items.length; i += 1) {
    if (i > 0) text += ", ";
    text += format(items[i], options, parents);
  }
  return `[${text}]`;
}

function object(value: object, options: Required<PythonJsonOptions>, parents: Set<object>): string {
  const keys = Object.keys(value);
  if (options.sortKeys) keys.sort((a, b) => (a < b ? -1 : 1));
  let text = "";
  for (const key of keys) {
    const item: unknown = (value as Record<string, unknown>)[key];
    if (item === undefined) continue;
    if (text !== "") text += ", ";
    text += `${quote(key)}: ${format(item, options, parents)}`;
  }
  return `{${text}}`;
}

/** Beyond 2^53 as well, where JavaScript writes an exponent. */
function whole(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

function floating(value: number, allowNaN: boolean): string {
  if (Number.isFinite(value)) return pythonFloat(value);
  if (!allowNaN) throw invalid(`${value} is not allowed here.`);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

const plainText = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, escaped);
}

function invalid(problem: string): FirstlightError {
  return new FirstlightError("JSON_INVALID", `This is no JSON: ${problem}`, { disposition: "invalid" });
}

/** What JSON cannot hold, with its place: `parents` leads to it from the outermost on. */
function unspelt(problem: string, parents: Iterable<object>, value: unknown): FirstlightError {
  const chain = [...parents, value];
  const steps = chain.slice(1).map((child, i) => stepTo(child, chain[i] as object));
  const place = steps.length > steepest ? `…${steps.slice(-steepest).join("")}` : steps.join("").replace(/^\./, "");
  return new FirstlightError("JSON_INVALID", `This is no JSON: ${place === "" ? "" : `at ${place}, `}${problem}`, {
    disposition: "invalid",
    fields: { place, problem },
  });
}

/** Of a place that is very deep only the end is told. */
const steepest = 20;

/** Entries are spelt in order, so that the first that is this value is the one that cannot be spelt. */
function stepTo(child: unknown, parent: object): string {
  // A hole is found as what it reads as.
  if (Array.isArray(parent)) return `[${[...parent].indexOf(child)}]`;
  const [key = ""] = Object.entries(parent).find(([, item]) => item === child) ?? [];
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

const words: ReadonlyArray<readonly [string, null | boolean | number]> = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): PythonJson {
    if (depth > depthLimit) throw this.#error("it is nested too deep");
    this.#blanks();
    const start = this.#text.charAt(this.#at);
    if (start === "{") return this.#object(depth);
    if (start === "[") return this.#array(depth);
    if (start === '"') return this.#string();
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return this.#number();
  }

  end(): void {
    this.#blanks();
    if (this.#at < this.#text.length) throw this.#error("there is more after the value");
  }

  #object(depth: number): PythonJson {
    const entries: [string, PythonJson][] = [];
    this.#at += 1;
    if (this.#takes("}")) return {};
    do {
      this.#blanks();
      if (this.#text.charAt(this.#at) !== '"') throw this.#error("a key in double quotes was expected");
      const key = this.#string();
      if (!this.#takes(":")) throw this.#error("':' was expected");
      entries.push([key, this.value(depth + 1)]);
    } while (this.#takes(","));
    if (!this.#takes("}")) throw this.#error("',' or '}' was expected");
    return Object.fromEntries(entries);
  }

  #array(depth: number): PythonJson {
    const items: PythonJson[] = [];
    this.#at += 1;
    if (this.#takes("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.#takes(","));
    if (!this.#takes("]")) throw this.#error("',' or ']' was expected");
    return items;
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text.charAt(end) !== '"') end += this.#text.charAt(end) === "\\" ? 2 : 1;
    const quoted = this.#text.slice(this.#at, end + 1);
    try {
      const text: unknown = JSON.parse(quoted);
      if (typeof text !== "string") throw this.#error("a string was expected");
      this.#at = end + 1;
      return text;
    } catch {
      throw this.#error("the string is not closed, or holds a bad escape or a control character");
    }
  }

  #number(): PythonJson {
    const pattern = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw this.#error("a value was expected");
    this.#at = pattern.lastIndex;
    const [token, fraction, exponent] = match;
    const value = Number(token);
    if (fraction !== undefined || exponent !== undefined) return Number.isInteger(value) ? new Real(value) : value;
    if (!Number.isSafeInteger(value)) return BigInt(token);
    return value === 0 ? 0 : value;
  }

  #takes(character: string): boolean {
    this.#blanks();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at += 1;
    return true;
  }

  #blanks(): void {
    while (/[ \t\n\r]/.test(this.#text.charAt(this.#at))) this.#at += 1;
  }

  #error(problem: string): FirstlightError {
    return invalid(`${problem} at offset ${this.#at}.`);
  }
}
