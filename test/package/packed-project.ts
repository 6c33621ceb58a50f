// The package as npm would deliver it: packed from a copy of the checkout, and installed into an empty project.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../architecture/source-imports.ts";

/** A folder outside of the checkout, and what is done in it. */
export interface ProjectFolder {
  readonly folder: string;
  write(path: string, text: string): void;
  run(command: string, ...args: readonly string[]): End;
}

export interface PackedProject extends ProjectFolder, Disposable {
  readonly tarball: string;
  /** The copy of the checkout that it was packed from, built. */
  readonly checkout: string;
  /** The project's own folder; the package lies in its node_modules. */
  readonly folder: string;
  /** What the tarball holds, relative to the package. */
  readonly files: readonly string[];
  /** Another folder, with nothing in it but the versions that an npm there is to install. */
  emptyFolder(): ProjectFolder;
  /** The same in the copy of the checkout, with an npm that may ask nobody and remembers nothing. */
  runInCheckout(command: string, ...args: readonly string[]): End;
}

export interface End {
  readonly code: number | null;
  readonly stdout: string;
  /** Standard output, then standard error. */
  readonly output: string;
}

/** Packs in a copy, so that the `dist/` of the checkout stays as it is for whoever uses it meanwhile. */
export function packedProject(): PackedProject {
  const base = mkdtempSync(join(tmpdir(), "firstlight-pack-"));
  try {
    return packedIn(base);
  } catch (error) {
    rmSync(base, { recursive: true, force: true });
    throw error;
  }
}

function packedIn(base: string): PackedProject {
  const [checkout, folder] = [join(base, "checkout"), join(base, "project")];
  const listed = must("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], root).split("\0");
  for (const path of listed) {
    // The index still names files that are gone from the folder.
    if (path !== "" && existsSync(join(root, path))) cpSync(join(root, path), join(checkout, path));
  }
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
  const [packed] = JSON.parse(must("npm", ["pack", "--json", "--silent", "--pack-destination", base], checkout));
  const tarball = join(base, packed.filename);

  const project = projectIn(folder);
  const { write } = project;
  write("package.json", JSON.stringify({ name: "project", version: "1.0.0", private: true, type: "module" }));
  write("package-lock.json", lockFile(packed));
  must("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error", tarball], folder);
  return {
    tarball,
    checkout,
    ...project,
    files: packed.files.map(({ path }: { path: string }) => path),
    emptyFolder() {
      const empty = projectIn(mkdtempSync(join(base, "empty-")));
      empty.write("package-lock.json", lockFile(packed));
      return empty;
    },
    runInCheckout: (command, ...args) =>
      run(command, args, checkout, { npm_config_offline: "true", npm_config_cache: join(base, "empty-cache") }),
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  };
}

function projectIn(folder: string): ProjectFolder {
  return {
    folder,
    write(path, text) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    },
    run: (command, ...args) => run(command, args, folder, { npm_config_prefer_offline: "true" }),
  };
}

/** The versions that this checkout was tested with: a dependency's release of today changes no test. */
function lockFile({ version }: { readonly version: string }): string {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { dev?: boolean; dependencies?: unknown }>;
  };
  const shipped = Object.entries(packages).filter(([path, one]) => path !== "" && one.dev !== true);
  return JSON.stringify({
    name: "project",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: {
      "": { name: "project", version: "1.0.0" },
      ...Object.fromEntries(shipped),
      "node_modules/firstlight": { version, dependencies: packages[""]?.dependencies, extraneous: true },
    },
  });
}

function must(command: string, args: readonly string[], cwd: string): string {
  const { code, output, stdout } = run(command, args, cwd);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output}`);
  return stdout;
}

function run(command: string, args: readonly string[], cwd: string, more: Record<string, string> = {}): End {
  // npm hands its scripts settings that would send an npm in another folder back to this one.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_cache$)/i.test(name)));
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env: { ...env, ...more },
    encoding: "utf8",
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, output: stdout + stderr };
}
