// What a release makes of fragments: the next version, and its entry in CHANGELOG.md.
import { type Fragment, type FragmentType, fragmentTypes } from "./fragments.ts";

const titles: Readonly<Record<FragmentType, string>> = {
  feature: "Added",
  removal: "Removed",
  bugfix: "Fixed",
  doc: "Documented",
  misc: "For developers",
};

/**
 * The version after `version`. From 1.0 on a removal makes a major version, a feature a minor one, all else a patch; before
 * it both make a minor one.
 */
export function nextVersion(version: string, types: Iterable<FragmentType>): string {
  const [, major, minor, patch] = (/^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) {
    throw new Error(`The version '${version}' in package.json is not three numbers.`);
  }
  const given = new Set(types);
  if (given.has("removal") && major > 0) return `${major + 1}.0.0`;
  if (given.has("removal") || given.has("feature")) return `${major}.${minor + 1}.0`;
  return `${major}.${minor}.${patch + 1}`;
}

/** The entry of one release: a heading, and a list for each type that there is. Ends with a line break. */
export function renderEntry(version: string, date: string, fragments: readonly Fragment[]): string {
  const lists = fragmentTypes
    .map((type) => ({ type, items: fragments.filter((fragment) => fragment.type === type) }))
    .filter(({ items }) => items.length > 0)
    .map(({ type, items }) => `### ${titles[type]}\n\n${items.map(renderItem).join("\n")}\n`);
  return [`${headingOf(version)} (${date})\n`, ...lists].join("\n");
}

/** `changelog` with `entry` above the entries of earlier releases. */
export function insertEntry(changelog: string, entry: string): string {
  const first = changelog.search(/^## /m);
  const head = (first === -1 ? changelog : changelog.slice(0, first)).trimEnd();
  const earlier = first === -1 ? [] : [changelog.slice(first)];
  return [`${head}\n`, entry, ...earlier].join("\n");
}

/** What stands in `changelog` below the heading of `version`; `undefined` where there is no such heading. */
export function entryOf(changelog: string, version: string): string | undefined {
  const entry = changelog.split(/^(?=## )/m).find((part) => part.startsWith(`${headingOf(version)} (`));
  return entry?.slice(entry.indexOf("\n")).trim();
}

function headingOf(version: string): string {
  return `## ${version}`;
}

/** A list item: its first paragraph ends with the issue's number, what follows is indented. */
function renderItem({ text, issue }: Fragment): string {
  const end = text.search(/\n\s*\n/);
  const [first, rest] = end === -1 ? [text, ""] : [text.slice(0, end), text.slice(end)];
  return `- ${first} (#${issue})${rest}`.replaceAll(/\n(?!\n)/g, "\n  ").replaceAll(/[ \t]+$/gm, "");
}
