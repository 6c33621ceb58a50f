import { createHash } from "node:crypto";
import { appendFile, chmod, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readAll } from "../../src/core/byte-source.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { openSource } from "../../src/services/drivers/object-source.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Long ago, so that the file's state alone tells; or just now, when it cannot. */
const ages = { old: () => new Date(2020, 1, 1), new: () => new Date() };

describe.each(Object.entries(ages))("a file (%s) that is stored", (_, age) => {
  test.each<[what: string, change: (path: string) => Promise<unknown>, isChanged: boolean]>([
    ["written over with as many bytes", (path) => writeFile(path, "after_"), true],
    ["written over, and given its time back", (path) => writeFile(path, "after_").then(() => touch(path)), true],
    ["grown", (path) => appendFile(path, "more"), true],
    ["shortened", (path) => writeFile(path, "b"), true],
    ["left alone", async () => {}, false],
    ["given other rights", (path) => chmod(path, 0o600), false],
    ["touched", (path) => utimes(path, 1, 1), false],
    ["written over with the same bytes", (path) => writeFile(path, "before"), false],
    ["replaced by another of its name", (path) => replace(path), false],
  ])("and meanwhile %s", async (_, change, isChanged) => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "file");
    await writeFile(path, "before");
    await touch(path);
    await using source = await openSource({ path });
    const digest = sha256(await readAll(source));
    await change(path);
    const held = source.requireUnchanged(digest);
    if (!isChanged) await held;
    else {
      await expect(held).rejects.toMatchObject({
        code: "OBJECT_SOURCE_CHANGED",
        disposition: "retry",
        message: expect.stringContaining(path),
      });
    }
  });

  const touch = (path: string): Promise<void> => utimes(path, age(), age());
});

async function replace(path: string): Promise<void> {
  await writeFile(`${path}.new`, "after");
  await rename(`${path}.new`, path);
}

/** The bytes, each once where it follows another. */
function inTheirOrder(bytes: Uint8Array): readonly number[] {
  const order: number[] = [];
  for (const byte of bytes) if (byte !== order.at(-1)) order.push(byte);
  return order;
}

test("an object is what its file was at one moment, however often it is written over meanwhile, or is refused", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "file");
  const sizeBytes = 3 * 2 ** 20;
  await writeFile(path, Buffer.alloc(sizeBytes, 0));
  await using store = fsObjectStore({ root: join(folder.path, "objects") });
  const told = { stored: 0, refused: 0 };
  let isOver = false;
  const writing = (async () => {
    for (let generation = 1; !isOver; generation += 1)
      await writeFile(path, Buffer.alloc(sizeBytes, generation), { flag: "r+" });
  })();
  try {
    for (let put = 0; put < 12; put += 1) {
      try {
        await store.put("data", "key", { path });
        await using object = await store.get("data", "key");
        const generations = inTheirOrder(await readAll(object));
        const [newest = 0] = generations;
        // The writer may have stood still in the midst of a generation: then that begins the file, and the one before ends it.
        expect([[newest], [newest, (newest + 255) % 256]]).toContainEqual(generations);
        told.stored += 1;
      } catch (error) {
        expect(error).toMatchObject({ code: "OBJECT_SOURCE_CHANGED" });
        told.refused += 1;
      }
    }
  } finally {
    isOver = true;
    await writing;
  }
  expect(told.stored + told.refused).toBe(12);
  await store.put("data", "key", { path });
});
