import { editDistance } from "../core/edit-distance.ts";
import type { Inventory } from "./inventory.ts";
import { stemOf } from "./stem-name.ts";
import { conjunctionOf, formatQuery, partsOf, type StemQuery, type TagQuery, wantedBy } from "./tag-query.ts";

/** Why a query found nothing, for an error that helps. */
export interface NearestTags {
  /** One or two sentences for people: which tag failed, and what is nearest. */
  readonly explanation: string;
  /** Tags of the query that no file carries, and stems that no tag has, each with the tags there are that look most like it. */
  readonly unknown: readonly { readonly tag: string; readonly similar: readonly string[] }[];
  /** The tag sets of files that lack the fewest of the query's tags, nearest first; where all lack all, the most frequent ones. */
  readonly near: readonly TagSet[];
}

export interface TagSet {
  readonly tags: readonly string[];
  /** The parts of the query that files with these tags do not fulfil. */
  readonly missing: readonly string[];
  /** What the query excludes and these files fulfil. */
  readonly excludedBy: readonly string[];
  readonly files: number;
}

const sampleSize = 500;
const shown = 3;

/** Looks for what comes nearest to a query that found no file. */
export async function nearestTags(inventory: Inventory, query: TagQuery): Promise<NearestTags> {
  const there = await inventory.allTags();
  if (there.length === 0) {
    const explanation =
      "No file of this recipe run carries any tag yet: did the task that makes them run before this one?";
    const unknown = wantedBy(query).map((wanted) => ({ tag: formatQuery(wanted), similar: [] }));
    return { explanation, unknown, near: [] };
  }
  const unknown = wantedBy(query)
    .filter((wanted) => !there.some((tag) => isWanted(wanted, tag)))
    .map((wanted) => ({
      tag: formatQuery(wanted),
      similar: typeof wanted === "string" ? mostSimilar(wanted, there) : withSimilarStem(wanted, there),
    }));
  const near = await nearestSets(inventory, query, there);
  const isNear = near.some(({ missing }) => missing.length < partsOf(conjunctionOf(query)).length);
  const sentences = [
    ...unknown.map(
      ({ tag, similar }) =>
        `No file carries ${tag} at all${similar.length === 0 ? "" : `; there is ${similar.join(", ")}`}.`,
    ),
    ...(unknown.length === 0 ? [whyTogether(near)] : []),
    ...(near.length === 0
      ? []
      : [`${isNear ? "Nearest" : "There is"}: ${near.map((set) => describe(set, isNear)).join("; ")}.`]),
  ];
  return { explanation: sentences.join(" "), unknown, near };
}

function isWanted(wanted: string | StemQuery, tag: string): boolean {
  return typeof wanted === "string" ? tag === wanted : stemOf(tag, wanted.own) === wanted.stem;
}

function whyTogether(near: readonly TagSet[]): string {
  const isExcluded = near.some(({ missing, excludedBy }) => missing.length === 0 && excludedBy.length > 0);
  return isExcluded
    ? "The files that carry what is asked for are excluded."
    : "Each of these tags is on some file, but no file carries them together.";
}

function describe({ tags, missing, excludedBy, files }: TagSet, isNear: boolean): string {
  const lacks = missing.length === 0 || !isNear ? "" : `, without ${missing.join(" and ")}`;
  const excluded = excludedBy.length === 0 ? "" : `, excluded by ${excludedBy.join(" and ")}`;
  return `${files} ${files === 1 ? "file" : "files"} with ${tags.join(", ")}${lacks}${excluded}`;
}

async function nearestSets(
  inventory: Inventory,
  query: TagQuery,
  there: readonly string[],
): Promise<readonly TagSet[]> {
  const conjunction = conjunctionOf(query);
  const parts = partsOf(conjunction);
  const found = await Promise.all(parts.map(async (part) => new Set(await inventory.find(part))));
  const excluding = await Promise.all(conjunction.excluded.map(async (part) => new Set(await inventory.find(part))));
  const scores = new Map<string, number>();
  for (const paths of found) for (const path of paths) scores.set(path, (scores.get(path) ?? 0) + 1);
  // Where everything is asked for but what is excluded, the excluded files are all there are.
  if (parts.length === 0) for (const paths of excluding) for (const path of paths) scores.set(path, 0);
  for (const paths of excluding) {
    for (const path of paths) {
      const score = scores.get(path);
      if (score !== undefined) scores.set(path, score - 1);
    }
  }
  if (scores.size === 0) for (const path of await someFiles(inventory, there)) scores.set(path, 0);
  const best = Math.max(...new Set(scores.values()));
  const sample = [...scores.entries()]
    .filter(([, score]) => score === best)
    .map(([path]) => path)
    .sort()
    .slice(0, sampleSize);
  const sets = new Map<string, TagSet>();
  const tagsOfSample = await inventory.tagsOf(sample);
  for (const [i, path] of sample.entries()) {
    const tags = (tagsOfSample[i] ?? []).filter((tag) => stemOf(tag) !== "WORKFLOW_TASK");
    const name = tags.join("\n");
    const missing = parts.filter((_, part) => found[part]?.has(path) !== true).map(formatQuery);
    const excludedBy = conjunction.excluded.filter((_, part) => excluding[part]?.has(path) === true).map(formatQuery);
    const set = sets.get(name) ?? { tags, missing, excludedBy, files: 0 };
    sets.set(name, { ...set, files: set.files + 1 });
  }
  return [...sets.values()]
    .sort((a, b) => b.files - a.files || (a.tags.join() < b.tags.join() ? -1 : 1))
    .slice(0, shown);
}

/** Files with the tags that most files carry. */
async function someFiles(inventory: Inventory, there: readonly string[]): Promise<readonly string[]> {
  const sizes = await inventory.sizes(there);
  const frequent = there
    .map((tag, i) => ({ tag, files: sizes[i] ?? 0 }))
    .filter(({ tag }) => stemOf(tag) !== "WORKFLOW_TASK")
    .sort((a, b) => b.files - a.files || (a.tag < b.tag ? -1 : 1))
    .slice(0, shown);
  return (await Promise.all(frequent.map(({ tag }) => inventory.find(tag)))).flat();
}

function mostSimilar(asked: string, there: readonly string[]): readonly string[] {
  // Tags are in capitals, whatever one may have thought.
  const tag = asked.toUpperCase();
  const stem = stemOf(tag);
  return there
    .map((other) => ({
      other,
      cost: editDistance(tag, other) - (stem !== undefined && stemOf(other) === stem ? 2 : 0),
    }))
    .filter(({ other, cost }) => cost <= 3 || (stem !== undefined && stemOf(other) === stem))
    .sort((a, b) => a.cost - b.cost || (a.other < b.other ? -1 : 1))
    .slice(0, shown)
    .map(({ other }) => other);
}

function withSimilarStem({ stem, own }: StemQuery, there: readonly string[]): readonly string[] {
  const wanted = stem.toUpperCase();
  return there
    .map((tag) => ({ tag, cost: editDistance(wanted, stemOf(tag, own) ?? tag) }))
    .filter(({ cost }) => cost <= 3)
    .sort((a, b) => a.cost - b.cost || (a.tag < b.tag ? -1 : 1))
    .slice(0, shown)
    .map(({ tag }) => tag);
}
