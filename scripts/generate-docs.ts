// Writes the generated tables of the documentation.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocs } from "./generated-docs.ts";

const root = join(import.meta.dirname, "..");
for (const [path, text] of generatedDocs(root)) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
