import { execFileSync } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openFile, openFileNow, openFileStart } from "../../src/core/file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-start-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const content = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

test.each([
  ["within the start", 10, 50],
  ["across its end", 60, 100],
  ["behind it", 500, 200],
  ["to the end of the file, and no further", 950, 200],
  ["behind the end of the file", 2000, 10],
])("reads %s", async (_, offset, length) => {
  const path = join(folder, "frame");
  await writeFile(path, content);
  await using source = openFileStart(path, new Uint8Array(100));
  const into = new Uint8Array(length);
  const count = await source.read(offset, into);
  expect([source.sizeBytes, [...into.subarray(0, count)]]).toEqual([
    1000,
    [...content.subarray(offset, offset + length)],
  ]);
});

test("a file that is shorter than the start, and one that is not there", async () => {
  const path = join(folder, "short");
  await writeFile(path, content.subarray(0, 30));
  const start = new Uint8Array(100).fill(9);
  await using source = openFileStart(path, start);
  const into = new Uint8Array(100);
  expect([await source.read(0, into), source.sizeBytes]).toEqual([30, 30]);
  expect(() => openFileStart(join(folder, "none"), start)).toThrow(expect.objectContaining({ code: "ENOENT" }));
});

test("a folder and a pipe are refused at once, a link to a file is not", async () => {
  const [pipe, path, linked] = ["pipe", "file", "link"].map((name) => join(folder, name)) as [string, string, string];
  execFileSync("mkfifo", [pipe]);
  await writeFile(path, content);
  await symlink(path, linked);
  const start = new Uint8Array(100);
  for (const refused of [pipe, folder, "/dev/null"]) {
    const error = expect.objectContaining({ code: "FILE_NOT_REGULAR", message: expect.stringContaining(refused) });
    expect(() => openFileStart(refused, start)).toThrow(error);
    expect(() => openFileNow(refused)).toThrow(error);
    await expect(openFile(refused)).rejects.toEqual(error);
  }
  await using source = await openFile(linked);
  expect(source.sizeBytes).toBe(1000);
});
