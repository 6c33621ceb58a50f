// npm run release:check [-- TAG...]: every release tag, or each that is named, has its entry in the CHANGELOG.md of its commit,
// and its version in package.json. A tag that is yet to be made is held against HEAD. A tag that looks like a version and is no
// release's, such as 0.3.0 or V0.4.0, is a mistake.
import { execFileSync } from "node:child_process";
import { messageOf } from "../src/core/errors.ts";
import { entryOf } from "./release-notes.ts";

const git = (...args: readonly string[]): string =>
  execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

function problemsOf(tag: string, made: readonly string[]): readonly string[] {
  const [, version] = /^v(\d+\.\d+\.\d+)$/.exec(tag) ?? [];
  if (version === undefined) return [`${tag}: a release's tag is v<major>.<minor>.<patch>`];
  const commit = made.includes(tag) ? `refs/tags/${tag}` : "HEAD";
  const problems: string[] = [];
  const entry = entryOf(git("show", `${commit}:CHANGELOG.md`), version);
  if (entry === undefined) problems.push(`${tag}: CHANGELOG.md has no entry for ${version}; npm run release:prepare`);
  else if (entry === "") problems.push(`${tag}: the entry for ${version} in CHANGELOG.md says nothing`);
  const found = JSON.parse(git("show", `${commit}:package.json`)).version;
  if (found !== version) problems.push(`${tag}: package.json has version ${found}`);
  return problems;
}

try {
  const made = git("tag", "--list").split("\n").filter(Boolean);
  const named = process.argv.slice(2);
  const tags =
    named.length > 0 ? named : made.filter((tag) => /^(v|(release|firstlight)[-/@]?v?\d|\d+\.\d+)/i.test(tag));
  const problems = tags.flatMap((tag) => problemsOf(tag, made));
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${tags.length} release tags checked`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
