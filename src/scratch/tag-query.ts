import { FirstlightError } from "../core/errors.ts";
import { nearestName } from "../core/nearest-name.ts";
import { StemName } from "./stem-name.ts";

/**
 * Which files: a tag; a list, whose members must all hold, lists within lists included; or `anyOf`, `allOf`, `noneOf` and
 * `withStem`, which nest as they like.
 */
export type TagQuery = string | readonly TagQuery[] | TagChoice | StemQuery;

/** Made by `anyOf`, `allOf` and `noneOf`. */
export interface TagChoice {
  readonly match: "any" | "all" | "none";
  readonly of: readonly TagQuery[];
}

/** Made by `withStem`. */
export interface StemQuery {
  readonly match: "stem";
  readonly stem: string;
  /** The stems beside the library's own that tags may have. */
  readonly own: readonly string[];
}

/** Files for which at least one of these holds. */
export function anyOf(...of: readonly TagQuery[]): TagChoice {
  return { match: "any", of };
}

/** Files for which all of these hold: what a plain list says too. */
export function allOf(...of: readonly TagQuery[]): TagChoice {
  return { match: "all", of };
}

/** Files for which none of these holds; with nothing beside it, such files among all that carry any tag. */
export function noneOf(...of: readonly TagQuery[]): TagChoice {
  return { match: "none", of };
}

/**
 * Files with a tag of this stem, whatever its value: `withStem("EXP_TIME")`. A tag's stem is the longest one known that is the
 * tag, or that an underscore follows in it: `QUALITY_TASK_DARK` is none of `QUALITY`. An instrument asks by its own stems
 * through its `tagVocabulary`.
 *
 * @param own stems beside those of the library
 * @throws FirstlightError TAG_STEM_UNKNOWN for a stem that is none of these
 */
export function withStem(stem: StemName, own?: readonly string[]): StemQuery;
export function withStem<const Own extends string>(stem: StemName | Own, own: readonly Own[]): StemQuery;
export function withStem(stem: string, own: readonly string[] = []): StemQuery {
  const known = [...Object.values<string>(StemName), ...own];
  if (known.includes(stem)) return { match: "stem", stem, own };
  const meant = nearestName(stem, known);
  throw new FirstlightError(
    "TAG_STEM_UNKNOWN",
    `Files were asked for by the stem ${stem}, which no tag can have: ${meant === undefined ? "it is none of the stems known" : `did you mean ${meant}?`}. An instrument names its own stems in a tagVocabulary.`,
    { disposition: "invalid", fields: { stem, known } },
  );
}

/** A query with its lists flattened: what must hold, and what must not. */
export interface Conjunction {
  readonly tags: readonly string[];
  readonly choices: readonly (readonly TagQuery[])[];
  readonly stems: readonly StemQuery[];
  /** None of these. */
  readonly excluded: readonly TagQuery[];
}

/**
 * Brings a query into the form that an inventory answers.
 *
 * @throws FirstlightError TAG_QUERY_EMPTY when it, or a part of it, says nothing; TAG_QUERY_INVALID for what is no query, such as
 * undefined
 */
export function conjunctionOf(query: TagQuery): Conjunction {
  const tags = new Set<string>();
  const choices: (readonly TagQuery[])[] = [];
  const stems: StemQuery[] = [];
  const excluded: TagQuery[] = [];
  const visit = (part: TagQuery): void => {
    if (typeof part === "string") tags.add(part);
    else if (isList(part)) part.forEach(visit);
    else if (!isChoice(part)) throw queryInvalid(part);
    else if (part.match === "stem") stems.push(part);
    else if (part.match === "all") part.of.forEach(visit);
    else if (part.of.length === 0) throw queryEmpty();
    else if (part.match === "none") excluded.push(...part.of);
    else if (part.of.length === 1) part.of.forEach(visit);
    else choices.push(part.of);
  };
  visit(query);
  if (tags.size + choices.length + stems.length + excluded.length === 0) throw queryEmpty();
  return { tags: [...tags], choices, stems, excluded };
}

/** The tags of a query that asks for nothing but them, each once; undefined for any other. */
export function plainTags(query: TagQuery): readonly string[] | undefined {
  if (typeof query === "string") return [query];
  if (!isList(query) || query.length === 0) return undefined;
  const tags: string[] = [];
  for (const part of query) {
    if (typeof part !== "string") return undefined;
    if (!tags.includes(part)) tags.push(part);
  }
  return tags;
}

/** What must hold for a file to be found, in parts: every one of `conjunctionOf` but what is excluded. */
export function partsOf({ tags, choices, stems }: Omit<Conjunction, "excluded">): readonly TagQuery[] {
  return [...tags, ...choices.map((of) => anyOf(...of)), ...stems];
}

/** Every tag and stem that a query asks for; not what it excludes. */
export function wantedBy(query: TagQuery): readonly (string | StemQuery)[] {
  const wanted = new Map<string, string | StemQuery>();
  const visit = (part: TagQuery, isWanted: boolean): void => {
    if (typeof part !== "string" && !isList(part) && !isChoice(part)) throw queryInvalid(part);
    if (typeof part !== "string" && !isList(part) && part.match !== "stem") {
      for (const each of part.of) visit(each, isWanted === (part.match !== "none"));
    } else if (isList(part)) {
      for (const each of part) visit(each, isWanted);
    } else if (isWanted) {
      wanted.set(formatQuery(part), part);
    }
  };
  visit(query, true);
  return [...wanted.values()];
}

/** The query in words: `A and (C or D) and not E`. */
export function formatQuery(query: TagQuery): string {
  if (typeof query === "string") return query;
  if (!isList(query)) {
    if (query.match === "stem") return `a tag of stem ${query.stem}`;
    if (query.of.length === 0) return "no tag at all";
    if (query.match === "none") return negated(query.of);
    if (query.match === "any") return query.of.length === 1 ? query.of.map(formatQuery).join() : either(query.of);
    return formatQuery(query.of);
  }
  return query.length === 0 ? "no tag at all" : [...new Set(query.map(formatQuery))].join(" and ");
}

function either(of: readonly TagQuery[]): string {
  return `(${of.map(formatQuery).join(" or ")})`;
}

function negated(of: readonly TagQuery[]): string {
  const [first, ...others] = of;
  if (first === undefined || others.length > 0) return `not ${either(of)}`;
  const words = formatQuery(first);
  return words.includes(" and ") ? `not (${words})` : `not ${words}`;
}

// Array.isArray does not narrow a readonly array away from the other members of a union.
function isList(query: TagQuery): query is readonly TagQuery[] {
  return Array.isArray(query);
}

/** Who writes JavaScript may ask for anything. */
function isChoice(part: unknown): part is TagChoice | StemQuery {
  if (typeof part !== "object" || part === null || !("match" in part)) return false;
  return part.match === "stem" ? "stem" in part : "of" in part && Array.isArray(part.of);
}

function queryInvalid(part: unknown): FirstlightError {
  const shown = typeof part === "object" && part !== null ? "an object" : `'${String(part)}'`;
  return new FirstlightError(
    "TAG_QUERY_INVALID",
    `Files were asked for by ${shown}, which is no tag. A query is a tag, a list of them, or anyOf, allOf, noneOf or withStem of them.`,
    { disposition: "invalid", fields: { part } },
  );
}

function queryEmpty(): FirstlightError {
  return new FirstlightError(
    "TAG_QUERY_EMPTY",
    "Files were asked for without naming a tag. Name at least one; anyOf, allOf and noneOf need one inside.",
    { disposition: "invalid" },
  );
}
