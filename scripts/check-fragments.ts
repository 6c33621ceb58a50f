// npm run changelog:check: the fragments are named as they should be, and what is not yet released has one.
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
  console.log(`${fragments.length} fragments`);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
