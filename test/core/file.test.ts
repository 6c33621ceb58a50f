import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll } from "../../src/core/byte-source.ts";
import {
  createFile,
  makeFolders,
  openFile,
  temporariesOf,
  temporaryPrefixOf,
  temporarySuffix,
  writeFile,
} from "../../src/core/file.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "firstlight-file-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const rejection = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );

describe("folders", () => {
  test("are made as far as they are missing, and the first that was made is told", async () => {
    expect(await makeFolders(join(folder, "a/b/c"))).toBe(join(folder, "a"));
    expect(await makeFolders(join(folder, "a/b/d"))).toBe(join(folder, "a/b/d"));
    expect(await makeFolders(join(folder, "a/b/d"))).toBeUndefined();
    expect((await stat(join(folder, "a/b/c"))).isDirectory()).toBe(true);
  });

  test("that several make at the same time are made once", async () => {
    const firsts = await Promise.all(Array.from({ length: 8 }, () => makeFolders(join(folder, "a/b/c"))));
    expect((await stat(join(folder, "a/b/c"))).isDirectory()).toBe(true);
    expect(firsts).toContain(join(folder, "a"));
  });

  test("with a file in their way are an error that names it", async () => {
    await writeFile(join(folder, "a"), bytes("in the way"));
    expect(await rejection(makeFolders(join(folder, "a")))).toMatchObject({ code: "EEXIST" });
    expect(await rejection(makeFolders(join(folder, "a/b/c")))).toMatchObject({ code: "ENOTDIR" });
  });

  test.runIf(existsSync("/proc/self"))("where no folder can be are an error, and not a wait for ever", async () => {
    const error = await rejection(makeFolders("/proc/nowhere/deeper"));
    // Who is not root is refused before.
    expect(["EPERM", "EACCES"]).toContain(error?.code);
    expect(error?.message).toContain("mkdir '/proc/nowhere'");
  });
});

describe("a file that is created", () => {
  test("appears whole, in folders that are made for it", async () => {
    const path = join(folder, "a/b/c.dat");
    await writeFile(path, bytes("hello"));
    expect(await readFile(path, "utf8")).toBe("hello");
    expect(await readdir(join(folder, "a/b"))).toEqual(["c.dat"]);
  });

  test("is not there before it is committed", async () => {
    const path = join(folder, "c.dat");
    await using sink = await createFile(path);
    await sink.write(bytes("hel"));
    await sink.write(bytes("lo"));
    expect(await readdir(folder)).toEqual([expect.stringMatching(new RegExp(`^\\.c\\.dat\\..*${temporarySuffix}$`))]);
    await sink.commit();
    expect(await readFile(path, "utf8")).toBe("hello");
  });

  test("leaves nothing when its writer fails", async () => {
    const failed = rejection(
      (async () => {
        await using sink = await createFile(join(folder, "c.dat"));
        await sink.write(bytes("hel"));
        throw new Error("no more");
      })(),
    );
    expect((await failed)?.message).toBe("no more");
    expect(await readdir(folder)).toEqual([]);
  });

  test("does not replace one that is there", async () => {
    const path = join(folder, "c.dat");
    await writeFile(path, bytes("first"));
    expect((await rejection(writeFile(path, bytes("second"))))?.code).toBe("EEXIST");
    expect(await readFile(path, "utf8")).toBe("first");
    expect(await readdir(folder)).toEqual(["c.dat"]);
  });

  test("replaces one that is there when it is told to", async () => {
    const path = join(folder, "c.dat");
    await writeFile(path, bytes("first"));
    await writeFile(path, bytes("second"), { overwrite: true });
    expect(await readFile(path, "utf8")).toBe("second");
    expect(await readdir(folder)).toEqual(["c.dat"]);
  });

  test("has one winner among writers of one name", async () => {
    const path = join(folder, "c.dat");
    const outcomes = await Promise.all(["a", "b", "c", "d"].map((text) => rejection(writeFile(path, bytes(text)))));
    expect(outcomes.filter((error) => error === undefined)).toHaveLength(1);
    expect(outcomes.filter((error) => error?.code === "EEXIST")).toHaveLength(3);
    expect(await readdir(folder)).toEqual(["c.dat"]);
  });

  test("leaves an old file's other names alone when it replaces it", async () => {
    await writeFile(join(folder, "old"), bytes("first"));
    await link(join(folder, "old"), join(folder, "other"));
    await writeFile(join(folder, "old"), bytes("second"), { overwrite: true });
    expect(await readFile(join(folder, "other"), "utf8")).toBe("first");
  });

  test("has one name only when it is committed", async () => {
    await writeFile(join(folder, "c.dat"), bytes("x"));
    expect((await stat(join(folder, "c.dat"))).nlink).toBe(1);
  });

  test("may have a name of the greatest length that the file system takes", async () => {
    const name = `${"x".repeat(251)}.dat`;
    await writeFile(join(folder, name), bytes("x"));
    expect(await readdir(folder)).toEqual([name]);
  });

  test("has temporary files that tell whose they are", async () => {
    for (const name of ["c.dat", `${"é".repeat(120)}.dat`]) {
      await using _ = await createFile(join(folder, name));
      const [temporary] = await readdir(folder);
      expect(temporary?.startsWith(temporaryPrefixOf(join(folder, name)))).toBe(true);
      expect(temporary?.endsWith(temporarySuffix)).toBe(true);
    }
  });

  test("may be empty", async () => {
    await writeFile(join(folder, "empty"), new Uint8Array());
    expect((await stat(join(folder, "empty"))).size).toBe(0);
  });

  test("cannot replace a folder, and leaves nothing beside it", async () => {
    await mkdir(join(folder, "taken"));
    expect(await rejection(writeFile(join(folder, "taken"), bytes("x"), { overwrite: true }))).toBeDefined();
    expect(await readdir(folder)).toEqual(["taken"]);
  });

  test("follows a link to a folder", async () => {
    await mkdir(join(folder, "real"));
    await symlink(join(folder, "real"), join(folder, "link"));
    await writeFile(join(folder, "link/c.dat"), bytes("x"));
    expect(await readdir(join(folder, "real"))).toEqual(["c.dat"]);
  });
});

describe("a file that is opened", () => {
  test("is read at any offset, and short only at its end", async () => {
    const path = join(folder, "c.dat");
    await writeFile(path, bytes("0123456789"));
    await using file = await openFile(path);
    expect([file.name, file.sizeBytes]).toEqual([path, 10]);
    const into = new Uint8Array(4);
    expect(await file.read(3, into)).toBe(4);
    expect(new TextDecoder().decode(into)).toBe("3456");
    expect(await file.read(8, into)).toBe(2);
    expect(new TextDecoder().decode(into.subarray(0, 2))).toBe("89");
    expect(await file.read(10, into)).toBe(0);
    expect(await readAll(file)).toEqual(bytes("0123456789"));
  });

  // In a process of its own, which Node would end: the memory is never touched beyond what the file has.
  test("is read into more memory than Node fills at once", async () => {
    const path = join(folder, "short.bin");
    await writeFile(path, Uint8Array.of(1, 2, 3));
    const program = `
      import { openFile, openFileNow, openFileStart } from ${JSON.stringify(new URL("../../src/core/file.ts", import.meta.url).href)};
      const into = new Uint8Array(2 ** 31 + 1);
      for (const open of [openFile, openFileNow, (path) => openFileStart(path, new Uint8Array(1))]) {
        const source = await open(process.argv[1]);
        console.log(await source.read(0, into), source.readNow?.(0, into) ?? 3);
      }`;
    const args = ["--conditions=firstlight-source", "--input-type=module", "-e", program, path];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe("3 3\n3 3\n3 3\n");
  });

  test("that is not there is ENOENT", async () => {
    expect((await rejection(openFile(join(folder, "none"))))?.code).toBe("ENOENT");
  });

  test("is closed at the end of its scope", async () => {
    const path = join(folder, "c.dat");
    await writeFile(path, bytes("x"));
    const file = await openFile(path);
    await file[Symbol.asyncDispose]();
    expect(await rejection(file.read(0, new Uint8Array(1)))).toBeDefined();
  });
});

describe("temporary files", () => {
  test.each(["a.fits", `${"long".repeat(60)}.fits`])("of %s are found beside it, and no others", async (name) => {
    const path = join(folder, name);
    const sink = await createFile(path);
    await using _other = await createFile(join(folder, "b.fits"));
    await writeFile(path, new Uint8Array(1));
    const [found, ...more] = await temporariesOf([path, join(folder, "none", "x"), join(path, "x")]);
    expect(more).toEqual([]);
    expect(found?.startsWith(join(folder, temporaryPrefixOf(path)))).toBe(true);
    await sink[Symbol.asyncDispose]();
    expect(await temporariesOf([path])).toEqual([]);
  });
});
