import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../architecture/source-imports.ts";
import { codeBlockAfter } from "../docs/code-block.ts";
import { type PackedProject, packedProject } from "./packed-project.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
/** Subpath → the names that it exports at run time. */
const promised: ReadonlyMap<string, readonly string[]> = new Map(
  readFileSync(join(root, "test/architecture/exports.txt"), "utf8")
    .trim()
    .split("\n\n")
    .map((section) => section.split("\n").map((line) => line.trim()))
    .map(([subpath = "", ...names]) => [subpath, names.filter((name) => !name.startsWith("type "))]),
);

let project: PackedProject;

beforeAll(() => {
  project = packedProject();
}, 240_000);

afterAll(() => project?.[Symbol.dispose](), 60_000);

describe("the tarball", () => {
  test("holds JavaScript and its declarations, and no source, test or map", () => {
    const kinds = new Set(
      project.files.map((path) =>
        path.replace(/^dist\/(?:.*\/)?[a-z0-9-]+(?:\.generated)?(?=\.(?:js|d\.ts)$)/, "dist/*"),
      ),
    );
    expect([...kinds].sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/*.d.ts",
      "dist/*.js",
      "package.json",
    ]);
    expect(project.files.filter((path) => /(^|[/.-])tests?[/.-]/.test(path))).toEqual([]);
  });

  test("points to no map that is not there", () => {
    const scripts = project.files.filter((path) => path.endsWith(".js"));
    expect(scripts.filter((path) => installed(path).includes("sourceMappingURL"))).toEqual([]);
  });

  test("brings the command, executable and with its interpreter", () => {
    const path = manifest.bin.firstlight;
    expect(installed(path)).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(lstatSync(join(project.folder, "node_modules/firstlight", path)).mode & 0o777).toBe(0o755);
  });

  test("is what publint takes for sound", async () => {
    const tarball = readFileSync(project.tarball);
    const { messages } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test("exports what it promised", () => {
    const subpaths = Object.keys(manifest.exports).filter((subpath) => subpath !== "./package.json");
    expect(subpaths.map((subpath) => subpath.replace(/^\./, "firstlight"))).toEqual([...promised.keys()]);
  });

  test("has types that are right wherever an ES module is imported", { timeout: 120_000 }, async () => {
    const packed = createPackageFromTarballData(new Uint8Array(readFileSync(project.tarball)));
    const result = await checkPackage(packed);
    if (result.types === false) throw new Error("the package has no types");
    expect(Object.keys(result.entrypoints).sort()).toEqual(Object.keys(manifest.exports).sort());
    // The package is ESM only: what CommonJS, and resolvers that know no exports, make of it is nobody's concern.
    const elsewhere = ["node10", "node16-cjs"];
    const about = (problem: object): unknown =>
      Reflect.get(problem, "resolutionKind") ?? Reflect.get(problem, "resolutionOption");
    expect(result.problems.filter((problem) => !elsewhere.includes(String(about(problem))))).toEqual([]);
  });
});

describe("an empty project that installs it", () => {
  test("imports every subpath with its types, libraries checked too", { timeout: 120_000 }, () => {
    const lines = [...promised].flatMap(([subpath, names], i) => [
      `import * as all${i} from "${subpath}";`,
      `export const values${i} = [${names.map((name) => `all${i}.${name}`).join(", ")}];`,
    ]);
    project.write(
      "src/all.ts",
      `${lines.join("\n")}
import { type Codec, ScienceTaskL0ToL1Base, Tag, text } from "firstlight";
export class Upper extends ScienceTaskL0ToL1Base {
  override async run(): Promise<void> {
    for await (const { value } of this.read([Tag.input()], text)) await this.write(value.toUpperCase(), [Tag.output()], text);
    // @ts-expect-error: a task that declares no bus has none.
    await this.bus.publish();
  }
}
export const codec: Codec<string> = text;
`,
    );
    const told = codeBlockAfter(readFileSync(join(root, "docs/first-pipeline.md"), "utf8"), "<!-- tsconfig -->");
    const { compilerOptions } = JSON.parse(told) as { readonly compilerOptions: object };
    const options = { ...compilerOptions, skipLibCheck: false };
    project.write("tsconfig.json", JSON.stringify({ compilerOptions: options, include: ["src"] }));

    const { code, output } = project.run(process.execPath, join(root, "node_modules/typescript/bin/tsc"), "-p", ".");

    expect(output).toBe("");
    expect(code).toBe(0);
  });

  test("asks who writes TypeScript, and nobody else, for the types of the Node that it runs on", () => {
    expect(manifest.peerDependencies).toEqual({ "@types/node": `>=${manifest.engines.node.match(/\d+/)[0]}` });
    expect(manifest.peerDependenciesMeta).toEqual({ "@types/node": { optional: true } });
    const own = project.files.filter((path) => path.endsWith(".d.ts")).map(installed);
    expect(own.some((text) => /"node:/.test(text))).toBe(true);
  });

  test("imports every subpath at run time, with the names that the source exports", () => {
    const script = `const all = {};
for (const name of ${JSON.stringify([...promised.keys()])}) all[name] = Object.keys(await import(name)).sort();
console.log(JSON.stringify(all));`;
    const { stdout } = project.run(process.execPath, "--input-type=module", "--eval", script);
    expect(JSON.parse(stdout)).toEqual(Object.fromEntries(promised));
  });

  test("computes in several threads", () => {
    const script = `import { writeFileSync } from "node:fs";
import { encodeFits, Header } from "firstlight/fits";
import { average, openWorkers } from "firstlight/math";
const data = Float32Array.from({ length: 300_000 }, (_, i) => i);
writeFileSync("large.fits", encodeFits([{ header: new Header(), image: { data, shape: [300, 1000] } }]));
await using workers = openWorkers(2);
const { image } = await average(Array(20).fill("large.fits"), { workers });
console.log(image.data.every((value, i) => value === i), (await Promise.all(workers.run("node:os", "availableParallelism", 0))).length);`;
    const { output } = project.run(process.execPath, "--input-type=module", "--eval", script);
    expect(output).toBe("true 1\n");
  });

  test("has the command", () => {
    expect(project.run("npx", "firstlight", "--version")).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
    const settings = project.run("npx", "firstlight", "settings");
    expect(settings.code).toBe(0);
    expect(settings.stdout).toContain("SCRATCH_BASE_PATH = scratch/  (default)");
  });

  test("shows the demo, with a smaller camera than people see", { timeout: 240_000 }, () => {
    const preload = pathToFileURL(join(root, "test/fixtures/demo-camera.ts")).href;
    const smaller = [`NODE_OPTIONS=--import=${preload}`, "DEMO_FAULT=none"];
    const { code, stdout, output } = project.run("env", ...smaller, "npx", "firstlight", "demo", "--output", "seen");
    expect(code, output).toBe(0);
    expect(stdout.match(/^✓ {2}.* at (?:most|least) /gm), output).toHaveLength(4);
    expect(stdout).toMatch(/^ +Frames +27 in, 6 out$/m);
  });

  test("runs a workflow of its own, written in TypeScript", () => {
    project.write("l0/a.fits", "one");
    project.write("l0/b.fits", "two");
    project.write(
      "workflow.ts",
      `import { ScienceTaskL0ToL1Base, Tag, text, Workflow } from "firstlight";
import { TransferL0Data, TransferL1Data } from "firstlight/tasks";

class Join extends ScienceTaskL0ToL1Base {
  async run(): Promise<void> {
    const texts: string[] = [];
    for await (const { value } of this.read([Tag.input(), Tag.frame()], text)) texts.push(value);
    await this.write(texts.join("+"), [Tag.output()], text, { relativePath: "joined.txt" });
  }
}

export const workflow = new Workflow({ inputData: "l0", outputData: "joined", category: "words", version: "1.0.0" })
  .add(TransferL0Data)
  .add(Join, { after: TransferL0Data })
  .add(TransferL1Data, { after: Join });
`,
    );

    const { code, output } = project.run(
      "npx",
      ...["firstlight", "run", "workflow.ts", "--input", "l0", "--output", "products"],
    );

    expect(output).toContain("Join");
    expect(code).toBe(0);
    const products = readdirSync(join(project.folder, "products"), { recursive: true, encoding: "utf8" });
    const joined = products.filter((path) => path.endsWith("joined.txt"));
    expect(joined).toHaveLength(1);
    expect(readFileSync(join(project.folder, "products", joined[0] ?? ""), "utf8")).toBe("one+two");
  });

  test("grows by no more than the README says", () => {
    const [, stated, own] = /takes (\d+) MB installed, of which (\d+) MB are its own/.exec(readme()) ?? [];
    const sizes = sizesMb(join(project.folder, "node_modules"));
    const total = [...sizes.values()].reduce((a, b) => a + b, 0);
    expect(total).toBeLessThanOrEqual(Number(stated));
    expect(total).toBeGreaterThan(Number(stated) * 0.8);
    expect(sizes.get("firstlight")).toBeLessThanOrEqual(Number(own));
    // The two families that the README names.
    const greatest = [...sizes].sort(([, a], [, b]) => b - a).slice(0, 2);
    expect(greatest.map(([name]) => name)).toEqual(["@opentelemetry", "@aws-sdk"]);
  });
});

describe("somebody who is new to it", () => {
  const page = readFileSync(join(root, "docs/testing-a-task.md"), "utf8");
  const files = ["clip-negative", "clip-negative.test", "make-frames"];
  const [, block = ""] = /^<!-- newcomer -->\n```sh\n([^`]*)```$/m.exec(page) ?? [];
  const commands = block.trim().split("\n");

  test("has a task of at most 25 lines to write, and at most 5 commands to give", () => {
    expect(codeBlockAfter(page, "<!-- run: clip-negative -->").trimEnd().split("\n").length).toBeLessThanOrEqual(25);
    expect(commands.length).toBeLessThanOrEqual(5);
    expect(commands[0]).toBe("npm install firstlight");
  });

  test("runs a task and its test, from an empty folder and without a server", { timeout: 240_000 }, () => {
    const folder = project.emptyFolder();
    for (const name of files) folder.write(`${name}.ts`, codeBlockAfter(page, `<!-- run: ${name} -->`));

    const outputs = commands.map((line) => {
      const [command = "", ...args] = line.replace("install firstlight", `install ${project.tarball}`).split(" ");
      const { code, output } = folder.run(command, ...args);
      expect([line, code], output).toEqual([line, 0]);
      return output;
    });

    expect(outputs[2]).toMatch(/tests 2\n.*pass 2\n/s);
    expect(outputs[4]).toContain("inventory sqlite (default), bus sqlite (default), objectStore fs (default)");
    const products = readdirSync(join(folder.folder, "products"), { recursive: true, encoding: "utf8" });
    const frames = products.filter((path) => path.endsWith(".fits"));
    expect(frames.map((path) => path.split("/").at(-1)).sort()).toEqual(["1.fits", "2.fits", "3.fits"]);
    expect(readdirSync(folder.folder).sort()).toEqual([
      ...["clip-negative.test.ts", "clip-negative.ts", "l0", "make-frames.ts", "node_modules"],
      ...["package-lock.json", "package.json", "products", "scratch"],
    ]);
  });
});

describe("a checkout that is installed", () => {
  test("has the command too, without a global install or a network", { timeout: 120_000 }, () => {
    const end = project.runInCheckout("npx", "firstlight", "--version");
    expect(end).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
  });
});

function installed(path: string): string {
  return readFileSync(join(project.folder, "node_modules/firstlight", path), "utf8");
}

function readme(): string {
  return readFileSync(join(root, "README.md"), "utf8").replaceAll(/\s+/g, " ");
}

/** Name or scope of a package → its size, the sum of its files' bytes. What only the AWS client needs counts as its. */
function sizesMb(modules: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const scope = path.slice(modules.length + 1).split("/")[0] ?? "";
    const name = /^@(aws|smithy)/.test(scope) ? "@aws-sdk" : scope;
    sizes.set(name, (sizes.get(name) ?? 0) + lstatSync(path).size / 1e6);
  }
  return sizes;
}
