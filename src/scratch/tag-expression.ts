import type { SetExpression } from "./set-expression.ts";
import { stemOf } from "./stem-name.ts";
import { conjunctionOf, plainTags, type TagQuery } from "./tag-query.ts";

/** Where tags are kept. */
export interface TagSets {
  /** The key of a tag's set. */
  keyOf(tag: string): string;
  /** Every tag that any file carries; asked for at most once for a query, and only where it needs them. */
  allTags(): Promise<readonly string[]>;
}

/**
 * A query as an expression over the sets of tags. A stem becomes the tags that have it; what is only excluded is taken from all
 * files that carry any tag.
 *
 * @throws FirstlightError TAG_QUERY_EMPTY
 */
export async function tagExpression(query: TagQuery, { keyOf, allTags }: TagSets): Promise<SetExpression> {
  let listing: Promise<readonly string[]> | undefined;
  const anyTag = async (isWanted: (tag: string) => boolean): Promise<SetExpression> => {
    listing ??= allTags();
    return { op: "any", of: (await listing).filter(isWanted).map(keyOf) };
  };
  const build = async (part: TagQuery): Promise<SetExpression> => {
    if (typeof part === "string") return keyOf(part);
    const { tags, choices, stems, excluded } = conjunctionOf(part);
    const wanted = await Promise.all([
      ...tags.map(build),
      ...choices.map(async (of): Promise<SetExpression> => ({ op: "any", of: await Promise.all(of.map(build)) })),
      ...stems.map(({ stem, own }) => anyTag((tag) => stemOf(tag, own) === stem)),
    ]);
    const [first = await anyTag(() => true), ...others] = wanted;
    const from: SetExpression = others.length === 0 ? first : { op: "all", of: [first, ...others] };
    return excluded.length === 0 ? from : { op: "except", from, of: await Promise.all(excluded.map(build)) };
  };
  return build(query);
}

/** The same at once, for a query that asks for nothing but tags; undefined for any other. */
export function plainExpression(query: TagQuery, keyOf: (tag: string) => string): SetExpression | undefined {
  const tags = plainTags(query);
  const [first, ...others] = tags ?? [];
  if (tags === undefined || first === undefined) return undefined;
  return others.length === 0 ? keyOf(first) : { op: "all", of: tags.map(keyOf) };
}
