import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { bytes } from "../../src/codecs/bytes.ts";
import type { Codec } from "../../src/codecs/codec.ts";
import { fits } from "../../src/codecs/fits.ts";
import { path as pathCodec } from "../../src/codecs/path.ts";
import { text } from "../../src/codecs/text.ts";
import { Real, real } from "../../src/core/scalar.ts";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { anyOf, noneOf, withStem } from "../../src/scratch/tag-query.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { syntheticFrame } from "../../src/testing/synthetic-frame.ts";
import { type TmpRun, tmpRun } from "../../src/testing/tmp-run.ts";
import { openFilesOf } from "../fixtures/open-files.ts";

type Work = (task: Worker) => Promise<unknown>;

/** A task that does what a test wants done. */
class Worker extends WorkflowTaskBase {
  static work: Work;
  async run() {
    await Worker.work(this);
  }
}

/** Does work as a task, and resolves to what the work did. */
async function as<Result>(run: TmpRun, work: (task: Worker) => Promise<Result>): Promise<Result> {
  let result: { readonly value: Result } | undefined;
  Worker.work = async (task) => {
    result = { value: await work(task) };
  };
  await run.run(Worker, { attempt: 1 });
  return result!.value;
}

async function givenRun() {
  const run = await tmpRun();
  for (const [name, tags] of [
    ["b/2.txt", ["INPUT", "FRAME", "TASK_DARK"]],
    ["a/3.txt", ["INPUT", "FRAME", "TASK_DARK"]],
    ["c/1.txt", ["INPUT", "FRAME", "TASK_GAIN", "EXP_TIME_10.0"]],
  ] as const) {
    await run.put(name, tags, text, name);
  }
  return run;
}

describe("read", () => {
  test("yields every file that carries all tags, by file name, with its absolute path", async () => {
    await using run = await givenRun();
    const items = await as(run, (task) => Array.fromAsync(task.read(["INPUT", "FRAME"], text)));
    expect(items.map(({ value }) => value)).toEqual(["c/1.txt", "b/2.txt", "a/3.txt"]);
    expect(items.every(({ path, value }) => isAbsolute(path) && path === join(run.folder, value))).toBe(true);
  });

  test("takes choices, and hands out paths where the codec is path", async () => {
    await using run = await givenRun();
    const query = ["INPUT", anyOf("EXP_TIME_10.0", "TASK_SOLAR_GAIN")];
    const items = await as(run, (task) => Array.fromAsync(task.read(query, pathCodec)));
    expect(items).toEqual([{ path: join(run.folder, "c/1.txt"), value: join(run.folder, "c/1.txt") }]);
  });

  test("takes exclusions and stems, as counts and paths do", async () => {
    await using run = await givenRun();
    const query = [withStem("TASK"), noneOf("TASK_DARK")];
    const items = await as(run, (task) => Array.fromAsync(task.read(query, pathCodec)));
    expect(items.map(({ path }) => path)).toEqual([join(run.folder, "c/1.txt")]);
    expect(await as(run, (task) => task.count(query))).toBe(1);
    expect(await as(run, (task) => task.paths([withStem("TASK"), noneOf(withStem("EXP_TIME"))]))).toEqual([
      join(run.folder, "b/2.txt"),
      join(run.folder, "a/3.txt"),
    ]);
  });

  test("of nothing is empty and no error", async () => {
    await using run = await givenRun();
    expect(await as(run, (task) => Array.fromAsync(task.read(["NOT_THERE"], text)))).toEqual([]);
  });

  test("of what the codec refuses names the file", async () => {
    await using run = await givenRun();
    const reading = as(run, (task) => Array.fromAsync(task.read(["TASK_GAIN"], fits.frame)));
    await expect(reading).rejects.toMatchObject({ code: "FITS_NOT_FITS", message: expect.stringContaining("c/1.txt") });
  });
});

describe.runIf(process.platform === "linux")("files that are read", () => {
  const watched = (run: TmpRun): Codec<readonly string[]> => ({
    name: "watched",
    decode: () => openFilesOf(run.folder),
  });

  test("are open while their codec reads, and closed before the task has what it made of them", async () => {
    await using run = await givenRun();
    const seen = await as(run, async (task) => {
      const open: (readonly [whileRead: number, afterwards: number])[] = [];
      for await (const { value } of task.read(["INPUT"], watched(run)))
        open.push([value.length, openFilesOf(run.folder).length]);
      const { value } = await task.readOne(["TASK_GAIN"], watched(run));
      return [...open, [value.length, openFilesOf(run.folder).length]];
    });
    expect(seen).toEqual(Array(4).fill([1, 0]));
  });

  test("are closed where their codec throws, and where the task reads no further", async () => {
    await using run = await givenRun();
    const refusing: Codec<string> = {
      name: "refusing",
      decode() {
        throw new TypeError("not today");
      },
    };
    await expect(as(run, (task) => task.readOne(["TASK_GAIN"], refusing))).rejects.toThrow("not today");
    expect(openFilesOf(run.folder)).toEqual([]);
    await as(run, async (task) => {
      for await (const _ of task.read(["INPUT"], text)) break;
      expect(openFilesOf(run.folder)).toEqual([]);
    });
  });
});

describe("readOne", () => {
  test("yields the one file", async () => {
    await using run = await givenRun();
    const item = await as(run, (task) => task.readOne(["INPUT", "TASK_GAIN"], text));
    expect(item).toEqual({ path: join(run.folder, "c/1.txt"), value: "c/1.txt" });
  });

  test("of nothing names the tag that failed and the nearest tag sets", async () => {
    await using run = await givenRun();
    await expect(as(run, (task) => task.readOne(["INPUT", "TASK_DRAK"], text))).rejects.toMatchObject({
      code: "NO_FILES_FOUND",
      message:
        "No file carries INPUT and TASK_DRAK. No file carries TASK_DRAK at all; there is TASK_DARK, TASK_GAIN. Nearest: 2 files with FRAME, INPUT, TASK_DARK, without TASK_DRAK; 1 file with EXP_TIME_10.0, FRAME, INPUT, TASK_GAIN, without TASK_DRAK.",
    });
    await expect(as(run, (task) => task.readOne(["TASK_DARK", "TASK_GAIN"], text))).rejects.toThrow(
      /Each of these tags is on some file, but no file carries them together/,
    );
  });

  test("of nothing for a single tag says so once", async () => {
    await using run = await givenRun();
    await expect(as(run, (task) => task.readOne("TASK_DRAK", text))).rejects.toMatchObject({
      message: expect.stringMatching(/^No file carries TASK_DRAK at all; there is TASK_DARK, TASK_GAIN\. There is: /),
    });
  });

  test("of nothing by stems and exclusions names the nearest tag sets too", async () => {
    await using run = await givenRun();
    const query = ["INPUT", withStem("MODSTATE"), noneOf("TASK_GAIN")];
    await expect(as(run, (task) => task.readOne(query, text))).rejects.toMatchObject({
      code: "NO_FILES_FOUND",
      message:
        "No file carries INPUT and a tag of stem MODSTATE and not TASK_GAIN. No file carries a tag of stem MODSTATE at all. Nearest: 2 files with FRAME, INPUT, TASK_DARK, without a tag of stem MODSTATE.",
    });
  });

  test("of several names them, and what to do", async () => {
    await using run = await givenRun();
    await expect(as(run, (task) => task.readOne(["INPUT"], text))).rejects.toMatchObject({
      code: "SEVERAL_FILES_FOUND",
      message:
        "Worker asked for the one file that carries INPUT and found 3: c/1.txt, b/2.txt, a/3.txt. Add a tag that tells them apart, or read them all with read().",
    });
  });
});

describe("write", () => {
  test("tags the file with its task, and names it by its tags and a number", async () => {
    await using run = await tmpRun();
    const written = await as(run, async (task) => [
      await task.write("x", [Tag.intermediate(), Tag.frame(), Tag.taskDark()], text),
      await task.write("y", [Tag.intermediate(), Tag.frame(), Tag.taskDark()], text),
    ]);
    expect(written).toEqual([
      "INTERMEDIATE_WORKFLOW-TASK-WORKER_TASK-DARK_1.dat",
      "INTERMEDIATE_WORKFLOW-TASK-WORKER_TASK-DARK_2.dat",
    ]);
    expect(await run.tags(written[0]!)).toEqual(["FRAME", "INTERMEDIATE", "TASK_DARK", "WORKFLOW_TASK_WORKER"]);
  });

  test("does not touch the tags that it is given", async () => {
    await using run = await tmpRun();
    const tags = ["OUTPUT"];
    await as(run, (task) => task.write("x", tags, text));
    expect(tags).toEqual(["OUTPUT"]);
  });

  test("keeps a file that is there, unless it may replace it", async () => {
    await using run = await tmpRun();
    const work = as(run, async (task) => {
      await task.write("old", ["MADE"], text, { relativePath: "made.txt" });
      await task.write("new", ["MADE"], text, { relativePath: "made.txt", overwrite: true });
      await task.write("newer", ["MADE"], text, { relativePath: "made.txt" });
    });
    await expect(work).rejects.toMatchObject({ code: "SCRATCH_FILE_EXISTS" });
    expect((await run.files(["MADE"], text)).map(({ value }) => value)).toEqual(["new"]);
  });

  test("of an illegal tag, of a path that leaves scratch, of the wrong type leaves nothing", async () => {
    await using run = await tmpRun();
    const cases: [Work, string][] = [
      [(task) => task.write("x", ["lower"], text), "TAG_ILLEGAL"],
      [(task) => task.write("x", ["MADE"], text, { relativePath: "../x" }), "SCRATCH_PATH"],
      [(task) => task.write("x" as never, ["MADE"], bytes), "CODEC_TYPE"],
    ];
    for (const [work, code] of cases) await expect(as(run, work)).rejects.toMatchObject({ code });
    expect(await run.files(anyOf("MADE", "WORKFLOW_TASK_WORKER"), bytes)).toEqual([]);
  });

  test("to a disk that is full says so, and another attempt may help", async (context) => {
    const disk = await mkdtemp(join(tmpdir(), "firstlight-full-"));
    onTestFinished(() => rm(disk, { recursive: true, force: true }));
    const unmount = smallDisk(disk);
    if (unmount === undefined) return context.skip("no right to mount a small disk here");
    onTestFinished(unmount);
    Worker.work = (task) => task.write(new Uint8Array(1e6), ["MADE"], bytes, { relativePath: "made.dat" });
    const inventory = memoryInventory();
    const options = { recipeRunId: 1, env: { SCRATCH_BASE_PATH: disk }, inventory };
    await expect(runTask(Worker, options)).rejects.toMatchObject({ code: "SCRATCH_FULL", disposition: "retry" });
    expect(existsSync(join(disk, "1/made.dat"))).toBe(false);
    expect(await inventory.members(["1:path:MADE"])).toEqual([[]]);
  });
});

function smallDisk(path: string): (() => void) | undefined {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  return () => void execFileSync("umount", [path]);
}

describe("a codec of one's own that throws", () => {
  class NoRows extends Error {
    override readonly name = "NoRows";
  }
  const thrown = new NoRows("no rows");
  const fail = (): never => {
    throw thrown;
  };
  const csv = { name: "csv", encode: fail, decode: fail };

  test("is told with the file that it reads, relative to scratch, and keeps its error as the cause", async () => {
    await using run = await givenRun();
    const told = {
      code: "CODEC_FAILED",
      disposition: "retry",
      message: "The codec 'csv' cannot decode c/1.txt: NoRows: no rows",
      cause: thrown,
    };
    await expect(as(run, (task) => task.readOne("TASK_GAIN", csv))).rejects.toMatchObject(told);
    await expect(as(run, (task) => Array.fromAsync(task.read("TASK_GAIN", csv)))).rejects.toMatchObject(told);
    await expect(run.files("TASK_GAIN", csv)).rejects.toMatchObject(told);
  });

  test("is told with the file, or its tags, that it was to make, and none is there", async () => {
    await using run = await tmpRun();
    await expect(as(run, (task) => task.write(1, ["MADE"], csv, { relativePath: "a/b.csv" }))).rejects.toMatchObject({
      code: "CODEC_FAILED",
      message: "The codec 'csv' cannot encode a/b.csv: NoRows: no rows",
      cause: thrown,
    });
    await expect(as(run, (task) => task.write(1, ["MADE", "TASK_DARK"], csv))).rejects.toMatchObject({
      message: "The codec 'csv' cannot encode a file of MADE, TASK_DARK: NoRows: no rows",
    });
    await expect(run.put(1, ["MADE"], csv, "a.csv")).rejects.toMatchObject({
      message: "The codec 'csv' cannot encode a.csv: NoRows: no rows",
    });
    expect(await run.count(anyOf("MADE", "TASK_DARK"))).toBe(0);
  });

  test("also where what it throws is no error at all", async () => {
    await using run = await givenRun();
    const odd = (what: unknown) => ({ name: "odd", decode: () => Promise.reject(what) });
    for (const what of ["text", undefined]) {
      await expect(as(run, (task) => task.readOne("TASK_GAIN", odd(what)))).rejects.toMatchObject({
        message: `The codec 'odd' cannot decode c/1.txt: ${what}`,
      });
    }
  });

  test.each([
    ["a string", "rows", "a string"],
    ["undefined", undefined, "undefined"],
  ])("or yields %s in place of bytes", async (_, encoded, found) => {
    await using run = await tmpRun();
    const codec = { name: "loose", encode: () => encoded as never };
    await expect(as(run, (task) => task.write(1, ["MADE"], codec))).rejects.toMatchObject({
      code: "CODEC_FAILED",
      disposition: "invalid",
      message: `The codec 'loose' cannot encode a file of MADE: its 'encode' yielded ${found}, and bytes are wanted, a Uint8Array.`,
    });
  });

  test.each([
    ["none", undefined, "undefined was given"],
    ["one that only reads", pathCodec, "'path' has none"],
  ])("or is %s", async (_, codec, found) => {
    await using run = await tmpRun();
    await expect(as(run, (task) => task.write("x", ["MADE"], codec as never))).rejects.toMatchObject({
      code: "CODEC_TYPE",
      message: `To encode a file of MADE takes a codec with 'encode', such as fits.frame or text; ${found}.`,
    });
  });

  test("hides neither the reason of a signal nor an error of the library's", async () => {
    await using run = await givenRun();
    const stop = new AbortController();
    const stopping = {
      name: "stopping",
      decode() {
        stop.abort(new Error("stopped"));
        stop.signal.throwIfAborted();
      },
    };
    Worker.work = (task) => task.readOne("TASK_GAIN", stopping);
    await expect(run.run(Worker, { signal: stop.signal })).rejects.toThrow(/^stopped$/);
    await expect(as(run, (task) => task.readOne("TASK_GAIN", fits.frame))).rejects.toMatchObject({
      code: "FITS_NOT_FITS",
    });
  });
});

describe("what no type checker has seen", () => {
  const none = undefined as never;

  test("is refused where a list of tags is asked", async () => {
    await using run = await givenRun();
    const listAsked = {
      code: "TAG_ILLEGAL",
      message: "Tags are given as a list, and this is none: 'FRAME'. Write ['FRAME'].",
    };
    const cases: Work[] = [
      (task) => task.write("x", "FRAME" as never, text),
      (task) => task.tag("c/1.txt", "FRAME" as never),
      (task) => task.removeTags("c/1.txt", "FRAME" as never),
      () => run.put("x", "FRAME" as never, text),
    ];
    for (const work of cases) await expect(as(run, work)).rejects.toMatchObject(listAsked);
    await expect(as(run, (task) => task.write("x", none, text))).rejects.toMatchObject({
      code: "TAG_ILLEGAL",
      message: "Tags are given as a list, and this is none: undefined.",
    });
    expect(await run.tags("c/1.txt")).toEqual(["EXP_TIME_10.0", "FRAME", "INPUT", "TASK_GAIN"]);
    expect(await run.count(anyOf("F", "R", "A", "M", "E"))).toBe(0);
  });

  test.each([
    ["undefined", undefined],
    ["a number in a list", ["INPUT", 3]],
    ["an object", { foo: 1 }],
    ["undefined in a choice", anyOf("INPUT", none)],
    ["undefined that is excluded", ["INPUT", noneOf(none)]],
  ])("is refused as a query: %s", async (_, query) => {
    await using run = await givenRun();
    const refused = {
      code: "TAG_QUERY_INVALID",
      message: expect.stringMatching(/which is no tag\. A query is a tag, /),
    };
    for (const ask of [run.count, run.nearest] as const)
      await expect(ask(query as never)).rejects.toMatchObject(refused);
    await expect(as(run, (task) => task.paths(query as never))).rejects.toMatchObject(refused);
    await expect(as(run, (task) => task.readOne(query as never, text))).rejects.toMatchObject(refused);
  });

  test.each([undefined, null, 5, {}])("is refused as the name of a constant: %o", async (name) => {
    await using run = await tmpRun();
    await expect(as(run, (task) => task.setConstant(name as never, 1))).rejects.toMatchObject({
      code: "CONSTANT_NAME_ILLEGAL",
    });
    expect(await run.constants()).toEqual(new Map());
  });
});

describe("tags, counts and paths", () => {
  test("count, paths, tags, tag and removeTags", async () => {
    await using run = await givenRun();
    const seen = await as(run, async (task) => {
      const before = await task.count(["INPUT", "TASK_DARK"]);
      await task.tag("c/1.txt", ["TASK_DARK"]);
      await task.removeTags(["b/2.txt", join(run.folder, "a/3.txt")], ["TASK_DARK", "FRAME"]);
      return { before, after: await task.paths(["TASK_DARK"]), tags: await task.tags("b/2.txt") };
    });
    expect(seen).toEqual({ before: 2, after: [join(run.folder, "c/1.txt")], tags: ["INPUT"] });
  });

  test("a file that is not there cannot be tagged", async () => {
    await using run = await givenRun();
    await expect(as(run, (task) => task.tag("d.txt", ["X"]))).rejects.toMatchObject({ code: "SCRATCH_FILE_MISSING" });
  });
});

describe("constants", () => {
  test("are those of the tasks before, and what the task sets, as later tasks will see it", async () => {
    await using run = await tmpRun();
    await run.setConstant("GIVEN", [1, real(1)]);
    const seen = await as(run, async (task) => {
      await task.setConstant("FOUND", { exposure: real(10), frames: 10, note: undefined });
      return new Map(task.constants);
    });
    expect(seen).toEqual(
      new Map<string, unknown>([
        ["GIVEN", [1, new Real(1)]],
        ["FOUND", { exposure: new Real(10), frames: 10 }],
      ]),
    );
    expect(await run.constants()).toEqual(new Map([...seen].sort()));
  });

  test("are written once, and hold only what JSON can", async () => {
    await using run = await tmpRun();
    await run.setConstant("GIVEN", 1);
    await expect(as(run, (task) => task.setConstant("GIVEN", 1))).rejects.toMatchObject({ code: "CONSTANT_EXISTS" });
    await expect(as(run, (task) => task.setConstant("LEVELS", { a: [1, new Date(0)] }))).rejects.toMatchObject({
      code: "JSON_INVALID",
      message:
        "The constant LEVELS cannot be set: at a[1], an object of class Date has no JSON spelling. A constant holds what JSON can: texts, numbers, true and false, null, lists and plain objects.",
      fields: { name: "LEVELS", place: "a[1]" },
    });
  });

  test("give the dataset the name that the Python stack gives it", async () => {
    await using run = await tmpRun({ recipeRunId: 10 });
    expect(await as(run, async (task) => task.datasetId)).toMatch(/^[A-Z]{6,}$/);
  });
});

test("an image and its header come back from scratch as they went in", async () => {
  await using run = await tmpRun();
  const frame = syntheticFrame({ shape: [3, 5], pixels: (row, column) => 10 * row + column });
  const path = await as(run, (task) => task.write(frame, ["MADE"], fits.frame));
  const [item] = await run.files(["MADE"], fits.frame);
  expect(item?.path).toBe(join(run.folder, path));
  expect(item?.value.image).toEqual(frame.image);
});
