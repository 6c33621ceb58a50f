import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/** Name → version of this library and of what it depends on, as installed; a dependency that is not there is left out. */
export function libraryVersions(): Readonly<Record<string, string>> {
  const require = createRequire(import.meta.url);
  const own = readManifest(join(import.meta.dirname, "..", "..", "package.json"));
  const versions: Record<string, string> = { node: process.versions.node, [own.name]: own.version };
  for (const name of Object.keys(own.dependencies).sort()) {
    const version = installedVersion(name, require);
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

/** Looks where Node would look, because `exports` may hide a manifest from `require`. */
function installedVersion(name: string, require: NodeJS.Require): string | undefined {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return readManifest(join(folder, name, "package.json")).version;
    } catch {
      // Not in this folder: the next one up.
    }
  }
  return undefined;
}

function readManifest(path: string): z.infer<typeof manifest> {
  return manifest.parse(JSON.parse(readFileSync(path, "utf8")));
}
