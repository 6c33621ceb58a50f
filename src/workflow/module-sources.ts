import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The files of an instrument package, as far as they can be reached from the module of its workflow by relative imports. */
export interface ModuleSources {
  /**
   * The texts of the files that define a class of this name and of all that they import, in the order of their paths; none for a
   * class from elsewhere. So a change in a helper is seen as one of the task.
   */
  textsOf(className: string): readonly string[];
}

// What is imported as a type alone leaves no trace at run time.
const importPattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)["'](\.{1,2}\/[^"']+)["']/g;
const typeImportPattern = /\b(?:import|export)\s+type\b[^;"']*from\s*["'][^"']*["']/g;

/** `module` is a file URL; another one, or none, has no sources. */
export function moduleSources(module: string | undefined): ModuleSources {
  if (module === undefined || !module.startsWith("file:")) return { textsOf: () => [] };
  const texts = new Map<string, string>();
  const imports = new Map<string, readonly string[]>();
  const visit = (path: string): void => {
    if (texts.has(path) || !existsSync(path)) return;
    const text = readFileSync(path, "utf8");
    texts.set(path, text);
    const found = [...text.replace(typeImportPattern, "").matchAll(importPattern)];
    imports.set(
      path,
      found.map(([, specifier = ""]) => resolve(dirname(path), specifier)),
    );
    for (const imported of imports.get(path) ?? []) visit(imported);
  };
  visit(fileURLToPath(module));
  return {
    textsOf(className) {
      const definition = new RegExp(`\\bclass\\s+${className.replaceAll("$", "\\$")}(?![\\w$])`);
      const reached = new Set<string>();
      const follow = (path: string): void => {
        if (reached.has(path) || !texts.has(path)) return;
        reached.add(path);
        for (const imported of imports.get(path) ?? []) follow(imported);
      };
      for (const [path, text] of texts) if (definition.test(text)) follow(path);
      return [...reached].sort().map((path) => texts.get(path) ?? "");
    },
  };
}
