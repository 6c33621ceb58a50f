import { mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { objectStoreTransfer } from "../../src/services/drivers/object-store-transfer.ts";
import type { TransferItem } from "../../src/services/transfer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const how = { label: "input", recipeRunId: 7 };

/** An object store with these keys in the bucket `data`, each its own content, beside an empty scratch. */
async function world(...keys: readonly string[]) {
  const folder = await temporaryFolder();
  const [objects, scratch] = [join(folder.path, "objects"), join(folder.path, "scratch")];
  await mkdir(scratch);
  for (const key of keys) {
    const path = join(objects, "data", key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, key);
  }
  const transfer = fsTransfer({ root: objects, scratchPath: scratch });
  const overStore = objectStoreTransfer({ store: fsObjectStore({ root: objects }), scratchPath: scratch });
  const item = (key: string, path = key): TransferItem => ({ bucket: "data", key, path: join(scratch, path) });
  return { objects, scratch, transfer, overStore, item, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test("two files of one place are named, and nothing is copied; one named twice comes once", async () => {
  await using own = await world("a", "b", "d/b");
  const { transfer, item, scratch } = own;
  await expect(transfer.toScratch([item("a"), item("b", "a")], how)).rejects.toMatchObject({
    code: "TRANSFER_FAILED",
    disposition: "invalid",
    fields: { pairs: [`${join(own.objects, "data/a")} and ${join(own.objects, "data/b")} → ${join(scratch, "a")}`] },
  });
  await expect(transfer.toScratch([item("b"), { ...item("d", "."), recursive: true }], how)).rejects.toMatchObject({
    code: "TRANSFER_FAILED",
  });
  expect(await readdir(scratch)).toEqual([]);
  const arrived: string[] = [];
  await transfer.toScratch([item("a"), item("b"), item("a")], { ...how, onFile: ({ path }) => arrived.push(path) });
  expect(arrived).toEqual([join(scratch, "a"), join(scratch, "b")]);
});

test("two products of one key are named", async () => {
  await using own = await world();
  for (const name of ["x", "y"]) await writeFile(join(own.scratch, name), name);
  const items = ["x", "y"].map((name) => ({ ...own.item("p/k"), path: join(own.scratch, name) }));
  await expect(own.transfer.toObjectStore(items, how)).rejects.toThrow(/\/x and .*\/y → .*p\/k/);
});

test.each(["../out", "link/x", "."])("a place that leaves scratch (%s) is refused by name", async (path) => {
  await using own = await world("a");
  await symlink(own.objects, join(own.scratch, "link"));
  const items = [{ ...own.item("a"), path: `${own.scratch}/${path}` }];
  const refused = {
    code: "TRANSFER_FAILED",
    disposition: "invalid",
    fields: { paths: [items[0]?.path], scratchPath: own.scratch },
  };
  for (const transfer of [own.transfer, own.overStore]) {
    await expect(transfer.toScratch(items, how)).rejects.toMatchObject(refused);
    await expect(transfer.toObjectStore(items, how)).rejects.toMatchObject(refused);
  }
  expect(await readdir(dirname(own.scratch))).toEqual(["objects", "scratch"]);
  expect(await readdir(own.objects, { recursive: true })).toEqual(["data", "data/a"]);
});

test("a source that cannot be looked at is named", async () => {
  await using own = await world();
  const from = join(own.scratch, "n".repeat(300));
  await expect(own.transfer.toObjectStore([{ ...own.item("k"), path: from }], how)).rejects.toMatchObject({
    code: "OBJECT_STORE_FAILED",
    message: expect.stringContaining(`${from} cannot be read`),
  });
});

test("a copy is a file of its own, which no other name leads to", async () => {
  await using own = await world("a");
  await own.transfer.toScratch([own.item("a")], how);
  expect((await stat(join(own.scratch, "a"))).nlink).toBe(1);
  expect((await stat(join(own.objects, "data/a"))).nlink).toBe(1);
});

test("what an interrupted transfer brought stays, and the rest comes", async () => {
  await using own = await world("a", "b", "c");
  const items = ["a", "b", "c"].map((key) => own.item(key));
  const stop = new AbortController();
  const stopped = own.transfer.toScratch(items, { ...how, signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  const before = await stat(join(own.scratch, "a"));
  await own.transfer.toScratch(items, how);
  expect((await stat(join(own.scratch, "a"))).ino).toBe(before.ino);
  expect(await Promise.all(items.map(({ path }) => readFile(path, "utf8")))).toEqual(["a", "b", "c"]);
});
