// Writes the generated tables of the documentation.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocs } from "./generated-docs.ts";
import { thrownCodes } from "./thrown-codes.ts";

const root = join(import.meta.dirname, "..");
for (const [path, text] of generatedDocs(root, thrownCodes(root))) {
  writeFileSync(join(root, path), text);
  console.log(path);
}
