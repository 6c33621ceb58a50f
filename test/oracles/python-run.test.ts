import { relative } from "node:path";
import { expect, test } from "vitest";
import { bytes } from "../../src/codecs/bytes.ts";
import { formatPythonJson, type PythonJson } from "../../src/core/python-json.ts";
import { Real, real } from "../../src/core/scalar.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { freshRunId } from "../scratch/each-inventory.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import { describeWith } from "./fits-oracle.ts";
import { pythonRedis } from "./python/python-oracle.ts";
import { type SharedRun, sharedRun, withoutOwnKeys } from "./python/shared-run.ts";

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

async function taskOf(run: SharedRun, work: (task: WorkflowTaskBase) => Promise<void>): Promise<void> {
  class Continue extends WorkflowTaskBase {
    override run(): Promise<void> {
      return work(this);
    }
  }
  await run.run(Continue);
}

/** Writes frames, as a transfer does. */
class Receive extends WorkflowTaskBase {
  override async run(): Promise<void> {
    for (let i = 0; i < 4; i += 1) {
      await this.write(encoded(`raw ${i}`), [Tag.input(), Tag.frame()], bytes, { relativePath: `raw/frame_${i}.fits` });
    }
  }
}

const constants: Readonly<Record<string, PythonJson>> = {
  INT_ONE: 1,
  REAL_ONE: new Real(1),
  NOT_A_NUMBER: Number.NaN,
  INFINITE: Number.POSITIVE_INFINITY,
  MINUS_INFINITE: Number.NEGATIVE_INFINITY,
  MINUS_ZERO: new Real(-0),
  SAFE: Number.MAX_SAFE_INTEGER,
  BEYOND_SAFE: -(2n ** 53n) - 1n,
  BIG: 2n ** 100n,
  SMALL: 1e-5,
  SMALLEST: 5e-324,
  LARGEST: new Real(Number.MAX_VALUE),
  TEN_TO_16: new Real(1e16),
  THIRD: 1 / 3,
  NOTHING: null,
  YES: true,
  EMPTY: "",
  TEXT: 'Grüße ☉ \u{1f31e} "\\/ \n\t\u0000\u007f',
  LIST: [],
  TIMES: [0.01, new Real(10), 1e-5],
  NESTED: { a: [1, new Real(1), [null, { b: {}, c: [Number.NaN, 2n ** 64n] }]], ü: { "": [] } },
  LOOKUP: { "0.01": [3, new Real(4)], "10.0": [5] },
};

/** Gives tags to files of another task, and sets constants. */
class Parse extends WorkflowTaskBase {
  override async run(): Promise<void> {
    const times = [10, 10, 1e-5, 0.1 + 0.2];
    for (const [i, path] of (await this.paths([Tag.input(), Tag.frame()])).entries()) {
      const taskTag = i < 2 ? Tag.taskDark() : Tag.taskObserve();
      await this.tag(path, [Tag.exposureTime(times[i] ?? 0), taskTag, Tag.modstate(i)]);
    }
    for (const [name, value] of Object.entries(constants)) await this.setConstant(name, value);
  }
}

/** Does everything that a task can do to scratch. */
class MakeDark extends WorkflowTaskBase {
  override async run(): Promise<void> {
    const [first = "", second = "", third = ""] = await this.paths([Tag.input(), Tag.frame()]);
    const tags = [Tag.intermediate(), Tag.frame(), Tag.taskDark(), Tag.exposureTime(10)];
    for (let i = 0; i < 2; i += 1) await this.write(encoded(`dark ${i}`), tags, bytes);
    await this.write(encoded("note"), [Tag.debug()], bytes, { relativePath: "notes/dark.txt" });
    await this.tag(first, ["DARK_USED", Tag.taskObserve()]);
    await this.removeTags(second, [Tag.modstate(1)]);
    await this.write(encoded("better"), [Tag.input()], bytes, {
      relativePath: relative(this.scratch.folder, third),
      overwrite: true,
    });
    await this.setConstant("DARK_LEVEL", real(12));
  }
}

class Purge extends WorkflowTaskBase {
  override async run(): Promise<void> {
    await this.scratch.purge();
  }
}

describeWith(pythonRedis, () => {
  describeWithRedis("a run that Python began", (url) => {
    const begun = async (recipeRunId?: number) => {
      const run = await sharedRun(url, recipeRunId);
      return { run, texts: (await run.python("write-run")) as Readonly<Record<string, string>> };
    };

    test("is found by its tags, whatever Python wrote as a tag", async () => {
      const { run } = await begun();
      const { tags, tagsOfFiles } = await run.seenByPython();
      await taskOf(run, async (task) => {
        const found = async (query: readonly string[]) =>
          (await task.paths(query)).map((path) => relative(run.folder, path));
        for (const [tag, files] of Object.entries(tags)) {
          expect((await found([tag])).toSorted(), tag).toEqual(files);
          expect(await task.count([tag])).toBe(files.length);
        }
        for (const [path, carried] of Object.entries(tagsOfFiles)) expect(await task.tags(path)).toEqual(carried);
        expect(await found([Tag.input(), Tag.frame(), Tag.taskDark()])).toEqual([
          "raw/frame_0.fits",
          "raw/frame_1.fits",
        ]);
        expect(await found([Tag.input(), Tag.exposureTime(1e-5)])).toEqual(["raw/frame_2.fits"]);
        expect(await found([Tag.exposureTime(0.3), Tag.modstate(0)])).toEqual(["raw/frame_3.fits"]);
        expect(await found([Tag.exposureTime(10n)])).toEqual(["raw/frame_4.fits"]);
        expect(await found([Tag.exposureTime(123456.789012), "SONNE_☉"])).toEqual(["raw/frame_5.fits"]);
        const texts: string[] = [];
        for await (const { value } of task.read([Tag.input(), Tag.frame()], bytes))
          texts.push(new TextDecoder().decode(value));
        expect(texts).toEqual(["raw 0", "raw 1", "raw 2", "raw 3", "raw 4", "raw 5"]);
      });
      await using scratch = await run.open("Reader");
      expect(new Set(await scratch.allTags())).toEqual(new Set(Object.keys(tags)));
      expect(Object.keys(tags)).toEqual(expect.arrayContaining(["EXP_TIME_10.0", "EXP_TIME_1E-05", "GLOB_[a-z]*?\\"]));
    });

    test("gives its constants without loss, and takes them back as Python spelt them", async () => {
      const { run, texts } = await begun();
      await taskOf(run, async (task) => {
        for (const [name, value] of Object.entries(constants)) {
          expect(task.constants.get(name), name).toEqual(value);
          expect(formatPythonJson(task.constants.get(name)), name).toBe(texts[name]);
          await task.setConstant(`AGAIN_${name}`, task.constants.get(name));
        }
      });
      expect(Object.keys(texts).toSorted()).toEqual(Object.keys(constants).toSorted());
      const { values } = await run.seenByPython();
      for (const name of Object.keys(texts)) expect(values[`AGAIN_${name}`], name).toBe(values[name]);
    });

    test("refuses to set a constant anew, and says what Python set", async () => {
      const { run } = await begun();
      await using scratch = await run.open("Second");
      await expect(scratch.constants.set("DARK_LEVEL", 13)).rejects.toMatchObject({
        code: "CONSTANT_EXISTS",
        message: expect.stringContaining("12.0"),
      });
    });

    test("has its counters continued", async () => {
      const { run } = await begun();
      const tags = ["INTERMEDIATE", "FRAME", "TASK_DARK", "EXP_TIME_10.0", "WORKFLOW_TASK_PYDARK"];
      const base = "INTERMEDIATE_WORKFLOW-TASK-PYDARK_TASK-DARK_EXP-TIME-10.0";
      expect((await run.seenByPython()).counters).toMatchObject({ [base]: 2 });
      await using scratch = await run.open("Dark");
      expect(await scratch.write(encoded("3"), tags)).toBe(`${base}_3.dat`);
      expect(await run.python("write", "PyDark", ...tags.slice(0, 4))).toBe(`${base}_4.dat`);
    });

    test("gives every file a name of its own while both write", async () => {
      const run = await sharedRun(url);
      await using scratch = await run.open("Draws");
      const drawn = run.python("draw", "PyDraws", "300") as Promise<readonly string[]>;
      const ours: string[] = [];
      // The files come with their names: a name that came twice would be refused by the file system.
      while (ours.length < 300) ours.push(await scratch.write(encoded("from firstlight"), ["DRAWN"]));
      expect(new Set([...ours, ...(await drawn)]).size).toBe(600);
      expect((await run.seenByPython()).tags.DRAWN).toHaveLength(600);
    });

    test("is rid of a Python attempt exactly as Python itself rids it of one, also by an attempt of the same name", async () => {
      const { run } = await begun();
      const { run: other } = await begun();
      const before = await run.stored();
      expect(await other.stored()).toEqual(before);
      await other.python("rollback", "PyDark");
      const expected = await other.stored();
      expect(expected).not.toEqual(before);
      {
        await using scratch = await run.open("PyDark");
        await scratch.rollback();
      }
      expect(withoutOwnKeys(await run.stored())).toEqual(expected);

      const { run: retried } = await begun();
      class PyDark extends WorkflowTaskBase {
        override async run(): Promise<void> {}
      }
      await retried.run(PyDark, 2);
      expect(withoutOwnKeys(await retried.stored())).toEqual(expected);
    });

    test("keeps a file that another Python task owns when the one that could not create it is rolled back", async () => {
      const { run } = await begun();
      expect(await run.python("create", "PyOwner", "owned.dat", "OWNED")).toBe(true);
      // Python audits first, and is then refused the name: its audit claims a file that it did not write.
      expect(await run.python("create", "PyLate", "owned.dat", "OWNED")).toBe(false);
      expect((await run.seenByPython()).written.PyLate).toEqual(["owned.dat"]);
      await using scratch = await run.open("PyLate");
      await scratch.rollback();
      const { tags, texts, written } = await run.seenByPython();
      expect([tags.OWNED, texts["owned.dat"], written.PyLate]).toEqual([["owned.dat"], "from Python", undefined]);
    });

    test("is purged, and runs in the same database are left alone", async () => {
      const recipeRunId = freshRunId() % 1e12;
      const { run } = await begun(recipeRunId);
      const neighbour = await sharedRun(url, recipeRunId + 15);
      // The same database, and a number that begins alike.
      const longer = await sharedRun(url, recipeRunId * 100 + ((15 - ((recipeRunId * 9) % 15)) % 15));
      expect(longer.recipeRunId % 15).toBe(recipeRunId % 15);
      for (const foreign of [neighbour, longer]) await foreign.python("write-run");
      const before = [await neighbour.stored(), await longer.stored()];
      await taskOf(run, (task) => task.setConstant("MINE", 1));
      await run.run(Purge);
      expect(await run.stored()).toEqual({ keys: {}, files: [] });
      expect([await neighbour.stored(), await longer.stored()]).toEqual(before);
    });
  });

  describeWithRedis("a run that firstlight began", (url) => {
    const begun = async () => {
      const run = await sharedRun(url);
      for (const task of [Receive, Parse, MakeDark]) await run.run(task);
      return run;
    };

    test("is the same to Python: files, tags, constants, audit, counters", async () => {
      const run = await begun();
      const seen = await run.seenByPython();
      await using scratch = await run.open("Reader");
      expect(Object.keys(seen.tags).toSorted()).toEqual((await scratch.allTags()).toSorted());
      for (const [tag, files] of Object.entries(seen.tags)) {
        expect((await scratch.find(tag)).map((path) => relative(run.folder, path)).toSorted(), tag).toEqual(files);
      }
      const dark = "INTERMEDIATE_WORKFLOW-TASK-MAKEDARK_TASK-DARK_EXP-TIME-10.0";
      expect(seen.tags).toMatchObject({
        INPUT: ["raw/frame_0.fits", "raw/frame_1.fits", "raw/frame_2.fits", "raw/frame_3.fits"],
        "EXP_TIME_10.0": [`${dark}_1.dat`, `${dark}_2.dat`, "raw/frame_0.fits", "raw/frame_1.fits"],
        "EXP_TIME_1E-05": ["raw/frame_2.fits"],
        "EXP_TIME_0.3": ["raw/frame_3.fits"],
        DARK_USED: ["raw/frame_0.fits"],
        WORKFLOW_TASK_RECEIVE: [0, 1, 2, 3].map((i) => `raw/frame_${i}.fits`),
      });
      expect(await run.python("find", "INPUT", "FRAME", "TASK_DARK")).toEqual([
        `${run.folder}/raw/frame_0.fits`,
        `${run.folder}/raw/frame_1.fits`,
      ]);
      expect(seen.texts).toMatchObject({ "frame_0.fits": "raw 0", "frame_2.fits": "better", "dark.txt": "note" });
      expect(seen.counters).toEqual({ [dark]: 2 });
      expect(seen.written).toEqual({
        Receive: [...[0, 1, 2, 3].map((i) => `raw/frame_${i}.fits`), "provenance/Receive.json"].toSorted(),
        MakeDark: [
          `${dark}_1.dat`,
          `${dark}_2.dat`,
          "notes/dark.txt",
          "provenance/MakeDark.json",
          "raw/frame_2.fits",
        ].toSorted(),
      });
      expect(seen.tagged.MakeDark).toEqual(["DARK_USED", "DEBUG", "INTERMEDIATE", "WORKFLOW_TASK_MAKEDARK"]);
      expect(seen.set).toEqual({ Parse: Object.keys(constants).toSorted(), MakeDark: ["DARK_LEVEL"] });
    });

    test("gives Python its constants as Python would have spelt them", async () => {
      const ours = await (await begun()).seenByPython();
      const theirs = await sharedRun(url);
      const texts = (await theirs.python("write-run")) as Readonly<Record<string, string>>;
      expect(ours.constants).toEqual({ ...texts, DARK_LEVEL: "12.0" });
      expect(ours.dumped).toEqual(ours.constants);
      expect(ours.values).toMatchObject({ NOT_A_NUMBER: "nan", REAL_ONE: "1.0", INT_ONE: "1", BIG: `${2n ** 100n}` });
    });

    test("names a file without a name as Python does", async () => {
      const run = await begun();
      const tags = ["ZZ_Z", "MODSTATE_5", "CS_STEP_4", "DSPS_REPEAT_2", "TASK_FOO", "OUTPUT", "CALIBRATED", "FRAME"];
      tags.push("INTERMEDIATE", "INPUT", "DEBUG", "MOVIE", "EXP_TIME_1E-05", "A B:C");
      const base =
        "DEBUG_INPUT_INTERMEDIATE_CALIBRATED_OUTPUT_WORKFLOW-TASK-BAR_TASK-FOO_DSPS-REPEAT-2_CS-STEP-4_MODSTATE-5_A-B-C_EXP-TIME-1E-05_MOVIE_ZZ-Z";
      expect(await run.python("write", "Bar", ...tags)).toBe(`${base}_1.dat`);
      await using scratch = await run.open("Bar");
      expect(await scratch.write(encoded("x"), [...tags, Tag.workflowTask("Bar")])).toBe(`${base}_2.dat`);
    });

    test("keeps its own keys where no pattern of Python's looks", async () => {
      const run = await begun();
      const { unmatched } = await run.seenByPython();
      expect(unmatched).toEqual(expect.arrayContaining([`${run.recipeRunId}:firstlight_fence:Parse`]));
      const own = Object.keys((await run.stored()).keys).filter((key) => key.startsWith("firstlight_"));
      expect(unmatched).toEqual(own.map((key) => `${run.recipeRunId}:${key}`));
    });

    test("is rid of one of our tasks by Python, as far as Python's audit goes, and the task can run again", async () => {
      const run = await begun();
      const before = withoutOwnKeys(await run.stored());
      await run.python("rollback", "MakeDark");
      const seen = await run.seenByPython();
      // What Python's audit says: the files are gone, also the one that was overwritten, and the new tags.
      expect(Object.keys(seen.tagsOfFiles).toSorted()).toEqual([
        "provenance/Receive.json",
        "raw/frame_0.fits",
        "raw/frame_1.fits",
        "raw/frame_3.fits",
      ]);
      expect(Object.keys(seen.tags).filter((tag) => /DARK_USED|DEBUG|INTERMEDIATE|MAKEDARK/.test(tag))).toEqual([]);
      expect(seen.constants).not.toHaveProperty("DARK_LEVEL");
      expect([seen.written, seen.tagged, seen.set].map((audit) => audit.MakeDark)).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      // What it does not know: an old tag on an old file, and a tag taken away.
      expect(seen.tags.TASK_OBSERVE).toContain("raw/frame_0.fits");
      expect(seen.tags.MODSTATE_1).toBeUndefined();

      // Our own rollback finds all that in its journal, and brings back the file from what it kept.
      await run.run(MakeDark, 2);
      expect(withoutOwnKeys(await run.stored())).toEqual(before);
    });

    test("is purged by Python but for our own keys, which our purge takes", async () => {
      const run = await begun();
      const neighbour = await sharedRun(url, run.recipeRunId + 15);
      for (const task of [Receive, Parse]) await neighbour.run(task);
      const before = await neighbour.stored();
      await run.python("purge");
      const left = await run.stored();
      expect(left.files).toEqual([]);
      expect(Object.keys(left.keys).filter((key) => !key.startsWith("firstlight_"))).toEqual([]);
      expect(left.keys).toHaveProperty("firstlight_fence:MakeDark");
      await run.run(Purge);
      expect(await run.stored()).toEqual({ keys: {}, files: [] });
      expect(await neighbour.stored()).toEqual(before);
    });
  });
});
