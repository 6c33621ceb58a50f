/**
 * Which files: a tag; a list, whose members must all hold, lists within lists included; or `anyOf` and `allOf`, which
 * nest as they like.
 */
export type TagQuery = string | readonly TagQuery[] | TagChoice;

/** Made by `anyOf` and `allOf`. */
export interface TagChoice {
  readonly match: "any" | "all";
  readonly of: readonly TagQuery[];
}

/** Files for which at least one of these holds. */
export function anyOf(...of: readonly TagQuery[]): TagChoice {
  return { match: "any", of };
}

/** Files for which all of these hold: what a plain list says too. */
export function allOf(...of: readonly TagQuery[]): TagChoice {
  return { match: "all", of };
}

/** A query with its lists flattened: the tags that must be there, and the choices beside them. */
export interface Conjunction {
  readonly tags: readonly string[];
  readonly choices: readonly (readonly TagQuery[])[];
}

/** Brings a query into the form that an inventory answers. */
export function conjunctionOf(query: TagQuery): Conjunction {
  const tags = new Set<string>();
  const choices: (readonly TagQuery[])[] = [];
  const visit = (part: TagQuery): void => {
    if (typeof part === "string") tags.add(part);
    else if (isList(part)) part.forEach(visit);
    else if (part.match === "all" || part.of.length === 1) part.of.forEach(visit);
    else choices.push(part.of);
  };
  visit(query);
  return { tags: [...tags], choices };
}

/** Every tag that a query names. */
export function tagsOf(query: TagQuery): readonly string[] {
  if (typeof query === "string") return [query];
  return [...new Set((isList(query) ? query : query.of).flatMap(tagsOf))];
}

/** The query in words: `A and B and (C or D)`. */
export function formatQuery(query: TagQuery): string {
  const { tags, choices } = conjunctionOf(query);
  const parts = [...tags, ...choices.map((of) => `(${of.map(formatQuery).join(" or ")})`)];
  return parts.length === 0 ? "no tag at all" : parts.join(" and ");
}

// Array.isArray does not narrow a readonly array away from the other members of a union.
function isList(query: TagQuery): query is readonly TagQuery[] {
  return Array.isArray(query);
}
