import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunDocument } from "../../src/cli/run-document.ts";
import { datasetId } from "../../src/parsing/dataset-id.ts";
import { type Cli, fixture, openCli } from "./cli-process.ts";

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
});
afterEach(() => cli[Symbol.asyncDispose]());

const folders = ["--input", "l0", "--output", "out"];
const pipeline = [fixture("pipeline.ts"), ...folders];
const inProcess = ["run", ...pipeline, "--in-process"];
const documentOf = (stdout: string) => JSON.parse(stdout) as RunDocument & { readonly resumed: boolean };

describe("firstlight run", () => {
  test("runs each task in a process of its own and ends with a table, off a terminal without control characters", async () => {
    const { code, stdout, stderr } = await cli.run(["run", ...pipeline]);
    expect(stderr).toMatch(
      /^inventory sqlite \(default\), .*\nRecipe run 1: l0_to_l1_pipeline 1, 3 tasks\n2 frames, 2 B, in .*l0; 1 other file left alone\n/,
    );
    expect(stderr).toContain("▸ Load  started\n");
    expect(stderr).toMatch(/✓ Reduce {2}\d+\.\d s {2}2 files read, 2 written\n/);
    expect(stdout).toMatch(/Reduce {3}✓ done +1 +\d+\.\d s +2 +2\n/);
    expect(stdout).toMatch(/Recipe run 1 is done in .*\n {2}Frames {4}2 in, 2 out\n/);
    expect(stdout).toContain("firstlight inspect 1\n");
    expect((stdout + stderr).replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    expect(code).toBe(0);
    expect(existsSync(join(cli.folder, "scratch/1"))).toBe(true);
  });

  test("--json prints one document, and progress elsewhere", async () => {
    const { code, stdout, stderr } = await cli.run([...inProcess, "--json"]);
    const document = documentOf(stdout);
    expect(document).toMatchObject({
      recipeRunId: 1,
      status: "done",
      resumed: false,
      framesIn: 2,
      framesOut: 2,
      output: join(cli.folder, "out"),
    });
    expect(document.tasks.map(({ task, status }) => `${task} ${status}`)).toEqual([
      "Load done",
      "Reduce done",
      "Publish done",
    ]);
    expect(stderr).toContain("✓ Publish");
    expect(code).toBe(0);
  });

  test("a failed task ends it with 1, its message and no stack; the same command goes on where it stopped", async () => {
    const failed = await cli.run(inProcess, { CLI_FIXTURE: "fail" });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(
      "✗ Reduce  LAMP_BROKEN: The lamp is broken.\n    Change the lamp.\n○ Publish: blocked by Reduce\n",
    );
    expect(failed.stdout).toContain("Mend the cause and run the same command again");
    expect(failed.stdout).toMatch(/^\w+ +✗ failed +1 +\d+(?:\.\d)? (?:s|min .*) *$/m);
    expect(failed.stderr).not.toMatch(/ at .*pipeline\.ts/);

    const planned = await cli.run(["plan", ...pipeline]);
    expect(planned.code).toBe(0);
    expect(planned.stdout).toContain("l0_to_l1_pipeline 1: 2 of 3 tasks will run; recipe run 1 goes on");
    expect(planned.stdout).toMatch(/✓ Load .*\n +is done, unchanged since/);
    expect(planned.stdout).toContain("will run, because it failed with LAMP_BROKEN after 1 attempt");

    const again = await cli.run([...inProcess, "--json"]);
    expect(documentOf(again.stdout).resumed).toBe(true);
    expect(documentOf(again.stdout).tasks.map(({ status }) => status)).toEqual(["unchanged", "done", "done"]);
  });

  test("a file that was removed from scratch is made anew by the task that wrote it, and the plan says so", async () => {
    await cli.run(inProcess, { CLI_FIXTURE: "fail" });
    const scratch = join(cli.folder, "scratch/1");
    const [first = ""] = (await readdir(scratch)).filter((name) => name.includes("INPUT"));
    await rm(join(scratch, first));
    const plan = await cli.run(["plan", ...pipeline]);
    expect(plan.stdout.replaceAll(/\s+/g, " ")).toContain(
      `will run, because ${first}, which it wrote, is not in scratch any more`,
    );
    const { code, stdout } = await cli.run([...inProcess, "--json"]);
    expect(documentOf(stdout).tasks.map(({ task, status }) => `${task} ${status}`)).toEqual([
      "Load done",
      "Reduce done",
      "Publish done",
    ]);
    expect(code).toBe(0);
    expect(existsSync(join(scratch, first))).toBe(true);
  });

  test("LOGURU_LEVEL=DEBUG shows the stack of a failed task", async () => {
    const { stderr } = await cli.run(inProcess, { CLI_FIXTURE: "fail", LOGURU_LEVEL: "DEBUG" });
    expect(stderr).toMatch(/"level":"DEBUG".*"message":" *at Reduce\.run .*pipeline\.ts/);
  });

  test("what a task prints shows, and warnings of its log as JSON with run and task, and no more", async () => {
    const { stderr } = await cli.run(["run", ...pipeline], { CLI_FIXTURE: "talk" });
    expect(stderr).toContain("  Load │ the mirror is dusty\n");
    const logged = stderr.split("\n").filter((line) => line.startsWith("{"));
    expect(logged.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: "WARNING",
        time: expect.any(String),
        message: "a lamp is weak",
        lamp: 3,
        "recipe.run.id": 1,
        "task.name": "Load",
        attempt: 1,
      },
    ]);
    expect(stderr).not.toContain("INFO");
  });

  test("Ctrl-C ends the tasks cleanly with 130, and the same command goes on", async () => {
    const journal = join(cli.folder, "journal");
    const env = { CLI_FIXTURE: "hold", CLI_FIXTURE_JOURNAL: journal };
    const running = cli.start(["run", ...pipeline], env);
    while (!existsSync(journal)) await sleep(50);
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.end;
    expect(stderr).toContain("Stopping: the tasks are asked to end.");
    expect(stderr).toContain("■ Reduce  interrupted");
    expect(stdout).toContain("was interrupted after");
    expect(code).toBe(130);
    const again = await cli.run([...inProcess, "--json"]);
    expect(documentOf(again.stdout).tasks.map(({ status }) => status)).toEqual(["unchanged", "done", "done"]);
    expect(again.code).toBe(0);
  });

  test("Ctrl-C ends the wait for a bus that is not there, in this process too, and it is not tried again", async () => {
    const mesh = { "interservice-bus": { mesh_address: "127.0.0.1", mesh_port: 1 } };
    const retry = { retry_delay: 0.2, retry_backoff: 1, retry_jitter: 0 };
    const args = ["run", fixture("announce.ts"), ...folders, "--in-process"];
    const env = { MESH_CONFIG: JSON.stringify(mesh), RETRY_CONFIG: JSON.stringify(retry) };
    const running = cli.start(args, env);
    await running.says("trying again");
    running.kill("SIGINT");
    const { code, stderr } = await running.end;
    expect(stderr.split("Stopping: ")[1]).not.toContain("trying again");
    expect(stderr).toContain("■ Announce  interrupted");
    expect(code).toBe(130);
  });

  test("a run at work is planned with who runs it, and one whose runner was killed is shown as interrupted", async () => {
    const journal = join(cli.folder, "journal");
    const running = cli.start(["run", ...pipeline], { CLI_FIXTURE: "hold", CLI_FIXTURE_JOURNAL: journal });
    while (!existsSync(journal)) await sleep(50);
    const plan = await cli.run(["plan", ...pipeline]);
    expect(plan.stdout.replaceAll(/\s+/g, " ")).toMatch(
      /It is being run by process \d+ on .* since .* a second runner is refused/,
    );
    running.kill("SIGKILL");
    await running.end;
    const { stdout } = await cli.run(["inspect", "1", "--json"]);
    const { run } = JSON.parse(stdout) as { run: RunDocument };
    expect(run.status).toBe("interrupted");
    expect(run.tasks.map(({ task, status }) => `${task} ${status}`)).toEqual([
      "Load done",
      "Reduce interrupted",
      "Publish waiting",
    ]);
    const list = JSON.parse((await cli.run(["inspect", "--json"])).stdout) as { runs: { status: string }[] };
    expect(list.runs.map(({ status }) => status)).toEqual(["interrupted"]);
  });

  test("a run that goes on takes the input as it is now; --fresh begins a new one", async () => {
    await cli.run(inProcess, { CLI_FIXTURE: "fail" });
    await writeFile(join(cli.folder, "l0/c.fts"), "new");
    const resumed = await cli.run([...inProcess, "--json", "--keep-scratch"], { CLI_FIXTURE: "fail" });
    expect(documentOf(resumed.stdout)).toMatchObject({ recipeRunId: 1, resumed: true, framesIn: 3 });
    expect(documentOf(resumed.stdout).tasks[0]).toMatchObject({ status: "done", attempts: 2, filesWritten: 3 });
    const fresh = await cli.run([...inProcess, "--fresh", "--json"]);
    expect(documentOf(fresh.stdout)).toMatchObject({ recipeRunId: 2, resumed: false, framesOut: 3 });
  });

  test("--parameters gives the tasks their parameters, and a change of them runs all anew", async () => {
    const parameters = join(cli.folder, "parameters.json");
    await writeFile(parameters, '{"gain": 2.5}');
    const args = ["run", fixture("parameters.ts"), ...folders, "--in-process", "--parameters", parameters];
    const failed = await cli.run([...args, "--json"], { CLI_FIXTURE: "fail" });
    expect(failed.stderr).toContain("gain is 2.5");
    await writeFile(parameters, '{"gain": 3}');
    const again = await cli.run([...args, "--json"]);
    expect(again.stderr).toContain("gain is 3");
    expect(documentOf(again.stdout)).toMatchObject({ resumed: true, status: "done" });
    const without = await cli.run(["run", fixture("parameters.ts"), ...folders, "--in-process"]);
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/PARAMETERS_INVALID: The parameters of Gain do not fit/);
  });

  test("--recipe-run names the run, --scratch its place", async () => {
    const { code, stdout } = await cli.run([...inProcess, "--recipe-run", "41", "--scratch", "elsewhere", "--json"]);
    expect(code).toBe(0);
    expect(documentOf(stdout).scratch.folder).toBe(join(cli.folder, "elsewhere/41"));
    expect((await stat(join(cli.folder, "elsewhere/.firstlight/runs.sqlite"))).isFile()).toBe(true);
    expect(existsSync(join(cli.folder, "scratch"))).toBe(false);
  });

  test("a run into an output that holds another scratch's datasets gets an id, and so a dataset, of its own", async () => {
    // An instrument may be called as a dataset could be.
    const taken = join(cli.folder, "out", "data", datasetId(9), datasetId(1));
    await mkdir(taken, { recursive: true });
    const { stdout } = await cli.run([...inProcess, "--json"]);
    expect(documentOf(stdout).recipeRunId).toBe(2);
    const refused = await cli.run([...inProcess, "--recipe-run", "1"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("RUN_ID_TAKEN");
    expect(refused.stderr).toContain(taken);
  });

  test("colours are there only where they are asked for, and NO_COLOR wins", async () => {
    const coloured = await cli.run(["inspect", "--json"], { FORCE_COLOR: "1" });
    expect(coloured.stdout).not.toContain("\u001b");
    const forced = await cli.run(["run", "--help"], { FORCE_COLOR: "1" });
    expect(forced.stdout).toContain("\u001b[1mUsage");
    const none = await cli.run(["run", "--help"], { FORCE_COLOR: "1", NO_COLOR: "1" });
    expect(none.stdout).not.toContain("\u001b");
  });
});

describe("what cannot be run", () => {
  test("a folder that is not there is bad usage, one without frames a failure, and nothing is written", async () => {
    const nowhere = await cli.run(["run", fixture("pipeline.ts"), "--input", "nowhere", "--output", "out"]);
    expect(nowhere).toMatchObject({ code: 2, stdout: "" });
    expect(nowhere.stderr).toMatch(/^INPUT_FOLDER: .*nowhere does not exist/);
    const empty = await cli.run(["run", fixture("pipeline.ts"), "--input", ".", "--output", "out"]);
    expect(empty).toMatchObject({ code: 1, stdout: "" });
    expect(empty.stderr).toMatch(/^NO_INPUT_FRAMES: .*no file at all lies in it/);
    expect(existsSync(join(cli.folder, "scratch"))).toBe(false);
  });

  test.runIf(existsSync("/proc/self"))(
    "a folder for scratch or products that cannot be made is named with its setting",
    async () => {
      const scratch = await cli.run(inProcess, { SCRATCH_BASE_PATH: "/proc/nowhere" });
      expect(scratch.stderr).toMatch(/^DATABASE_UNUSABLE: .*\/proc\/nowhere.*SCRATCH_BASE_PATH/m);
      expect(scratch.code).toBe(1);
      const output = await cli.run(["plan", ...pipeline.with(-1, "/proc/nowhere")]);
      expect(output.code).toBe(0);
      const run = await cli.run(["run", ...pipeline.with(-1, "/proc/nowhere")]);
      expect(run.stderr).toMatch(/^OUTPUT_FOLDER: .*\/proc\/nowhere of --output cannot be made/m);
      expect(run.code).toBe(2);
    },
  );

  test("a '~' that no shell has replaced makes no folder of that name", async () => {
    for (const args of [[...pipeline, "--scratch=~/scratch"], pipeline.with(-1, "~/out")]) {
      const { code, stderr } = await cli.run(["run", ...args]);
      expect(stderr).toMatch(/^SETTINGS_INVALID: [\s\S]*without '~'/m);
      expect(code).toBe(2);
    }
    expect(existsSync(join(cli.folder, "~"))).toBe(false);
  });

  test("an object store on S3 without its keys is refused by run and plan, and nothing is written", async () => {
    const mesh = { "object-store-api": { mesh_address: "127.0.0.1", mesh_port: 1 } };
    for (const command of ["run", "plan"]) {
      const { code, stdout, stderr } = await cli.run([command, ...pipeline], { MESH_CONFIG: JSON.stringify(mesh) });
      expect(stderr).toMatch(
        /^SETTINGS_INVALID: [\s\S]*OBJECT_STORE_ACCESS_KEY, OBJECT_STORE_SECRET_KEY to be set, as the driver is s3/,
      );
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
    expect(existsSync(join(cli.folder, "scratch"))).toBe(false);
  });

  test("with --json an error is a document too", async () => {
    const { code, stdout } = await cli.run(["run", "nope.ts", ...folders, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "WORKFLOW_FILE_NOT_FOUND", disposition: "invalid" } });
    expect(code).toBe(2);
  });

  test("settings that cannot be read are named, those of .env as well; the real environment wins over it", async () => {
    await writeFile(join(cli.folder, ".env"), "BUS_DRIVER=pigeon\nLOGURU_LEVEL=loud\n");
    const bad = await cli.run(["settings"], { LOGURU_LEVEL: "INFO" });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/^SETTINGS_INVALID: [\s\S]*BUS_DRIVER/);
    expect(bad.stderr).not.toContain("LOGURU_LEVEL");
  });
});

describe("firstlight inspect and settings", () => {
  test("show a run, its constants and messages, and write nothing where nothing was run", async () => {
    const empty = await cli.run(["inspect"]);
    expect(empty).toMatchObject({ code: 0, stderr: "" });
    expect(empty.stdout).toMatch(/^No recipe run is recorded under /);
    expect(existsSync(join(cli.folder, "scratch"))).toBe(false);

    await cli.run(inProcess, { CLI_FIXTURE: "fail" });
    const runs = await cli.run(["inspect"]);
    expect(runs.stdout).toMatch(/\n {2}1 {2}✗ failed {2}l0_to_l1_pipeline 1 /);
    const one = await cli.run(["inspect", "1", "--attempts", "--messages", "--tags", "--constants", "--provenance"]);
    expect(one.code).toBe(0);
    expect(one.stdout).toContain("LAMP_BROKEN: The lamp is broken.");
    expect(one.stdout).toMatch(/\nMessages\n {2}none\n/);
    expect(one.stdout).toMatch(/\nINPUT +2\n/);
    expect(one.stdout).toMatch(/\nLoad attempt 1\n {4}wrote 2 files\n/);
    const json = await cli.run(["inspect", "1", "--tags", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      run: { recipeRunId: 1, status: "failed" },
      tags: { INPUT: 2, FRAME: 3 },
    });
    expect(Object.keys(JSON.parse(json.stdout) as object)).toEqual(["run", "tags"]);
    expect((await cli.run(["inspect", "2"])).stderr).toMatch(/^RUN_NOT_FOUND: /);
  });

  test("settings tell where each value comes from, and no secret", async () => {
    await writeFile(join(cli.folder, ".env"), "BUS_DRIVER=sqlite\nISB_PASSWORD=hunter2\n");
    const { code, stdout } = await cli.run(["settings"], { LOGURU_LEVEL: "DEBUG" });
    expect(code).toBe(0);
    expect(stdout).toContain("BUS_DRIVER = sqlite  (.env; default unset)\n");
    expect(stdout).toContain("LOGURU_LEVEL = DEBUG  (environment; default INFO)\n");
    expect(stdout).toContain("SCRATCH_BASE_PATH = scratch/  (default)\n");
    expect(stdout).toMatch(/\nbus +sqlite +BUS_DRIVER\n/);
    expect(stdout).not.toContain("hunter2");
    const json = await cli.run(["settings", "--json"]);
    expect(json.stdout).not.toContain("hunter2");
    expect(JSON.parse(json.stdout)).toMatchObject({
      drivers: [{ service: "inventory", driver: "sqlite", because: "default" }, {}, {}, {}, {}],
    });
  });

  test("a reader that goes away ends nothing", async () => {
    const running = cli.start(["settings"]);
    running.closeStdout();
    expect(await running.end).toMatchObject({ code: 0, stderr: "" });
  });
});
