import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixedClock } from "../../src/core/clock.ts";
import { temporaryPrefixOf, temporarySuffix } from "../../src/core/file.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const options = { label: "test", recipeRunId: 1 };

async function overwriteFirstByte(path: string): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(Uint8Array.of(0), 0, 1, 0);
}

describe("objects in the file system", () => {
  test("an object is a file at bucket and key, for everybody to read", async () => {
    await using folder = await temporaryFolder();
    await fsObjectStore({ root: folder.path }).put("data", "p/d/x.fits", Buffer.from("x"));
    expect(await readFile(join(folder.path, "data/p/d/x.fits"), "utf8")).toBe("x");
  });

  test("a link inside a bucket that leads out of it is refused, to read and to write", async () => {
    await using folder = await temporaryFolder();
    await using outside = await temporaryFolder();
    await writeFile(join(outside.path, "secret"), "secret");
    const store = fsObjectStore({ root: folder.path });
    await store.put("data", "a", Buffer.from("a"));
    await symlink(outside.path, join(folder.path, "data/link"));
    await symlink(join(outside.path, "new"), join(folder.path, "data/dangling"));
    for (const key of ["link/secret", "link/new", "link/new/deeper", "dangling"]) {
      await expect(store.get("data", key)).rejects.toMatchObject({ code: "OBJECT_KEY_ILLEGAL", fields: { key } });
      await expect(store.put("data", key, Buffer.from("x"))).rejects.toMatchObject({ code: "OBJECT_KEY_ILLEGAL" });
    }
    expect(await readdir(outside.path)).toEqual(["secret"]);
  });

  test.each(["", "..", "a/b", "/etc", ".hidden"])("the bucket '%s' is refused", async (bucket) => {
    await using folder = await temporaryFolder();
    await expect(fsObjectStore({ root: folder.path }).put(bucket, "k", Buffer.from("x"))).rejects.toMatchObject({
      code: "OBJECT_BUCKET_ILLEGAL",
    });
  });

  test("what the store keeps beside its objects is no object", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    await store.put("data", "a", Buffer.from("a"), { contentType: "text/plain" });
    await expect(store.get("data", ".firstlight-objects/a.json")).rejects.toMatchObject({ code: "OBJECT_KEY_ILLEGAL" });
    expect((await Array.fromAsync(store.list("data"))).map(({ key }) => key)).toEqual(["a"]);
  });

  test("a file that was changed behind the store's back is not vouched for", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    await store.put("data", "a", Buffer.from("old"), { metadata: { of: "old" } });
    await writeFile(join(folder.path, "data/a"), "longer");
    expect(await store.head("data", "a")).toMatchObject({ sizeBytes: 6, sha256: undefined, metadata: {} });
  });

  test("a write that is damaged on its way to the disk leaves the object that was there", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    const good = await store.put("data", "a", Buffer.from("good"), { contentType: "text/plain" });
    const bytes = Buffer.alloc(3 * 1024 * 1024, 1);
    const damaging = {
      name: "damaging",
      sizeBytes: bytes.length,
      async read(offset: number, into: Uint8Array) {
        const names = await readdir(join(folder.path, "data"));
        const temporary = names.find((name) => name.endsWith(temporarySuffix));
        // As many bytes as before, one of them another.
        if (offset > 0) await overwriteFirstByte(join(folder.path, "data", temporary!));
        into.set(bytes.subarray(offset, offset + into.length));
        return Math.min(into.length, bytes.length - offset);
      },
    };
    await expect(store.put("data", "a", damaging)).rejects.toMatchObject({ code: "OBJECT_DAMAGED" });
    expect(await readFile(join(folder.path, "data/a"), "utf8")).toBe("good");
    expect(await store.head("data", "a")).toEqual(good);
    expect((await readdir(join(folder.path, "data"))).filter((name) => name.endsWith(temporarySuffix))).toEqual([]);
  });

  test("keys whose notes could be in each other's way are stored with all that is known of them", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    const long = "k".repeat(255);
    const keys = ["n/a", "n/a.json/b", "m/c.json/b", "m/c", "o/a.json~/b", "o/a.json/b", "o/a", long, `d/${long}/b`];
    keys.push(`e/${"f".repeat(64)}/g`, `h/${"x".repeat(248)}.json/b`, `h/${"x".repeat(248)}`);
    const infos = new Map<string, unknown>();
    for (const [index, key] of keys.entries()) {
      infos.set(key, await store.put("data", key, Buffer.from(key), { metadata: { groupid: `${index}` } }));
    }
    for (const key of keys) {
      expect(await store.head("data", key)).toEqual(infos.get(key));
      expect(await store.head("data", key)).toMatchObject({ sha256: expect.any(String) });
    }
    await store.delete("data", keys);
    const left = await readdir(folder.path, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  test("a part of a key that is longer than a file's name may be is refused", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    const key = `a/${"ä".repeat(128)}/b`;
    const illegal = {
      code: "OBJECT_KEY_ILLEGAL",
      message: expect.stringContaining("255 bytes at most, and one has 256"),
    };
    await expect(store.put("data", key, Buffer.from("x"))).rejects.toMatchObject(illegal);
    await expect(store.head("data", key)).rejects.toMatchObject(illegal);
    await expect(store.get("data", key)).rejects.toMatchObject(illegal);
    await expect(store.delete("data", [key])).rejects.toMatchObject(illegal);
  });

  test("a store that is closed deletes nothing any more", async () => {
    await using folder = await temporaryFolder();
    const keys = Array.from({ length: 20 }, (_, n) => `${n}`);
    const store = fsObjectStore({ root: folder.path });
    for (const key of keys) await store.put("data", key, Buffer.from(key));
    const deleting = expect(store.delete("data", keys)).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    await store[Symbol.asyncDispose]();
    const left = await Array.fromAsync(fsObjectStore({ root: folder.path }).list("data"));
    await deleting;
    expect(left.length).toBeGreaterThan(0);
    expect(await Array.fromAsync(fsObjectStore({ root: folder.path }).list("data"))).toEqual(left);
  });

  test("a key below an object, and one that is the folder of others, is a conflict", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    await store.put("data", "a/b", Buffer.from("x"));
    for (const key of ["a/b/c", "a"]) {
      await expect(store.put("data", key, Buffer.from("y"))).rejects.toMatchObject({ code: "OBJECT_KEY_CONFLICT" });
    }
    expect((await Array.fromAsync(store.list("data"))).map(({ key }) => key)).toEqual(["a/b"]);
  });
});

describe("transfers in the file system", () => {
  test("a bucket that is an absolute path is that folder, with links followed", async () => {
    await using input = await temporaryFolder();
    await using elsewhere = await temporaryFolder();
    await using work = await temporaryFolder();
    await writeFile(join(elsewhere.path, "real.fits"), "frame");
    await symlink(join(elsewhere.path, "real.fits"), join(input.path, "link.fits"));
    const transfer = fsTransfer({ root: join(work.path, "objects") });
    const path = join(work.path, "1", "link.fits");
    await transfer.toScratch([{ bucket: input.path, key: "link.fits", path }], options);
    expect(await readFile(path, "utf8")).toBe("frame");
    await expect(transfer.toScratch([{ bucket: input.path, key: "../x", path }], options)).rejects.toMatchObject({
      code: "OBJECT_KEY_ILLEGAL",
    });
  });

  test("each file that has come is told with its digest, also one that was there already", async () => {
    await using folder = await temporaryFolder();
    const store = fsObjectStore({ root: folder.path });
    const { sha256 } = await store.put("data", "k", Buffer.from("x"));
    const item = { bucket: "data", key: "k", path: join(folder.path, "1", "k") };
    const transfer = fsTransfer({ root: folder.path });
    const files: unknown[] = [];
    for (const _ of [1, 2]) await transfer.toScratch([item], { ...options, onFile: (file) => files.push(file) });
    const file = { path: item.path, sizeBytes: 1, sha256 };
    expect(files).toEqual([file, file]);
  });

  test("with a fixed clock what is noted beside a copy is always the same", async () => {
    await using work = await temporaryFolder();
    const clock = fixedClock(new Date("2024-05-01T12:00:00Z"));
    await writeFile(join(work.path, "a.fits"), "frame");
    const notes = ["one", "two"].map(async (root) => {
      const transfer = fsTransfer({ root: join(work.path, root), clock });
      await transfer.toObjectStore([{ bucket: "data", key: "a.fits", path: join(work.path, "a.fits") }], options);
      const store = fsObjectStore({ root: join(work.path, root), clock });
      await store.put("data", "b.fits", Buffer.from("b"), { contentType: "image/fits" });
      const note = (name: string) =>
        readFile(join(work.path, root, "data/.firstlight-objects", `${name}.json`), "utf8");
      return [await note("a.fits"), await note("b.fits")];
    });
    const [one, two] = await Promise.all(notes);
    expect(one).toEqual(two);
    expect(one?.[0]).toContain(`"modifiedMs":${Date.parse("2024-05-01T12:00:00Z")}`);
  });

  test("what a transfer that was killed left half done goes when its files are brought again", async () => {
    await using work = await temporaryFolder();
    const root = join(work.path, "objects");
    const path = join(work.path, "a.fits");
    await writeFile(path, "frame");
    const left = (of: string) => `${join(of, "..", temporaryPrefixOf(of))}${randomUUID()}${temporarySuffix}`;
    const [copy, note] = [join(root, "data/p/a.fits"), join(root, "data/.firstlight-objects/p/a.fits.json")];
    const foreign = left(join(root, "data/p/b.fits"));
    for (const one of [copy, note]) await mkdir(join(one, ".."), { recursive: true });
    for (const one of [left(copy), left(note), foreign]) await writeFile(one, "fra");
    await fsTransfer({ root }).toObjectStore([{ bucket: "data", key: "p/a.fits", path }], options);
    const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.map(({ name, parentPath }) => join(parentPath, name)).sort()).toEqual([copy, note, foreign].sort());
  });

  test("an absolute bucket is never written to", async () => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "x"), "x");
    const item = { bucket: folder.path, key: "y", path: join(folder.path, "x") };
    await expect(fsTransfer({ root: folder.path }).toObjectStore([item], options)).rejects.toMatchObject({
      code: "OBJECT_BUCKET_ILLEGAL",
    });
  });

  test.runIf(process.platform === "linux")(
    "a place that may not be written is named with what was to come there",
    async () => {
      await using folder = await temporaryFolder();
      const path = join(folder.path, "x");
      await writeFile(path, "x");
      // Not even the superuser makes a folder in /sys.
      await expect(fsObjectStore({ root: "/sys" }).put("data", "p/x", Buffer.from("x"))).rejects.toMatchObject({
        code: "OBJECT_STORE_READ_ONLY",
        message: expect.stringMatching(
          /object p\/x of the bucket data .* \/sys\/data\/p\/x \(E.*FIRSTLIGHT_OBJECT_STORE_PATH/,
        ),
      });
      const sent = fsTransfer({ root: "/sys" }).toObjectStore([{ bucket: "data", key: "x", path }], options);
      await expect(sent).rejects.toMatchObject({
        code: "OBJECT_STORE_READ_ONLY",
        fields: { path: "/sys/data/x", from: path },
      });
      const item = { bucket: folder.path, key: "x", path: "/sys/scratch/x" };
      await expect(fsTransfer({ root: folder.path }).toScratch([item], options)).rejects.toMatchObject({
        code: "OBJECT_STORE_READ_ONLY",
        message: expect.stringContaining("let SCRATCH_BASE_PATH name another folder"),
      });
    },
  );

  // Only root may mount a file system, and only Linux has this one.
  test.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "a full disk is named, and nothing stays in part",
    async () => {
      await using folder = await temporaryFolder();
      const [small, input] = [join(folder.path, "small"), join(folder.path, "input")];
      await mkdir(small);
      await mkdir(input);
      await writeFile(join(input, "big"), Buffer.alloc(3 * 1024 * 1024));
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
      try {
        const item = { bucket: input, key: "big", path: join(small, "big") };
        await expect(fsTransfer({ root: small }).toScratch([item], options)).rejects.toMatchObject({
          code: "DISK_FULL",
          message: expect.stringContaining(`the copy of ${join(input, "big")} could not be written to ${item.path}`),
        });
        const put = fsObjectStore({ root: small }).put("data", "big", Buffer.alloc(3 * 1024 * 1024));
        await expect(put).rejects.toMatchObject({
          code: "DISK_FULL",
          message: expect.stringMatching(
            /\(ENOSPC\): the object big of the bucket data could .*FIRSTLIGHT_OBJECT_STORE_PATH/,
          ),
        });
        expect(await readdir(join(small, "data"))).toEqual([]);
        expect(await readdir(small)).toEqual(["data"]);
      } finally {
        execFileSync("umount", [small]);
      }
    },
  );
});
