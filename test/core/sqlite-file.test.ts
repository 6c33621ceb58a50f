import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { refuseNetworkFileSystem, sqliteFile } from "../../src/core/sqlite-file.ts";

const schema = "CREATE TABLE rows (name TEXT NOT NULL) STRICT";
let folder = "";
let path = "";
const open = (schemaVersion = 1) => sqliteFile({ path, title: "test file", schemaVersion, schema });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-sqlite-"));
  path = join(folder, "deep/er/test.sqlite");
});
afterEach(() => rm(folder, { recursive: true }));

describe("what is written", () => {
  test("is found by another who opens the file, made with its folders and a write-ahead log", async () => {
    {
      await using file = open();
      expect(await file.write((database) => database.run("INSERT INTO rows VALUES (?), (?)", "a", "b"))).toBe(2);
    }
    await using file = open();
    expect(
      await file.read((database) => [
        database.one("SELECT count(*) AS it FROM rows"),
        database.one("SELECT * FROM rows WHERE name = ?", "z"),
        database.all("SELECT * FROM rows ORDER BY name"),
        database.one("PRAGMA journal_mode"),
      ]),
    ).toEqual([{ it: 2 }, undefined, [{ name: "a" }, { name: "b" }], { journal_mode: "wal" }]);
  });

  test("is there whole or not at all", async () => {
    await using file = open();
    const failing = file.write((database) => {
      database.run("INSERT INTO rows VALUES ('a')");
      throw new RangeError("half way");
    });
    await expect(failing).rejects.toThrow(new RangeError("half way"));
    expect(await file.read((database) => database.all("SELECT * FROM rows"))).toEqual([]);
    await file.write((database) => database.run("INSERT INTO rows VALUES ('b')"));
    expect(await file.read((database) => database.all("SELECT * FROM rows"))).toEqual([{ name: "b" }]);
  });

  test("is synced at each commit, unless it may be lost with the power", async () => {
    await using file = open();
    // SQLite's numbers: 1 is NORMAL, 2 is FULL.
    const level = (mayBeLost?: boolean) =>
      file.write(
        (database) => database.one("PRAGMA synchronous")?.synchronous,
        mayBeLost === undefined ? {} : { mayBeLost },
      );
    expect([await level(), await level(true), await level(), await level(false)]).toEqual([2, 1, 2, 2]);
  });

  test("by several processes that make the file at the same time is all there", async () => {
    const program = new URL("../fixtures/add-row.ts", import.meta.url).pathname;
    const names = ["a", "b", "c", "d"];
    await Promise.all(
      names.map((name) =>
        promisify(execFile)(process.execPath, ["--conditions=firstlight-source", program, path, name, "25"]),
      ),
    );
    await using file = open();
    const counts = await file.read((database) =>
      database.all("SELECT name, count(*) AS it FROM rows GROUP BY name ORDER BY name"),
    );
    expect(counts).toEqual(names.map((name) => ({ name, it: 25 })));
  });
});

describe("a file", () => {
  test("of a later version is refused by name and left as it is", async () => {
    {
      await using later = open(99);
      await later.open();
    }
    await using file = open();
    await expect(file.open()).rejects.toMatchObject({
      code: "DATABASE_NEWER",
      message: expect.stringContaining(`test file ${path} has schema version 99`),
      fields: { path, found: 99, known: 1 },
    });
    using database = new DatabaseSync(path);
    expect(database.prepare("PRAGMA user_version").get()).toEqual({ user_version: 99 });
  });

  test("that is no database is named, with what to do", async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "this is not a database, but long enough to look at".repeat(10));
    await using file = open();
    await expect(file.read(() => 1)).rejects.toMatchObject({
      code: "DATABASE_UNUSABLE",
      disposition: "fatal",
      message: expect.stringMatching(/test file .*test\.sqlite cannot be used: .*SCRATCH_BASE_PATH/),
      fields: { path },
    });
  });

  test("that has no room left says so, is worth another try, and goes on once there is", async () => {
    await using file = open();
    // As a full disk answers: by SQLite's own bound.
    const pages = await file.read((database) => Number(database.one("PRAGMA page_count")?.page_count));
    await file.read((database) => database.one(`PRAGMA max_page_count = ${pages}`));
    const writing = file.write((database) => database.run("INSERT INTO rows VALUES (?)", "a".repeat(100_000)));
    await expect(writing).rejects.toMatchObject({ code: "DATABASE_FULL", disposition: "retry", fields: { path } });
    await file.read((database) => database.one("PRAGMA max_page_count = 1000000"));
    expect(await file.write((database) => database.run("INSERT INTO rows VALUES ('a')"))).toBe(1);
    expect(await file.read((database) => database.all("SELECT * FROM rows").length)).toBe(1);
  });

  test("whose folder cannot be made is named, and used once it can", async () => {
    await writeFile(join(folder, "deep"), "in the way");
    await using file = open();
    await expect(file.open()).rejects.toMatchObject({ code: "DATABASE_UNUSABLE", fields: { path } });
    await rm(join(folder, "deep"));
    expect(await file.write((database) => database.run("INSERT INTO rows VALUES ('a')"))).toBe(1);
  });

  test.runIf(existsSync("/proc/self"))(
    "where no folder can be is named with the setting, and nobody waits",
    async () => {
      await using file = sqliteFile({
        path: "/proc/nowhere/test.sqlite",
        title: "test file",
        schemaVersion: 1,
        schema,
      });
      await expect(file.open()).rejects.toMatchObject({
        code: "DATABASE_UNUSABLE",
        message: expect.stringMatching(/\/proc.*mkdir '\/proc\/nowhere'.*SCRATCH_BASE_PATH/),
      });
    },
  );

  test("is not used after it was closed, and nothing begun before is lost", async () => {
    const file = open();
    const begun = file.write((database) => database.run("INSERT INTO rows VALUES ('a')"));
    await file[Symbol.asyncDispose]();
    expect(await begun).toBe(1);
    await expect(file.read(() => 1)).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
  });

  test.each([
    ["set BUS_DRIVER=amqp", "Let SCRATCH_BASE_PATH name a folder on a local disk, or set BUS_DRIVER=amqp."],
    [undefined, "Let SCRATCH_BASE_PATH name a folder on a local disk."],
  ])("on a network file system is refused by name, with what to do: %s", (onNetwork, advice) => {
    const refuse = (type: number) => () =>
      refuseNetworkFileSystem(
        { path: "/data/runs.sqlite", title: "test file", ...(onNetwork === undefined ? {} : { onNetwork }) },
        type,
        "",
      );
    expect(refuse(0x6969)).toThrow(
      `The test file /data/runs.sqlite lies on NFS, where SQLite's write-ahead log is not safe. ${advice}`,
    );
    expect(refuse(0x6969)).toThrow(expect.objectContaining({ code: "DATABASE_NETWORK_FILE_SYSTEM" }));
    expect(refuse(0xef53)).not.toThrow();
  });
});
