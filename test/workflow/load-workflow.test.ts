import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

const source = (name: string) => JSON.stringify(new URL(`../../src/${name}`, import.meta.url).href);

/** Node itself, asked again and again what it makes of a file: the test runner would compile it in its own way. */
const program = `
  import { loadWorkflow } from ${source("workflow/load-workflow.ts")};
  process.on("message", async ({ file, wanted }) => {
    const found = await loadWorkflow(file, wanted).then(
      ({ workflow, exportName, module }) => ({ name: workflow.name, exportName, module }),
      ({ code, message }) => ({ code, message }),
    );
    process.send(found);
  });`;

let node: ChildProcess;
let complaints = "";
let ended: Promise<never>;
beforeAll(() => {
  node = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  ended = once(node, "exit").then(() => {
    throw new Error(`Node has ended: ${complaints}`);
  });
  ended.catch(() => undefined);
  node.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
});
afterAll(async () => {
  node.disconnect();
  if (node.exitCode === null) await once(node, "exit");
  expect(complaints).toBe("");
});

// Each test has a folder of its own, for Node imports a file once.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-load-"));
  await writeFile(join(folder, "package.json"), `{ "type": "module" }`);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(name: string, content: string | undefined, wanted?: string) {
  const file = join(folder, name);
  if (content !== undefined) await writeFile(file, content);
  const answer = once(node, "message");
  node.send({ file, wanted });
  const [found] = (await Promise.race([answer, ended])) as [Record<string, string>];
  return found;
}

const header = `
import { Workflow } from ${source("workflow/workflow.ts")};
import { TaskBase } from ${source("tasks/task-base.ts")};
class Load extends TaskBase { async run(): Promise<void> {} }
const make = (category: string) => new Workflow({ inputData: "l0", outputData: "l1", category }).add(Load);
`;

describe("a file with one workflow", () => {
  test("gives it under whatever name it is exported", async () => {
    expect(await load("flow.ts", `${header} export const eit = make("eit"); export const other = 1;`)).toMatchObject({
      name: "l0_to_l1_eit",
      exportName: "eit",
      module: expect.stringMatching(/^file:.*flow\.ts$/),
    });
  });

  test("that is exported twice gives it once", async () => {
    const content = `${header} export const workflow = make("eit"); export default workflow;`;
    expect(await load("flow.ts", content)).toMatchObject({ exportName: "workflow" });
  });
});

describe("a file with several workflows", () => {
  const content = `${header} export const eit = make("eit"); export const mdi = make("mdi");`;

  test("needs to be told which, and lists them", async () => {
    const { code, message } = await load("flow.ts", content);
    expect(code).toBe("WORKFLOW_AMBIGUOUS");
    expect(message).toContain("eit (l0_to_l1_eit), mdi (l0_to_l1_mdi). Say which with --workflow NAME");
  });

  test.each(["mdi", "l0_to_l1_mdi"])("gives the one that %s names", async (wanted) => {
    expect(await load("flow.ts", content, wanted)).toMatchObject({ exportName: "mdi" });
  });

  test("lists them where none has the wanted name", async () => {
    const { code, message } = await load("flow.ts", content, "sxt");
    expect(code).toBe("WORKFLOW_NOT_EXPORTED");
    expect(message).toContain("does not export a workflow 'sxt'. It exports eit (l0_to_l1_eit), mdi (l0_to_l1_mdi)");
  });
});

describe("a file without a workflow", () => {
  test("that exports nothing is told so", async () => {
    const { code, message } = await load("flow.ts", `${header} make("eit");`);
    expect(code).toBe("WORKFLOW_NOT_EXPORTED");
    expect(message).toContain("It exports nothing. Add 'export const workflow =");
  });

  test("is told what it exports instead", async () => {
    const { message } = await load("flow.ts", `${header} export { Load }; export const a = 1;`);
    expect(message).toMatch(/It exports (Load, a|a, Load), none of which is a Workflow/);
  });
});

test.each([
  ["missing.ts", undefined, "WORKFLOW_FILE_NOT_FOUND", /There is no file .*missing\.ts/],
  ["flow.py", "", "WORKFLOW_FILE_TYPE", /does not end in \.ts, \.mts, \.js or \.mjs/],
  ["flow.ts", "export const x = 1;\nenum Kind { A }", "WORKFLOW_IMPORT_FAILED", /flow\.ts:2: .*enum.*'const X = /],
  [
    "flow.ts",
    "export class A { constructor(readonly x: number) {} }",
    "WORKFLOW_IMPORT_FAILED",
    /flow\.ts:1: .*parameter property.*Declare the field/,
  ],
  ["flow.ts", "export const = 1;", "WORKFLOW_IMPORT_FAILED", /flow\.ts:1: .*Mend the syntax/],
  [
    "flow.ts",
    "const note = (..._: unknown[]) => undefined;\n@note class A {}\nexport { A };",
    "WORKFLOW_IMPORT_FAILED",
    /flow\.ts, or a file that it imports: .*decorators \(@name\) are not JavaScript yet/,
  ],
  ["flow.ts", `import "./task";`, "WORKFLOW_IMPORT_FAILED", /names its extension, as in '\.\/task\.ts'/],
  ["flow.ts", `import "./task.ts";`, "WORKFLOW_IMPORT_FAILED", /task\.ts'.*Check the path/],
  ["flow.ts", `import "no-such-package";`, "WORKFLOW_IMPORT_FAILED", /npm install no-such-package/],
  ["flow.ts", `import { Nothing } from "node:fs"; Nothing;`, "WORKFLOW_IMPORT_FAILED", /'import type'/],
  [
    "flow.ts",
    `\nthrow new RangeError("boo");`,
    "WORKFLOW_IMPORT_FAILED",
    /flow\.ts:2: importing it threw RangeError: boo/,
  ],
])("%s holding %j gives %s in one line that says what to do", async (name, content, code, expected) => {
  const found = await load(name, content);
  expect(found.code).toBe(code);
  expect(found.message).toMatch(expected);
  expect(found.message).not.toContain("\n");
});

test.each([`{}`, `{ "type": "commonjs" }`])(
  "in a package whose package.json is %s is told to add its type",
  async (json) => {
    await writeFile(join(folder, "package.json"), json);
    const { code, message } = await load("flow.ts", `${header} export const workflow = make("eit");`);
    expect(code).toBe("WORKFLOW_MODULE_TYPE");
    expect(message).toMatch(/Add "type": "module" to .*package\.json\./);
  },
);

test("with no package.json in any folder above is told which one to write", async () => {
  await rm(join(folder, "package.json"));
  const { code, message } = await load("flow.ts", `${header} export const workflow = make("eit");`);
  expect(code).toBe("WORKFLOW_MODULE_TYPE");
  expect(message).toBe(
    `${join(folder, "flow.ts")} is to be an ES module, and no package.json says so. Write { "type": "module" } into ${join(folder, "package.json")}.`,
  );
  expect(await load("flow.mts", `${header} export const workflow = make("eit");`)).toMatchObject({
    exportName: "workflow",
  });
});

test("beside a package.json that is no JSON is told which file to mend", async () => {
  await writeFile(join(folder, "package.json"), `{ "type": "module", }`);
  const { code, message } = await load("flow.ts", `${header} export const workflow = make("eit");`);
  expect(code).toBe("WORKFLOW_MODULE_TYPE");
  expect(message).toMatch(/^The package\.json of .*flow\.ts cannot be read: .*package\.json\. Mend it\.$/);
});

test("an error of the workflow itself keeps its code", async () => {
  const { code } = await load("flow.ts", `${header} export const workflow = make("").add(Load);`);
  expect(code).toBe("WORKFLOW_NAME");
});
