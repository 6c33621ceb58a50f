// npm run changelog:check: the fragments are named as they should be, and what is not yet released has one. With --staged, which
// the pre-commit hook gives, what is staged of the product comes with a fragment.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../src/core/errors.ts";
import { readFragments } from "./fragments.ts";
import { entryOf } from "./release-notes.ts";

const root = process.cwd();

try {
  const fragments = readFragments(root);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (fragments.length === 0 && entryOf(readFileSync(join(root, "CHANGELOG.md"), "utf8"), version) === undefined) {
    throw new Error(`changelog/ holds no fragment, and CHANGELOG.md has no entry for ${version}.`);
  }
  if (process.argv.includes("--staged")) requireFragment();
  console.log(`${fragments.length} fragments`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

function requireFragment(): void {
  const staged = execFileSync("git", ["diff", "--cached", "--name-only", "--no-renames", "-z"], {
    cwd: root,
    encoding: "utf8",
  });
  const paths = staged.split("\0");
  const [first] = paths.filter((path) => path.startsWith("src/"));
  // A release takes fragments away, and changes nothing in src/.
  if (first === undefined || paths.some((path) => /^changelog\/\d/.test(path))) return;
  throw new Error(
    `${first} is staged, and no fragment of changelog/. Write what changes into changelog/<issue>.<type>.md and stage it (type "misc" for what no user notices); 'git commit --no-verify' goes without.`,
  );
}
