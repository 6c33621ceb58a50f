// npm run release:prepare [-- --date YYYY-MM-DD]: turns the fragments of changelog/ into a version and its entry in
// CHANGELOG.md, and removes them. Commits and tags nothing.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { clockFrom } from "../src/core/clock.ts";
import { messageOf } from "../src/core/errors.ts";
import { loadSettings } from "../src/core/settings.ts";
import { readFragments } from "./fragments.ts";
import { entryOf, insertEntry, nextVersion, renderEntry } from "./release-notes.ts";

const root = process.cwd();
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** All reading and checking comes first, so that a release that is refused changes nothing. */
function prepare(date: string): string {
  if (!isDate(date)) throw new Error(`--date takes YYYY-MM-DD, not '${date}'.`);
  requireChangesets();
  const fragments = readFragments(root);
  if (fragments.length === 0) throw new Error("changelog/ holds no fragment: there is nothing to release.");
  const manifest = JSON.parse(read("package.json"));
  const version = nextVersion(
    manifest.version,
    fragments.map(({ type }) => type),
  );
  const changelog = read("CHANGELOG.md");
  if (entryOf(changelog, version) !== undefined) throw new Error(`CHANGELOG.md has an entry for ${version} already.`);
  const lock = JSON.parse(read("package-lock.json"));
  lock.version = version;
  lock.packages[""].version = version;

  writeFileSync(join(root, "CHANGELOG.md"), insertEntry(changelog, renderEntry(version, date, fragments)));
  writeFileSync(join(root, "package-lock.json"), `${JSON.stringify(lock, null, 2)}\n`);
  writeFileSync(join(root, "package.json"), `${JSON.stringify({ ...manifest, version }, null, 2)}\n`);
  for (const { file } of fragments) rmSync(join(root, "changelog", file));
  return `${manifest.version} → ${version}, ${fragments.length} fragments. Read CHANGELOG.md, commit, and tag the commit v${version}.`;
}

/** Two changelogs that are written by two tools would not tell the same story. */
function requireChangesets(): void {
  const folder = join(root, ".changeset");
  if (!existsSync(folder)) return;
  if (JSON.parse(read(".changeset/config.json")).changelog !== false) {
    throw new Error(".changeset/config.json must say '\"changelog\": false': CHANGELOG.md is made from changelog/.");
  }
  const pending = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
  if (pending.length === 0) return;
  throw new Error(
    `${pending.map((file) => `.changeset/${file}`).join(", ")}: say it in a fragment of changelog/ instead, and remove the file.`,
  );
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

try {
  const { values } = parseArgs({ options: { date: { type: "string" } } });
  const { SOURCE_DATE_EPOCH } = process.env;
  const now = clockFrom(loadSettings({ SOURCE_DATE_EPOCH })).now();
  console.log(prepare(values.date ?? now.toISOString().slice(0, 10)));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
