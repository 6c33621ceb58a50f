// npm run kernels: compiles src/kernels/assembly/ and writes src/kernels/kernels.generated.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedKernels, generatedPath } from "./generated-kernels.ts";

const root = join(import.meta.dirname, "..");
writeFileSync(join(root, generatedPath), await generatedKernels(root));
