// The fragments of changelog/: one file per change, named for its issue and its type.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** In the order in which a release lists them. */
export const fragmentTypes = ["feature", "removal", "bugfix", "doc", "misc"] as const;

export type FragmentType = (typeof fragmentTypes)[number];

export interface Fragment {
  /** Name of its file in changelog/. */
  readonly file: string;
  readonly issue: number;
  readonly type: FragmentType;
  /** Tells fragments of one issue and type apart; 0 where the name has none. */
  readonly counter: number;
  readonly text: string;
}

const fragmentName = new RegExp(`^([1-9]\\d*)\\.(${fragmentTypes.join("|")})(?:\\.([1-9]\\d*))?\\.md$`);

/**
 * Every fragment under `root`, by issue and counter. Throws an error that lists all files that are none: a name that says no
 * issue and type, a text that is empty or would break the list that it goes into.
 */
export function readFragments(root: string): readonly Fragment[] {
  const problems: string[] = [];
  const fragments: Fragment[] = [];
  for (const file of readdirSync(join(root, "changelog")).sort()) {
    if (file === "README.md") continue;
    const [, issue, type, counter] = fragmentName.exec(file) ?? [];
    if (issue === undefined) {
      problems.push(`changelog/${file}: a fragment is named <issue>.<${fragmentTypes.join("|")}>[.<counter>].md`);
      continue;
    }
    const text = readFileSync(join(root, "changelog", file), "utf8").trim();
    if (text === "") problems.push(`changelog/${file} is empty`);
    if (/^#/m.test(text)) problems.push(`changelog/${file} has a heading; headings are the release's`);
    fragments.push({
      file,
      issue: Number(issue),
      type: type as FragmentType,
      counter: Number(counter ?? 0),
      text,
    });
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return fragments.sort((a, b) => a.issue - b.issue || a.counter - b.counter);
}
