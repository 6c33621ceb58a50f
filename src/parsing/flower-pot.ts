import { FirstlightError, isFirstlightError, messageOf } from "../core/errors.ts";
import { formatPythonJson } from "../core/python-json.ts";
import { isReal, pythonStr } from "../core/scalar.ts";
import { requireLegalTags, Tag } from "../scratch/tag.ts";
import { type Access, type Accessor, type AccessTo, accessor, type FitsTable, type HeaderView } from "./fits-access.ts";
import { headerProblems, isHeaderProblem } from "./header-problems.ts";
import { type Bud, type ConstantValue, type Flower, type Petal, type Stem, spilledDirt, thorn } from "./stem.ts";

/** What the stems made of all headers. */
export interface FlowerPot {
  readonly fileCount: number;
  /** What to store, without checks that passed and buds that no frame concerned. */
  readonly constants: ReadonlyMap<string, ConstantValue>;
  /** One entry per tag with all its files, as `scratch.tagAll` takes them. */
  readonly tagged: readonly { readonly paths: readonly string[]; readonly tags: readonly [tag: string] }[];
  /** One entry per file with all its tags, in the order in which the files came; files without tags are left out. */
  readonly tags: Iterable<readonly [file: string, tags: readonly string[]]>;
}

export interface FlowerPotOptions {
  /** Stops between two headers. */
  readonly signal?: AbortSignal;
}

/**
 * Shows every header to every stem, once, in one pass; no header is kept.
 *
 * - STEM_DUPLICATED: two buds would set the same constant
 * - STEM_DISAGREES: the frames contradict each other; all contradictions are named at once
 * - STEM_FAILED: a stem threw an error of its own, or came to something that no constant can hold
 * - what the access throws: HEADER_KEY_MISSING, HEADER_KEY_INVALID; all files that lack something are named at once
 */
export async function fillFlowerPot<Table extends FitsTable>(
  headers: AsyncIterable<readonly [file: string, header: HeaderView]>,
  table: Table,
  stems: readonly Stem<keyof Table & string>[],
  options?: FlowerPotOptions,
): Promise<FlowerPot>;
export async function fillFlowerPot<Attribute extends string>(
  headers: AsyncIterable<readonly [file: string, header: HeaderView]>,
  open: Accessor<AccessTo<Attribute>>,
  stems: readonly Stem<Attribute>[],
  options?: FlowerPotOptions,
): Promise<FlowerPot>;
export async function fillFlowerPot(
  headers: AsyncIterable<readonly [file: string, header: HeaderView]>,
  fitsAccess: FitsTable | Accessor<AccessTo<string>>,
  stems: readonly Stem[],
  options: FlowerPotOptions = {},
): Promise<FlowerPot> {
  refuseDuplicates(stems);
  const open = typeof fitsAccess === "function" ? fitsAccess : (accessor(fitsAccess) as Accessor<Access<FitsTable>>);
  const problems = headerProblems();
  let fileCount = 0;
  for await (const [file, header] of headers) {
    options.signal?.throwIfAborted();
    const access = open(header, file);
    for (const stem of stems) {
      try {
        stem.set(file, access);
      } catch (error) {
        // The other frames are looked at all the same: who mends their headers wants to know of all of them.
        if (!isHeaderProblem(error)) throw stemFailed(stem, `at ${file}`, error);
        problems.add(error);
      }
    }
    fileCount++;
  }
  problems.throwIfAny();
  const constants = constantsOf(stems.filter((stem) => stem.kind === "bud"));
  const tagged = taggedBy(stems);
  return { fileCount, constants, tagged, tags: { [Symbol.iterator]: () => tagsByFile(tagged) } };
}

function constantsOf(buds: readonly Bud[]): ReadonlyMap<string, ConstantValue> {
  const constants = new Map<string, ConstantValue>();
  const contradictions: FirstlightError[] = [];
  for (const bud of buds) {
    try {
      const value = bud.get();
      if (value === spilledDirt || value === thorn) continue;
      requireJson(bud, value);
      constants.set(bud.name, value);
    } catch (error) {
      if (!isFirstlightError(error, "STEM_DISAGREES")) throw stemFailed(bud, "after the last file", error);
      contradictions.push(error);
    }
  }
  const [first] = contradictions;
  if (first === undefined) return constants;
  if (contradictions.length === 1) throw first;
  throw new FirstlightError(
    "STEM_DISAGREES",
    `The frames contradict each other in ${contradictions.length} ways:\n${contradictions.map((each) => `- ${messageOf(each)}`).join("\n")}`,
    { fields: { contradictions: contradictions.map(({ fields }) => fields) }, cause: first },
  );
}

function taggedBy(stems: readonly Stem[]): FlowerPot["tagged"] {
  const files = new Map<string, readonly string[]>();
  for (const stem of stems) {
    if (stem.kind !== "flower") continue;
    for (const petal of petalsOf(stem)) {
      const tag = legalTag(stem.name, petal);
      const already = files.get(tag);
      files.set(tag, already === undefined ? petal.files : [...new Set([...already, ...petal.files])]);
    }
  }
  return Array.from(files, ([tag, paths]) => ({ paths, tags: [tag] }));
}

function petalsOf(flower: Flower): Iterable<Petal> {
  try {
    return [...flower.get()];
  } catch (error) {
    throw stemFailed(flower, "after the last file", error);
  }
}

/** The error of a stem with its name; this library's own say enough, and stay as they are. */
function stemFailed({ kind, name }: Stem, where: string, error: unknown): unknown {
  if (isFirstlightError(error)) return error;
  const type = error instanceof Error ? `${error.name}: ` : "";
  return new FirstlightError("STEM_FAILED", `The ${kind} ${name} failed ${where}: ${type}${messageOf(error)}`, {
    disposition: "retry",
    fields: { stem: name },
    cause: error,
  });
}

function requireJson({ name }: Bud, value: ConstantValue): void {
  try {
    formatPythonJson(value);
  } catch (error) {
    if (!isFirstlightError(error, "JSON_INVALID")) throw error;
    const { place = "", problem = error.message } = error.fields;
    throw new FirstlightError(
      "STEM_FAILED",
      `The bud ${name} came to what no constant can hold: ${place === "" ? "" : `at ${place}, `}${problem} Let its 'get' yield what JSON can hold, or spilledDirt where there is nothing to store.`,
      { disposition: "invalid", fields: { stem: name, place, problem }, cause: error },
    );
  }
}

/** Throws `TAG_ILLEGAL` for a value that no tag can hold, with where it stands. */
function legalTag(stem: string, { value, files }: Petal): string {
  let tag: string | undefined;
  try {
    tag = Tag.format(stem, value);
    requireLegalTags([tag]);
    return tag;
  } catch (error) {
    const [first = "no file"] = files;
    const more = files.length > 1 ? ` and ${files.length - 1} more` : "";
    throw new FirstlightError(
      "TAG_ILLEGAL",
      `The flower ${stem} makes a tag of ${shownValue(value)}, which ${first}${more} has: ${messageOf(error)} Let the flower spell the value as a tag can hold it.`,
      { disposition: "invalid", fields: { stem, tag, files: files.slice(0, 10) }, cause: error },
    );
  }
}

function shownValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (isReal(value)) return pythonStr(value);
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Tags are chained by numbers until a file's turn comes: of a long night, a list for each file would take most of the memory. */
function* tagsByFile(tagged: FlowerPot["tagged"]): Generator<readonly [string, readonly string[]]> {
  const count = tagged.reduce((sum, { paths }) => sum + paths.length, 0);
  const numbers = new Map<string, number>();
  const [numberOf, tagOf, nexts] = [new Int32Array(count), new Int32Array(count), new Int32Array(count).fill(-1)];
  let link = 0;
  for (const [tag, { paths }] of tagged.entries()) {
    for (const file of paths) {
      const number = numbers.get(file) ?? numbers.size;
      if (number === numbers.size) numbers.set(file, number);
      numberOf[link] = number;
      tagOf[link] = tag;
      link += 1;
    }
  }
  const [firsts, lasts] = [new Int32Array(numbers.size).fill(-1), new Int32Array(numbers.size)];
  for (let at = 0; at < count; at += 1) {
    const number = numberOf[at] as number;
    if (firsts[number] === -1) firsts[number] = at;
    else nexts[lasts[number] as number] = at;
    lasts[number] = at;
  }
  for (const [file, number] of numbers) {
    const tags: string[] = [];
    for (let at = firsts[number] as number; at !== -1; at = nexts[at] as number) {
      tags.push(...(tagged[tagOf[at] as number]?.tags ?? []));
    }
    yield [file, tags];
  }
}

function refuseDuplicates(stems: readonly Stem[]): void {
  const names = new Set<string>();
  for (const { kind, name } of stems) {
    if (kind === "bud" && names.has(name)) {
      throw new FirstlightError(
        "STEM_DUPLICATED",
        `Two buds would set the constant ${name}, and a constant is set once. Take one of them out.`,
        { disposition: "invalid", fields: { stem: name } },
      );
    }
    if (kind === "bud") names.add(name);
  }
}
