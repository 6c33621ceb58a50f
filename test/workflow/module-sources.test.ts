import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { moduleSources } from "../../src/workflow/module-sources.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-sources-"));
  await write("workflow.ts", `import { Subtract } from "./subtract.ts";\nexport { Divide } from './divide.ts';\n`);
  await write("subtract.ts", `import { robustMean } from "./mean.ts";\nexport class Subtract extends Base {}\n`);
  await write("mean.ts", `import type { Wide } from "./wide.ts";\nexport const sigmas = 3;\n`);
  await write("wide.ts", "export type Wide = number;\n");
  await write("divide.ts", `import fs from "node:fs";\nexport class Divide {}\nexport class SubtractMore {}\n`);
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const write = (name: string, text: string) => writeFile(join(folder, name), text);
const textsOf = (className: string) =>
  moduleSources(pathToFileURL(join(folder, "workflow.ts")).href)
    .textsOf(className)
    .join("\n");

test("the sources of a task are the file that defines it and those that this one imports, but for types", () => {
  expect(textsOf("Subtract")).toBe(
    `import type { Wide } from "./wide.ts";\nexport const sigmas = 3;\n\nimport { robustMean } from "./mean.ts";\nexport class Subtract extends Base {}\n`,
  );
  expect(textsOf("Divide")).toContain("class Divide");
  expect(textsOf("Divide")).not.toContain("sigmas");
});

test("an import whose text is not there, or that goes round in a circle, is passed over", async () => {
  await write(
    "mean.ts",
    `import { Subtract } from "./subtract.ts";\nimport gone from "./gone.ts";\nawait import("./wide.ts");\n`,
  );
  expect(textsOf("Subtract")).toContain("type Wide");
  expect(textsOf("Subtract").match(/class Subtract/g)).toHaveLength(1);
});

test("a class from elsewhere, and a module that is no file, have none", () => {
  expect(textsOf("TransferL0Data")).toBe("");
  expect(moduleSources("data:text/javascript,export class Subtract {}").textsOf("Subtract")).toEqual([]);
  expect(moduleSources(undefined).textsOf("Subtract")).toEqual([]);
});
