import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fits } from "../../src/codecs/fits.ts";
import { json } from "../../src/codecs/json.ts";
import { isFirstlightError } from "../../src/core/errors.ts";
import { isReal, Real, real } from "../../src/core/scalar.ts";
import { Header } from "../../src/fits/header.ts";
import { encodeHeader } from "../../src/fits/parse-header.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { fingerprintsOf } from "../../src/workflow/fingerprint.ts";
import { Workflow } from "../../src/workflow/workflow.ts";

// What npm leaves behind when an instrument package and its user have versions of the library that do not agree.
const repository = join(import.meta.dirname, "../..");
let folder: string;
let copy: typeof import("../../src/index.ts");
let copyOfFits: typeof import("../../src/fits/index.ts");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-copy-"));
  await cp(join(repository, "src"), join(folder, "src"), { recursive: true });
  await cp(join(repository, "tsconfig.json"), join(folder, "tsconfig.json"));
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
  copy = await import(join(folder, "src/index.ts"));
  copyOfFits = await import(join(folder, "src/fits/index.ts"));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test("the copy has classes of its own", () => {
  expect(copy.Real).not.toBe(Real);
  expect(copyOfFits.Header).not.toBe(Header);
});

describe("what is made by another copy of the library", () => {
  test("is a real for this one: in tags, texts, headers and JSON", () => {
    const ten = copy.real(10);
    expect(ten).not.toBeInstanceOf(Real);
    expect(isReal(ten)).toBe(true);
    expect(copy.isReal(real(10))).toBe(true);
    expect(Tag.exposureTime(ten)).toBe("EXP_TIME_10.0");
    expect(Header.from({ XPOSURE: ten }).card("XPOSURE")?.image).toMatch(/^XPOSURE = +10\.0 +$/);
  });

  test("is a header for this one", () => {
    const header = copyOfFits.Header.from({ XPOSURE: [copy.real(10), "ms"], NAXIS: 2 });
    expect(encodeHeader(header)).toEqual(encodeHeader(Header.from({ XPOSURE: [real(10), "ms"], NAXIS: 2 })));
    expect(Header.from(header).number("XPOSURE")).toBe(10);
  });

  test("is a task for this one, with its reals, tags and headers", async () => {
    class Darks extends copy.ScienceTaskL0ToL1Base {
      async run() {
        await this.setConstant("TIMES", { dark: [copy.real(10), 10, 2.5] });
        const header = copyOfFits.Header.from({ XPOSURE: copy.real(10) });
        const image = { data: new Float32Array([1, 2]), shape: [1, 2] };
        await this.write({ header, image }, [copy.Tag.frame(), copy.Tag.exposureTime(copy.real(10))], fits.frame);
      }
    }
    class Reads extends copy.WorkflowTaskBase {
      async run() {
        // This constant was read by the runner's copy.
        const time = this.constants.get("TIME") as InstanceType<typeof copy.Real>;
        const { value } = await this.readOne([copy.Tag.exposureTime(time)], copy.fits.frame);
        await this.write({ time, read: value.header.get("XPOSURE") }, ["READ"], json);
      }
    }
    await using run = await tmpRun();
    await run.setConstant("TIME", real(10));
    await run.run(Darks);
    expect((await run.constants()).get("TIMES")).toEqual({ dark: [real(10), 10, 2.5] });
    const [frame] = await run.files([Tag.frame(), Tag.exposureTime(real(10))], fits.frame);
    expect(frame?.value.header.card("XPOSURE")?.image).toMatch(/^XPOSURE = +10\.0 +$/);
    await run.run(Reads);
    const [read] = await run.files(["READ"], json);
    expect(read?.value).toEqual({ time: real(10), read: real(10) });
  });

  test("is a task for this one whose fingerprint holds nothing of the copy itself", () => {
    const codeOver = (base: TaskClass) => {
      class Task extends base {
        override async run() {}
      }
      const workflow = new Workflow({ inputData: "l0", outputData: "l1", category: "c", version: "1" }).add(Task);
      const inputs = { workflow: "w", version: "1", inputDigest: "i", parametersDigest: "p" };
      return fingerprintsOf(workflow.nodes(), inputs).get("Task")?.code;
    };
    // The types of the two differ as little as their texts, but TypeScript tells private properties apart.
    const ofTheCopy = [copy.TaskBase, copy.WorkflowTaskBase, copy.ScienceTaskL0ToL1Base] as unknown as TaskClass[];
    const own = codeOver(WorkflowTaskBase as unknown as TaskClass);
    expect(ofTheCopy.map(codeOver)).toEqual([own, own, own]);
  });

  test("is an error for this one, with its code", async () => {
    class Fails extends copy.WorkflowTaskBase {
      async run() {
        throw new copy.FirstlightError("OF_THE_COPY", "what", { disposition: "retry" });
      }
    }
    await using run = await tmpRun();
    const error = await run.run(Fails).catch((thrown: unknown) => thrown);
    expect(isFirstlightError(error, "OF_THE_COPY")).toBe(true);
  });

  test("are settings for this one", async () => {
    class Says extends copy.WorkflowTaskBase {
      async run() {
        await this.write("", ["SAID"], copy.text, { relativePath: "said.txt" });
      }
    }
    const settings = copy.loadSettings({ BUILD_VERSION: "7", SCRATCH_BASE_PATH: join(folder, "scratch") });
    const report = await runTask(Says, { recipeRunId: 2, settings });
    expect(report.writes.map(({ path }) => path)).toEqual(["said.txt"]);
  });
});
