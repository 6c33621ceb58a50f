import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Real } from "../../src/core/scalar.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { openScratch } from "../../src/scratch/scratch.ts";
import { allOf, anyOf, formatQuery, noneOf, type TagQuery, withStem } from "../../src/scratch/tag-query.ts";
import { tagVocabulary } from "../../src/scratch/tag-vocabulary.ts";
import { bytes, eachInventory, type MakeRun } from "./each-inventory.ts";

// On memory, sqlite and redis.
eachInventory((makeRun) => {
  test("a file is written under its tags, audited, and found", async () => {
    const run = await makeRun();
    await using scratch = await run.open("Writer");
    expect(await scratch.write(bytes("one"), ["INPUT", "FRAME"], { relativePath: "sub/a.dat" })).toBe("sub/a.dat");
    expect(await scratch.find(["FRAME", "INPUT"])).toEqual([join(run.folder, "sub/a.dat")]);
    expect(await readFile(join(run.folder, "sub/a.dat"), "utf8")).toBe("one");
    expect(await scratch.tags("sub/a.dat")).toEqual(["FRAME", "INPUT"]);
    expect(await run.facts()).toMatchObject({
      "path:INPUT": [join(run.folder, "sub/a.dat")],
      "scratch_audit:WRITE_Writer": [join(run.folder, "sub/a.dat")],
      "scratch_audit:TAG_Writer": ["FRAME", "INPUT"],
    });
    expect(await run.files()).toEqual(["sub/a.dat"]);
  });

  test("generic names count from 1 for each set of tags", async () => {
    const scratch = await (await makeRun()).open("Writer");
    expect(await scratch.write(bytes("1"), ["INPUT", "TASK_FOO", "FRAME"])).toBe("INPUT_TASK-FOO_1.dat");
    expect(await scratch.write(bytes("2"), ["TASK_FOO", "INPUT"])).toBe("INPUT_TASK-FOO_2.dat");
    expect(await scratch.write(bytes("3"), ["INPUT"])).toBe("INPUT_1.dat");
    expect(await scratch.genericName(["INPUT"])).toBe("INPUT_2.dat");
  });

  test("a generic name that somebody took is passed over", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await writeFile(join(run.folder, "INPUT_1.dat"), "somebody's");
    expect(await scratch.write(bytes("mine"), ["INPUT"])).toBe("INPUT_2.dat");
    expect(await readFile(join(run.folder, "INPUT_1.dat"), "utf8")).toBe("somebody's");
  });

  test("a file that is there is not written over, unless it is asked for", async () => {
    const scratch = await (await makeRun()).open("Writer");
    await scratch.write(bytes("one"), ["A"], { relativePath: "a" });
    await expect(scratch.write(bytes("two"), ["B"], { relativePath: "a" })).rejects.toMatchObject({
      code: "SCRATCH_FILE_EXISTS",
    });
    expect(await scratch.tags("a")).toEqual(["A"]);
    await scratch.write(bytes("two"), ["B"], { relativePath: "a", overwrite: true });
    expect(await scratch.find("A")).toEqual([join(scratch.folder, "a")]);
    expect(await scratch.count("B")).toBe(1);
    expect(await readFile(join(scratch.folder, "a"), "utf8")).toBe("two");
  });

  test("queries answer all, any and nested", async () => {
    const scratch = await (await makeRun()).open("Writer");
    const files = { one: ["A", "B"], two: ["B", "C"], three: ["A", "B", "C"], four: ["D"] };
    for (const [name, tags] of Object.entries(files)) await scratch.write(bytes(name), tags, { relativePath: name });
    const names = async (query: Parameters<typeof scratch.find>[0]) =>
      (await scratch.find(query)).map((path) => path.slice(scratch.folder.length + 1));
    expect(await names("B")).toEqual(["one", "three", "two"]);
    expect(await names(["A", ["B", ["C"]]])).toEqual(["three"]);
    expect(await names(anyOf("A", "C"))).toEqual(["one", "three", "two"]);
    expect(await names(["B", anyOf("A", "D")])).toEqual(["one", "three"]);
    expect(await names(anyOf(["A", "C"], "D"))).toEqual(["four", "three"]);
    expect(await names([anyOf("A", "D"), anyOf("C", allOf("A", "B"))])).toEqual(["one", "three"]);
    expect(await names(["A", "NONE"])).toEqual([]);
    for (const query of ["B", ["A", "B"], anyOf("A", "D"), ["B", anyOf("A", "D")], ["A", "NONE"]] as const) {
      expect(await scratch.count(query)).toBe((await scratch.find(query)).length);
    }
    for (const empty of [[], anyOf(), [[], allOf()]]) {
      await expect(scratch.find(empty)).rejects.toMatchObject({ code: "TAG_QUERY_EMPTY" });
    }
  });

  test("queries answer what files do not carry, alone and nested", async () => {
    const { names, count } = await searchable(makeRun, {
      one: ["A", "B"],
      two: ["B", "C"],
      three: ["A", "B", "C"],
      four: ["D"],
    });
    const found: readonly (readonly [TagQuery, readonly string[]])[] = [
      [["B", noneOf("C")], ["one"]],
      [["B", noneOf("A", "D")], ["two"]],
      [noneOf("B"), ["four"]],
      [noneOf("A", "D"), ["two"]],
      [noneOf("NONE"), ["four", "one", "three", "two"]],
      [noneOf(["A", "C"]), ["four", "one", "two"]],
      [anyOf("D", ["A", noneOf("C")]), ["four", "one"]],
      [anyOf("D", noneOf("B")), ["four"]],
      [["A", noneOf(noneOf("C"))], ["three"]],
      [allOf(noneOf("D"), anyOf("A", "C"), noneOf(anyOf(["A", "C"], "D"))), ["one", "two"]],
      [["A", noneOf("A")], []],
    ];
    for (const [query, expected] of found) {
      expect([formatQuery(query), await names(query)]).toEqual([formatQuery(query), expected]);
      expect([formatQuery(query), await count(query)]).toEqual([formatQuery(query), expected.length]);
    }
    for (const empty of [noneOf(), ["A", noneOf()], anyOf("A", []), noneOf(anyOf())]) {
      await expect(count(empty)).rejects.toMatchObject({ code: "TAG_QUERY_EMPTY" });
    }
  });

  test("queries by stem find its tags, and none that only contain it", async () => {
    const { names, count } = await searchable(makeRun, {
      dark: ["TASK_DARK", "EXP_TIME_10.0", "INPUT"],
      observe: ["TASK_OBSERVE", "EXP_TIME_1E-05", "INPUT_DATASET_PARAMETERS"],
      quality: ["QUALITY_TASK_DARK", "READOUT_EXP_TIME_10.0", "INPUTS"],
      worker: ["WORKFLOW_TASK_PARSE", "QUALITY"],
    });
    const found: readonly (readonly [TagQuery, readonly string[]])[] = [
      [withStem("TASK"), ["dark", "observe"]],
      [withStem("EXP_TIME"), ["dark", "observe"]],
      [withStem("QUALITY"), ["worker"]],
      [withStem("INPUT"), ["dark"]],
      [withStem("MODSTATE"), []],
      [[withStem("EXP_TIME"), noneOf("TASK_DARK")], ["observe"]],
      [noneOf(withStem("TASK"), withStem("WORKFLOW_TASK")), ["quality"]],
      [anyOf(withStem("QUALITY_TASK"), withStem("INPUT_DATASET")), ["observe", "quality"]],
      [withStem("INPUT", ["INPUTS"]), ["dark"]],
      [withStem("INPUTS", ["INPUTS"]), ["quality"]],
    ];
    for (const [query, expected] of found) {
      expect([formatQuery(query), await names(query)]).toEqual([formatQuery(query), expected]);
      expect([formatQuery(query), await count(query)]).toEqual([formatQuery(query), expected.length]);
    }
  });

  test("an instrument's own stem takes its tags from a shorter one", async () => {
    const MapTag = tagVocabulary({ map: "MAP", mapScan: "MAP_SCAN", taskMap: "TASK_MAP" });
    const { names } = await searchable(makeRun, {
      left: [MapTag.map("left")],
      scan: [MapTag.mapScan(3)],
      task: [MapTag.taskMap(1)],
      foreign: ["MAPPING_1", "XMAP_1"],
    });
    expect(await names(MapTag.withStem("MAP"))).toEqual(["left"]);
    expect(await names(MapTag.withStem("MAP_SCAN"))).toEqual(["scan"]);
    expect(await names(MapTag.withStem("TASK"))).toEqual([]);
    expect(await names(withStem("TASK"))).toEqual(["task"]);
  });

  test("files come sorted by name, then by folder", async () => {
    const scratch = await (await makeRun()).open("Writer");
    for (const path of ["z/1", "a/2", "y/1", "0"]) await scratch.write(bytes(path), ["A"], { relativePath: path });
    expect((await scratch.find("A")).map((path) => path.slice(scratch.folder.length + 1))).toEqual([
      "0",
      "y/1",
      "z/1",
      "a/2",
    ]);
  });

  test("tags are added in bulk, read in bulk and taken away", async () => {
    const scratch = await (await makeRun()).open("Writer");
    const paths = await Promise.all(
      [1, 2, 3].map((n) => scratch.write(bytes(`${n}`), ["A"], { relativePath: `f${n}` })),
    );
    await scratch.tagAll([
      { paths, tags: ["B", "C"] },
      { paths: join(scratch.folder, "f1"), tags: ["D"] },
    ]);
    expect(await scratch.tagsOfAll(["f3", "f1", "nothing"])).toEqual([["A", "B", "C"], ["A", "B", "C", "D"], []]);
    await scratch.untag(["f1", "f2"], ["A", "B"]);
    expect(await scratch.tagsOfAll(paths)).toEqual([["C", "D"], ["C"], ["A", "B", "C"]]);
    expect(await scratch.allTags()).toEqual(["A", "B", "C", "D"]);
    await expect(scratch.tag(["f1", "missing"], ["E"])).rejects.toMatchObject({ code: "SCRATCH_FILE_MISSING" });
    expect(await scratch.count("E")).toBe(0);
  });

  test("thousands of tags are written in portions, each on its file, and none where one file is missing or leads away", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await mkdir(join(run.folder, "frames"));
    const names = Array.from({ length: 300 }, (_, i) => `frames/f${i}`);
    for (const name of names) await writeFile(join(run.folder, name), "");
    const tagsOf = (i: number): string[] => Array.from({ length: 7 }, (_, n) => `T${n}_${i % (n + 2)}`);
    const all = names.map((paths, i) => ({ paths, tags: tagsOf(i) }));

    const withMissing = [...all, { paths: "frames/f300", tags: ["LATE"] }];
    await expect(scratch.tagAll(withMissing)).rejects.toMatchObject({ code: "SCRATCH_FILE_MISSING" });
    await symlink("/etc/hostname", join(run.folder, "frames/f301"));
    const leadingAway = [...all, { paths: "frames/f301", tags: ["LATE"] }];
    await expect(scratch.tagAll(leadingAway)).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    expect(await scratch.allTags()).toEqual([]);

    await scratch.tagAll({ [Symbol.iterator]: () => all.values() });
    expect(await scratch.tagsOfAll(names)).toEqual(names.map((_, i) => tagsOf(i).sort()));
  });

  test("an iterator of files is gone through as a list of them is, and what is neither is refused by name", async () => {
    const scratch = await (await makeRun()).open("Writer");
    for (const name of ["a", "b"]) await scratch.write(bytes(name), [], { relativePath: name });
    function* wanted() {
      for (const paths of ["a", "b"]) yield { paths, tags: ["FRAME"] };
    }
    await scratch.tagAll(wanted());
    expect(await scratch.count(["FRAME"])).toBe(2);
    const odd = (files: unknown) => scratch.tagAll(files as Parameters<typeof scratch.tagAll>[0]);
    await expect(odd([{ paths: "a" }])).rejects.toMatchObject({ code: "TAG_ILLEGAL" });
    await expect(odd([{ paths: "a", tags: ["OTHER"].values() }])).rejects.toMatchObject({ code: "TAG_ILLEGAL" });
    await expect(odd([{ tags: ["OTHER"] }])).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    await expect(odd([{ paths: ["a"].values(), tags: ["OTHER"] }])).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    expect(await scratch.allTags()).toEqual(["FRAME"]);
  });

  test("links that lead in a circle, and names that no file can have, are no paths of files", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await symlink("loop", join(run.folder, "loop"));
    await expect(scratch.tag("loop", ["A"])).rejects.toMatchObject({
      code: "SCRATCH_PATH",
      message: expect.stringContaining("in a circle"),
    });
    await expect(scratch.write(bytes("a"), [], { relativePath: 5 as never })).rejects.toMatchObject({
      code: "SCRATCH_PATH",
    });
    const long = "n".repeat(256);
    const works = [
      () => scratch.tag(long, ["A"]),
      () => scratch.untag(long, ["A"]),
      () => scratch.remove(`sub/${long}`),
    ];
    for (const work of works) {
      await expect(work()).rejects.toMatchObject({
        code: "SCRATCH_PATH",
        message: expect.stringContaining("at most 255 bytes"),
      });
    }
    // The disk and SQLite would both take these two for one.
    for (const work of [() => scratch.tag(["x\ud800", "x\ud801"], ["A"]), () => scratch.untag("x\ud800", ["A"])]) {
      await expect(work()).rejects.toMatchObject({
        code: "SCRATCH_PATH",
        message: expect.stringContaining("no valid Unicode"),
      });
    }
  });

  test("a removed file has no tags left, and removing what is not there is no error", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await scratch.write(bytes("1"), ["A", "B"], { relativePath: "f" });
    await scratch.remove("f");
    await scratch.remove("f");
    expect(await run.files()).toEqual([]);
    expect(await scratch.allTags()).toEqual([]);
  });

  test("a transferred file is reserved, adopted and then this task's own", async () => {
    const run = await makeRun();
    await using scratch = await run.open("Transfer");
    const path = await scratch.reserve("frames/a.fits");
    expect(path).toBe(join(run.folder, "frames/a.fits"));
    await writeFile(path, "frame");
    await scratch.adopt(path, ["INPUT", "FRAME"]);
    await writeFile(join(run.folder, "frames/b.fits"), "frame");
    await scratch.adopt(["frames/b.fits"], ["INPUT"]);
    expect(await scratch.count("INPUT")).toBe(2);
    await scratch.rollback();
    expect(await run.files()).toEqual([]);
    expect(await run.facts()).toEqual({});
  });

  test.each(["/etc/passwd", "../a", "sub/../../a", "", ".", "sub/", ".firstlight/a", "a\0b", `sub/${"x".repeat(256)}`])(
    "nothing is written to %j",
    async (relativePath) => {
      const run = await makeRun();
      const scratch = await run.open("Writer");
      await expect(scratch.write(bytes("1"), ["A"], { relativePath })).rejects.toMatchObject({
        code: "SCRATCH_PATH",
        message: expect.stringContaining("Name a file below the run's folder"),
      });
      expect(await run.facts()).toEqual({});
      expect(await run.files()).toEqual([]);
    },
  );

  test("no symbolic link leads out of scratch", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    const outside = join(run.basePath, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "secret"), "1");
    await symlink(outside, join(run.folder, "link"));
    await symlink(join(outside, "secret"), join(run.folder, "file"));
    const refused = { code: "SCRATCH_PATH", message: expect.stringContaining("symbolic link") };
    await expect(scratch.write(bytes("1"), ["A"], { relativePath: "link/new" })).rejects.toMatchObject(refused);
    await expect(scratch.write(bytes("1"), ["A"], { relativePath: "link/deep/new" })).rejects.toMatchObject(refused);
    await expect(scratch.tag("file", ["A"])).rejects.toMatchObject(refused);
    await expect(scratch.tag(join(outside, "secret"), ["A"])).rejects.toMatchObject({ code: "SCRATCH_PATH" });
  });

  test("what is a folder, or lies below a file, is no path of a file", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await scratch.write(bytes("1"), ["A"], { relativePath: "file" });
    await mkdir(join(run.folder, "folder"));
    const before = await run.facts();
    const asked: Readonly<Record<string, () => Promise<unknown>>> = {
      "a folder has that name": () => scratch.write(bytes("2"), ["A"], { relativePath: "folder", overwrite: true }),
      "a file is": () => scratch.write(bytes("2"), ["A"], { relativePath: "file/new" }),
      "where it has a folder a file is": () => scratch.write(bytes("2"), ["A"], { relativePath: "file/deep/new" }),
    };
    for (const [why, ask] of Object.entries(asked)) {
      await expect(ask()).rejects.toMatchObject({ code: "SCRATCH_PATH", message: expect.stringContaining(why) });
    }
    const folder = { code: "SCRATCH_PATH", message: expect.stringContaining("it is a folder") };
    await expect(scratch.tag("folder", ["A"])).rejects.toMatchObject(folder);
    await expect(scratch.adopt("folder", ["A"])).rejects.toMatchObject(folder);
    await expect(scratch.remove("folder")).rejects.toMatchObject(folder);
    await expect(scratch.reserve("folder")).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    await expect(scratch.remove("file/below")).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    expect(await run.facts()).toEqual(before);
  });

  test("an illegal tag is refused before anything is written", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await expect(scratch.write(bytes("1"), ["A", "bad*"])).rejects.toMatchObject({ code: "TAG_ILLEGAL" });
    expect(await run.files()).toEqual([]);
    expect(await run.facts()).toEqual({});
    await scratch.write(bytes("1"), ["A"], { relativePath: "a" });
    await expect(scratch.tag("a", ["bad*"])).rejects.toMatchObject({ code: "TAG_ILLEGAL" });
  });

  test("whatever Python wrote as a tag is read", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    const path = await scratch.write(bytes("1"), ["A"], { relativePath: "a" });
    await run.driver.add([[`${run.recipeRunId}:path:odd (tag) ä*`, join(run.folder, path)]]);
    expect(await scratch.tags("a")).toEqual(["A", "odd (tag) ä*"]);
    expect(await scratch.count(["A", "odd (tag) ä*"])).toBe(1);
    await expect(scratch.untag("a", ["odd (tag)"])).rejects.toMatchObject({ code: "TAG_ILLEGAL" });
    await scratch.untag("a", ["odd (tag) ä*", "NOT CARRIED"]);
    expect(await scratch.tags("a")).toEqual(["A"]);
  });

  test("others may write into the folders, whatever the umask", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    await scratch.write(bytes("1"), ["A"], { relativePath: "sub/deep/a" });
    for (const folder of ["", "sub", "sub/deep"]) {
      expect((await stat(join(run.folder, folder))).mode & 0o777).toBe(0o777);
    }
  });

  test("what a task sets is set, also where the reply was lost and the connection asked again", async () => {
    const run = await makeRun();
    const driver: InventoryDriver = {
      ...run.driver,
      async setOnce(...asked) {
        await run.driver.setOnce(...asked);
        return run.driver.setOnce(...asked);
      },
    };
    const { basePath, recipeRunId } = run;
    await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Parse", driver });
    await scratch.constants.set("A", 1);
    expect(await scratch.constants.get("A")).toBe(1);
    expect((await run.facts())["constants_audit:SET_Parse"]).toEqual(["A"]);
    await scratch.rollback();
    expect(await run.facts()).toEqual({});
  });

  test("of two that set a constant at once one is refused, even with the same value", async () => {
    const run = await makeRun();
    const { constants } = await run.open("Parse");
    const set = await Promise.allSettled([constants.set("A", 1), constants.set("A", 1)]);
    expect(set.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(set[1]).toMatchObject({ reason: { code: "CONSTANT_EXISTS" } });
    expect((await run.facts())["constants_audit:SET_Parse"]).toEqual(["A"]);
  });

  test("nothing is removed through a folder that leads out of scratch", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    const outside = join(run.basePath, "outside");
    await mkdir(outside);
    await writeFile(join(outside, "precious"), "x");
    await symlink(outside, join(run.folder, "link"));
    await expect(scratch.remove("link/precious")).rejects.toMatchObject({ code: "SCRATCH_PATH" });
    expect(await readFile(join(outside, "precious"), "utf8")).toBe("x");
    await scratch.remove("link");
    await expect(readFile(join(run.folder, "link/precious"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readFile(join(outside, "precious"), "utf8")).toBe("x");
  });

  test("another task's file is overwritten without a look at all that was written", async () => {
    const run = await makeRun();
    await (await run.open("Other")).write(bytes("1"), ["A"], { relativePath: "f" });
    const asked: string[] = [];
    const driver: InventoryDriver = {
      ...run.driver,
      members(keys) {
        asked.push(...keys);
        return run.driver.members(keys);
      },
    };
    const { basePath, recipeRunId } = run;
    await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Writer", driver });
    // At its opening it asked for the name of the folder.
    asked.length = 0;
    await scratch.write(bytes("2"), ["B"], { relativePath: "f", overwrite: true });
    expect(asked).toEqual([]);
    expect(await scratch.tags("f")).toEqual(["A", "B"]);
  });

  test("constants are written once, and keep reals and integers apart", async () => {
    const run = await makeRun();
    const { constants } = await run.open("Parse");
    await constants.set("B", { times: [new Real(10), 1e-5, 10, Number.NaN], name: "é", big: 2n ** 70n });
    await constants.set("A", ["x"]);
    expect(await run.driver.members([`${run.recipeRunId}:constant:B`])).toEqual([
      ['{"times": [10.0, 1e-05, 10, NaN], "name": "\\u00e9", "big": 1180591620717411303424}'],
    ]);
    expect(await constants.get("B")).toEqual({
      times: [new Real(10), 1e-5, 10, Number.NaN],
      name: "é",
      big: 2n ** 70n,
    });
    expect(await constants.names()).toEqual(["A", "B"]);
    expect((await constants.entries()).map(([name]) => name)).toEqual(["A", "B"]);
    expect(await constants.has("A")).toBe(true);
    expect(await constants.has("C")).toBe(false);
    await expect(constants.set("A", ["x"])).rejects.toMatchObject({
      code: "CONSTANT_EXISTS",
      message: expect.stringContaining('["x"]'),
    });
    await expect(constants.get("C")).rejects.toMatchObject({
      code: "CONSTANT_MISSING",
      message: expect.stringContaining("A, B"),
    });
    await expect(constants.set("D", undefined)).rejects.toMatchObject({ code: "JSON_INVALID" });
    expect((await run.facts())["constants_audit:SET_Parse"]).toEqual(["A", "B"]);
  });

  test("a query that finds nothing says which tag failed and what is near", async () => {
    const run = await makeRun();
    const scratch = await run.open("Writer");
    expect((await scratch.nearest(["INPUT"])).explanation).toContain("did the task that makes them run before");
    await scratch.write(bytes("1"), ["INPUT", "TASK_DARK", "EXP_TIME_10.0"]);
    await scratch.write(bytes("2"), ["INPUT", "TASK_DARK", "EXP_TIME_10.0"]);
    await scratch.write(bytes("3"), ["OUTPUT", "TASK_OBSERVE"]);
    expect((await scratch.nearest(["input"])).unknown).toEqual([{ tag: "input", similar: ["INPUT", "OUTPUT"] }]);
    const misspelt = await scratch.nearest(["INPUT", "TASK_DRK"]);
    expect(misspelt.unknown).toEqual([{ tag: "TASK_DRK", similar: ["TASK_DARK", "TASK_OBSERVE"] }]);
    expect(misspelt.near).toEqual([
      { tags: ["EXP_TIME_10.0", "INPUT", "TASK_DARK"], missing: ["TASK_DRK"], excludedBy: [], files: 2 },
    ]);
    expect(misspelt.explanation).toBe(
      "No file carries TASK_DRK at all; there is TASK_DARK, TASK_OBSERVE. Nearest: 2 files with EXP_TIME_10.0, INPUT, TASK_DARK, without TASK_DRK.",
    );
    const far = await scratch.nearest(["INTERMEDIATE", "TASK_GEOMETRIC"]);
    expect(far.explanation).toBe(
      "No file carries INTERMEDIATE at all. No file carries TASK_GEOMETRIC at all; there is TASK_OBSERVE, TASK_DARK. There is: 2 files with EXP_TIME_10.0, INPUT, TASK_DARK.",
    );
    const apart = await scratch.nearest(["INPUT", "TASK_DARK", anyOf("TASK_OBSERVE", "OUTPUT")]);
    expect(apart.unknown).toEqual([]);
    expect(apart.near[0]).toMatchObject({ missing: ["(TASK_OBSERVE or OUTPUT)"], files: 2 });
  });

  test("a query with stems and exclusions that finds nothing explains itself too", async () => {
    const scratch = await (await makeRun()).open("Writer");
    await scratch.write(bytes("1"), ["INPUT", "TASK_DARK", "EXP_TIME_10.0"]);
    await scratch.write(bytes("2"), ["INPUT", "TASK_DARK", "EXP_TIME_5.0"]);
    await scratch.write(bytes("3"), ["OUTPUT", "TASK_OBSERVE"]);
    const excluded = await scratch.nearest(["INPUT", withStem("EXP_TIME"), noneOf("TASK_DARK", "MOVIE")]);
    expect(excluded.unknown).toEqual([]);
    expect(excluded.explanation).toBe(
      "The files that carry what is asked for are excluded. Nearest: 1 file with EXP_TIME_10.0, INPUT, TASK_DARK, excluded by TASK_DARK; 1 file with EXP_TIME_5.0, INPUT, TASK_DARK, excluded by TASK_DARK.",
    );
    const stem = await scratch.nearest(["OUTPUT", withStem("EXP_TIMES", ["EXP_TIMES"])]);
    expect(stem.unknown).toEqual([{ tag: "a tag of stem EXP_TIMES", similar: ["EXP_TIME_10.0", "EXP_TIME_5.0"] }]);
    expect(stem.near).toEqual([
      { tags: ["OUTPUT", "TASK_OBSERVE"], missing: ["a tag of stem EXP_TIMES"], excludedBy: [], files: 1 },
    ]);
    const nothing = await scratch.nearest(noneOf("OUTPUT", "INPUT"));
    expect(nothing.near.map(({ excludedBy, files }) => [excludedBy, files])).toEqual([
      [["INPUT"], 1],
      [["INPUT"], 1],
      [["OUTPUT"], 1],
    ]);
  });
});

/** Files with these tags, looked for by their names. */
async function searchable(makeRun: MakeRun, files: Readonly<Record<string, readonly string[]>>) {
  const scratch = await (await makeRun()).open("Writer");
  for (const [name, tags] of Object.entries(files)) await scratch.write(bytes(name), tags, { relativePath: name });
  return {
    names: async (query: TagQuery) => (await scratch.find(query)).map((path) => path.slice(scratch.folder.length + 1)),
    count: scratch.count,
  };
}
