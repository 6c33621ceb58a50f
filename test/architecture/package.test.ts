import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-imports.ts";

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const manifest = JSON.parse(read("package.json"));
const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" })
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)));

/** An absolute path of somebody's machine. Folders that every Linux has, such as /usr and /etc, are not. */
const machinePath = /(?<![\w.~$}/:-])\/(home|Users|root|work|tmp|mnt|workspace)\/[\w.-]+/;

test("every subpath export has its source, and the build puts it where the manifest says", () => {
  const missing: string[] = [];
  for (const [subpath, conditions] of Object.entries<string | Record<string, string>>(manifest.exports)) {
    if (typeof conditions === "string") continue;
    const source = conditions["firstlight-source"] ?? "";
    if (!existsSync(join(root, source))) missing.push(`${subpath}: ${source}`);
    const built = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    expect([subpath, conditions.types, conditions.default]).toEqual([subpath, `${built}.d.ts`, `${built}.js`]);
  }
  expect(missing).toEqual([]);
});

test("the command has its source", () => {
  for (const path of Object.values<string>(manifest.bin)) {
    const source = path.replace(/^(\.\/)?dist\//, "src/").replace(/\.js$/, ".ts");
    expect(existsSync(join(root, source)), source).toBe(true);
  }
});

test("the files that the package ships are there", () => {
  const made = ["dist"];
  expect(manifest.files.filter((path: string) => !made.includes(path) && !existsSync(join(root, path)))).toEqual([]);
});

test("the lock file names no registry", () => {
  const lock = read("package-lock.json");
  expect(lock).not.toContain('"resolved"');
  expect(lock).not.toMatch(/https?:\/\/[^"]*registry|\/-\/[^"]*\.tgz/);
});

test("the lock file holds the binaries of every platform that its packages offer", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([at, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => packages[`node_modules/${name}`] === undefined && packages[`${at}/node_modules/${name}`] === undefined,
    ),
  );
  // `npm ci` refuses such a lock file, on every platform.
  expect(missing).toEqual([]);
});

test("the lock file belongs to the manifest", () => {
  const lock = JSON.parse(read("package-lock.json"));
  const { dependencies, devDependencies, version } = lock.packages[""];
  expect({ dependencies, devDependencies, version }).toEqual({
    dependencies: manifest.dependencies,
    devDependencies: manifest.devDependencies,
    version: manifest.version,
  });
});

test("no tracked file holds a path of a machine or the host of a registry", () => {
  const text = tracked.filter((path) => /\.(ts|mjs|js|json|md|sh|yaml|yml|toml|py|txt)$|(^|\/)[^.]+$/.test(path));
  expect(text.length).toBeGreaterThan(20);
  const found = text
    .filter((path) => path !== "package-lock.json")
    .flatMap((path) =>
      read(path)
        .split("\n")
        .flatMap((line, index) => (machinePath.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});

// Joined here, so that this file passes its own check.
const folders = (...names: string[]): string => names.map((name) => `/${name}`).join("");

test.each([
  [folders("home", "somebody", "firstlight"), true],
  [`"${folders("Users", "me", "x")}"`, true],
  [`https://example.org${folders("home", "page")}`, false],
  [folders("usr", "lib", "rabbitmq"), false],
  ["../frames/l0", false],
])("the check on machine paths judges %s", (line, expected) => {
  expect(machinePath.test(line)).toBe(expected);
});
