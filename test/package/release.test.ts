import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { FragmentType } from "../../scripts/fragments.ts";
import { insertEntry, nextVersion } from "../../scripts/release-notes.ts";
import { root } from "../architecture/source-imports.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-release-"));
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Nobody");
  git("config", "user.email", "nobody@example.org");
  mkdirSync(join(folder, "changelog"));
  mkdirSync(join(folder, ".changeset"));
  write(".changeset/config.json", '{ "changelog": false }');
  write("changelog/README.md", "# How fragments are named\n");
  write("CHANGELOG.md", "# Changelog\n\nWhat has changed.\n");
  write("package.json", `${JSON.stringify({ name: "x", version: "0.1.2", private: true }, null, 2)}\n`);
  write(
    "package-lock.json",
    `${JSON.stringify({ name: "x", version: "0.1.2", lockfileVersion: 3, packages: { "": { name: "x", version: "0.1.2" } } }, null, 2)}\n`,
  );
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("release:prepare", () => {
  test("turns fragments into a grouped entry and a version, and removes them", () => {
    write("changelog/12.feature.md", "Reads tables.\n");
    write("changelog/3.feature.1.md", "Writes\ntables.\n\n```sh\nnpx x\n```\n");
    write("changelog/3.feature.md", "Finds tables.\n");
    write("changelog/4.bugfix.md", "Closes files.\n");
    write("changelog/5.doc.md", "Tells of tables.\n");
    write("changelog/6.misc.md", "Newer linter.\n");
    write("changelog/7.removal.md", "No more cubes.\n");
    commit("Change things");

    expect(prepare("--date", "2026-11-22")).toEqual({
      status: 0,
      output: "0.1.2 → 0.2.0, 7 fragments. Read CHANGELOG.md, commit, and tag the commit v0.2.0.\n",
    });

    expect(read("CHANGELOG.md")).toBe(`# Changelog

What has changed.

## 0.2.0 (2026-11-22)

### Added

- Finds tables. (#3)
- Writes
  tables. (#3)

  \`\`\`sh
  npx x
  \`\`\`
- Reads tables. (#12)

### Removed

- No more cubes. (#7)

### Fixed

- Closes files. (#4)

### Documented

- Tells of tables. (#5)

### For developers

- Newer linter. (#6)
`);
    expect(JSON.parse(read("package.json"))).toEqual({ name: "x", version: "0.2.0", private: true });
    const lock = JSON.parse(read("package-lock.json"));
    expect([lock.version, lock.packages[""].version]).toEqual(["0.2.0", "0.2.0"]);
    expect(readdirSync(join(folder, "changelog"))).toEqual(["README.md"]);
    expect(git("status", "--porcelain").split("\n").filter(Boolean).sort()).toEqual([
      " D changelog/12.feature.md",
      " D changelog/3.feature.1.md",
      " D changelog/3.feature.md",
      " D changelog/4.bugfix.md",
      " D changelog/5.doc.md",
      " D changelog/6.misc.md",
      " D changelog/7.removal.md",
      " M CHANGELOG.md",
      " M package-lock.json",
      " M package.json",
    ]);
  });

  test("puts the newest release first", () => {
    write("changelog/1.bugfix.md", "One.");
    prepare("--date", "2026-01-01");
    write("changelog/2.bugfix.md", "Two.");
    prepare("--date", "2026-02-02");

    expect(read("CHANGELOG.md").match(/^##? .*/gm)).toEqual([
      "# Changelog",
      "## 0.1.4 (2026-02-02)",
      "## 0.1.3 (2026-01-01)",
    ]);
    expect(read("CHANGELOG.md")).not.toMatch(/\n\n\n/);
  });

  test("takes the date of SOURCE_DATE_EPOCH where none is given", () => {
    write("changelog/1.bugfix.md", "One.");
    run("prepare-release.ts", [], { SOURCE_DATE_EPOCH: "1000000000" });
    expect(read("CHANGELOG.md")).toContain("## 0.1.3 (2001-09-09)");
  });

  test.each([
    ["no fragment", {}, [], /holds no fragment/],
    ["a fragment of no known type", { "changelog/1.fix.md": "x" }, [], /changelog\/1\.fix\.md: a fragment is named/],
    ["a fragment of no issue", { "changelog/new.feature.md": "x" }, [], /changelog\/new\.feature\.md/],
    ["an empty fragment", { "changelog/1.misc.md": " \n" }, [], /changelog\/1\.misc\.md is empty/],
    ["a heading in a fragment", { "changelog/1.misc.md": "# Big\n" }, [], /has a heading/],
    ["a date that is none", { "changelog/1.misc.md": "x" }, ["--date", "2026-02-30"], /YYYY-MM-DD/],
    [
      "a second tool that writes the changelog",
      { "changelog/1.misc.md": "x", ".changeset/config.json": '{ "changelog": "@changesets/cli/changelog" }' },
      [],
      /"changelog": false/,
    ],
    [
      "a changeset in place of a fragment",
      { "changelog/1.misc.md": "x", ".changeset/brave-tiger.md": "x" },
      [],
      /\.changeset\/brave-tiger\.md/,
    ],
    [
      "an entry that is there already",
      { "changelog/1.misc.md": "x", "CHANGELOG.md": "# Changelog\n\n## 0.1.3 (2026-01-01)\n\nThis.\n" },
      [],
      /has an entry for 0\.1\.3 already/,
    ],
  ])("refuses %s and changes nothing", (_, files: Record<string, string>, args, message) => {
    for (const [path, text] of Object.entries(files)) write(path, text);
    commit("Begin");

    const { status, output } = prepare(...args);

    expect(status).toBe(1);
    expect(output).toMatch(message);
    expect(git("status", "--porcelain")).toBe("");
  });
});

describe("the next version", () => {
  test.each<[string, readonly FragmentType[], string]>([
    ["0.1.2", ["misc", "doc", "bugfix"], "0.1.3"],
    ["0.1.2", ["bugfix", "feature"], "0.2.0"],
    ["0.1.2", ["removal"], "0.2.0"],
    ["1.4.2", ["doc"], "1.4.3"],
    ["1.4.2", ["feature", "misc"], "1.5.0"],
    ["1.4.2", ["feature", "removal"], "2.0.0"],
    ["0.9.9", ["feature"], "0.10.0"],
  ])("after %s with %j is %s", (version, types, expected) => {
    expect(nextVersion(version, types)).toBe(expected);
  });

  test("is not guessed from something else", () => {
    expect(() => nextVersion("1.0.0-rc.1", ["misc"])).toThrow("is not three numbers");
  });

  test("an entry goes above one that mentions it", () => {
    expect(insertEntry("# Changelog\n\n## 0.1.0 (x)\n\nSee ## 9.\n", "## 0.2.0 (y)\n")).toBe(
      "# Changelog\n\n## 0.2.0 (y)\n\n## 0.1.0 (x)\n\nSee ## 9.\n",
    );
  });
});

describe("release:check", () => {
  beforeEach(() => {
    write("changelog/1.feature.md", "One.");
    commit("Begin");
  });

  test("accepts a tag whose commit has the entry, also once later releases are there", () => {
    prepare("--date", "2026-01-01");
    commit("Release 0.2.0");
    git("tag", "v0.2.0");
    write("changelog/2.bugfix.md", "Two.");
    prepare("--date", "2026-01-02");
    commit("Release 0.2.1");

    expect(check()).toEqual({ status: 0, output: "1 release tags checked\n" });
    expect(check("v0.2.1")).toEqual({ status: 0, output: "1 release tags checked\n" });
  });

  test("refuses a tag without its entry, although a later commit has it", () => {
    git("tag", "v0.2.0");
    prepare("--date", "2026-01-01");
    commit("Release 0.2.0");

    const { status, output } = check();

    expect(status).toBe(1);
    expect(output).toBe(
      "v0.2.0: CHANGELOG.md has no entry for 0.2.0; npm run release:prepare\nv0.2.0: package.json has version 0.1.2\n",
    );
  });

  test("refuses tags that look like a version and are no release's, and passes over others", () => {
    for (const tag of ["0.3.0", "V0.4.0", "release-0.5.0", "nightly"]) git("tag", tag);
    const { status, output } = check();
    expect(status).toBe(1);
    expect(output).toBe(
      ["0.3.0", "V0.4.0", "release-0.5.0"]
        .map((tag) => `${tag}: a release's tag is v<major>.<minor>.<patch>\n`)
        .join(""),
    );
  });

  test("refuses an entry that says nothing, a version that only begins alike, and a tag that is no version", () => {
    write("CHANGELOG.md", "# Changelog\n\n## 0.1.2 (2026-01-01)\n\n## 0.1.20 (2026-01-01)\n\nText.\n");
    commit("Write by hand");

    expect(check("v0.1.2").output).toBe("v0.1.2: the entry for 0.1.2 in CHANGELOG.md says nothing\n");
    expect(check("v0.1").output).toBe("v0.1: a release's tag is v<major>.<minor>.<patch>\n");
    expect(check("v0.1.20").output).toBe("v0.1.20: package.json has version 0.1.2\n");
  });
});

describe("changelog:check", () => {
  test("wants a fragment, or an entry for the version", () => {
    expect(run("check-fragments.ts").status).toBe(1);
    write("changelog/1.misc.md", "x");
    expect(run("check-fragments.ts")).toEqual({ status: 0, output: "1 fragments\n" });
    prepare("--date", "2026-01-01");
    expect(run("check-fragments.ts")).toEqual({ status: 0, output: "0 fragments\n" });
  });
});

function prepare(...args: readonly string[]) {
  return run("prepare-release.ts", args);
}

function check(...args: readonly string[]) {
  return run("check-release.ts", args);
}

function run(script: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts", script), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, SOURCE_DATE_EPOCH: "", ...env },
  });
  return { status, output: stdout + stderr };
}

function git(...args: readonly string[]): string {
  return execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

function commit(message: string): void {
  git("add", "--all");
  git("commit", "--quiet", "--message", message);
}

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

function read(path: string): string {
  expect(existsSync(join(folder, path)), path).toBe(true);
  return readFileSync(join(folder, path), "utf8");
}
