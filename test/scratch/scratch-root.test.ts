import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openScratch } from "../../src/scratch/scratch.ts";
import { bytes, eachInventory, type TestRun } from "./each-inventory.ts";

/** Scratch of the same run under another base path. For redis, too. */
function openAt(run: TestRun, basePath: string, taskName: string) {
  return openScratch({ basePath, recipeRunId: run.recipeRunId, taskName, driver: run.driver });
}

eachInventory((makeRun) => {
  test("a run that is opened through a symbolic link has the same files, each once", async () => {
    const run = await makeRun();
    const link = join(run.basePath, "link");
    await symlink(run.basePath, link);
    const scratch = await run.open("Writer");
    await scratch.write(bytes("1"), ["A"], { relativePath: "x" });
    const other = await openAt(run, link, "Other");
    expect(other.folder).toBe(run.folder);
    expect(await other.tags("x")).toEqual(["A"]);
    expect(await other.tags(join(link, String(run.recipeRunId), "x"))).toEqual(["A"]);
    await other.tag(await other.find("A"), ["B"]);
    await other.write(bytes("2"), ["A"], { relativePath: "x", overwrite: true });
    expect(await scratch.find(["A", "B"])).toEqual([join(run.folder, "x")]);
    await other.rollback();
    expect([await readFile(join(run.folder, "x"), "utf8"), await scratch.tags("x")]).toEqual(["1", ["A"]]);
    await (await openAt(run, link, "Writer")).rollback();
    expect([await run.files(), await run.facts()]).toEqual([[], {}]);
  });

  test("one that was opened through a link keeps that name, and takes the real one", async () => {
    const run = await makeRun();
    const link = join(run.basePath, "link");
    await symlink(run.basePath, link);
    const scratch = await openAt(run, link, "Writer");
    await scratch.write(bytes("1"), ["A"], { relativePath: "x" });
    const named = join(link, String(run.recipeRunId), "x");
    expect(await (await run.open("Other")).find("A")).toEqual([named]);
    await scratch.tag(join(run.folder, "x"), ["B"]);
    expect(await scratch.find("B")).toEqual([named]);
  });

  test("one whose folder was moved is refused by both names, nothing of it is changed, and moved back it goes on", async () => {
    const run = await makeRun();
    await (await run.open("Writer")).write(bytes("1"), ["A"], { relativePath: "x" });
    const before = await run.facts();
    const moved = join(run.basePath, "moved");
    await mkdir(moved);
    await rename(run.folder, join(moved, String(run.recipeRunId)));
    const opening = openAt(run, moved, "Writer");
    await expect(opening).rejects.toMatchObject({
      code: "SCRATCH_MOVED",
      fields: { root: run.folder, folder: join(moved, String(run.recipeRunId)) },
    });
    await expect(opening).rejects.toThrow("--fresh");
    expect(await run.facts()).toEqual(before);
    await rename(join(moved, String(run.recipeRunId)), run.folder);
    await (await run.open("Writer")).rollback();
    expect([await run.files(), await run.facts()]).toEqual([[], {}]);
  });
});
