import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-imports.ts";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  exports: Record<string, string | Record<string, string>>;
};

test("what the package exports is what it promised", async () => {
  const promised: Record<string, string[]> = {};
  for (const [subpath, conditions] of Object.entries(exports)) {
    if (typeof conditions === "string") continue;
    const source = conditions["firstlight-source"];
    if (source === undefined || !existsSync(join(root, source))) continue;
    promised[subpath.replace(/^\./, "firstlight")] = Object.keys(await import(join(root, source))).sort();
  }
  const text = Object.entries(promised).map(([name, names]) => `${name}\n${names.map((one) => `  ${one}\n`).join("")}`);
  await expect(text.join("\n")).toMatchFileSnapshot("exports.txt");
});
