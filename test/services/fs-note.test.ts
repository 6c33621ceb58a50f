import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, statfs, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fixedClock } from "../../src/core/clock.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const program = join(import.meta.dirname, "../fixtures/processes/replacing-object.ts");
const old = { contentType: "text/old", metadata: { groupid: "old" } };
const fresh = { contentType: "text/new", metadata: { groupid: "new" } };
const object = (root: string) => readFile(join(root, "data/k"), "utf8");

describe("an object and what is known of it", () => {
  test.each([
    ["put", "before", "objects/k.json", "old"],
    ["put", "after", "objects/k.json", "old"],
    ["put", "before", "data/k", "old"],
    ["put", "after", "data/k", "new"],
    ["transfer", "before", "data/k", "old"],
    ["transfer", "after", "data/k", "new"],
  ])("stay together: a %s killed %s %s leaves the %s ones", async (way, moment, ending, which) => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    const before = await fsObjectStore({ root }).put("data", "k", Buffer.from("old"), old);
    // Of the same length and time, as a fixed clock or a quick writer makes it.
    const at = new Date("2024-05-01T12:00:00Z");
    await writeFile(join(root, "source"), "new");
    await utimes(join(root, "source"), at, at);
    const args = ["--no-warnings", "--conditions=firstlight-source", program, moment, ending, way, root];
    const { signal, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect([signal, stderr]).toEqual(["SIGKILL", ""]);
    const found = await fsObjectStore({ root }).head("data", "k");
    expect(await object(root)).toBe(which);
    const said = way === "put" ? fresh : { contentType: undefined, metadata: {} };
    const { sizeBytes } = before;
    const after = { bucket: "data", key: "k", sizeBytes, ...said, sha256: expect.not.stringMatching(before.sha256!) };
    expect(found).toEqual(which === "old" ? before : after);
    // And the next one takes its place as if nothing had been.
    const next = await fsObjectStore({ root }).put("data", "k", Buffer.from("next"), fresh);
    expect(await fsObjectStore({ root }).head("data", "k")).toEqual(next);
  });

  test("stay together where length and time are the same, also killed in between", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    const clock = fixedClock(new Date("2024-05-01T12:00:00Z"));
    const store = fsObjectStore({ root, clock });
    const first = await store.put("data", "k", Buffer.from("old"), old);
    const note = join(root, "data/.firstlight-objects/k.json");
    const previous: unknown = JSON.parse(await readFile(note, "utf8"));
    const second = await store.put("data", "k", Buffer.from("new"), fresh);
    expect(await store.head("data", "k")).toEqual(second);
    // As it is between the note and the rename, and after it.
    const both = JSON.stringify({ ...JSON.parse(await readFile(note, "utf8")), previous });
    await writeFile(note, both);
    expect(await store.head("data", "k")).toEqual(second);
    const third = await store.put("data", "k", Buffer.from("old"), old);
    expect(third).toEqual(first);
    await writeFile(note, both);
    expect(await store.head("data", "k")).toEqual(first);
  });

  test("go together: of a put that fails at the end no note stays", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    const store = fsObjectStore({ root });
    await mkdir(join(root, "data/k/deeper"), { recursive: true });
    await expect(store.put("data", "k", Buffer.from("x"))).rejects.toMatchObject({ code: "OBJECT_KEY_CONFLICT" });
    const left = await readdir(root, { recursive: true, withFileTypes: true });
    expect(left.filter((entry) => entry.isFile())).toEqual([]);
  });

  test("of two processes that store one key at once the one that is last has its own note", async () => {
    await using folder = await temporaryFolder();
    const root = folder.path;
    for (let round = 0; round < 10; round += 1) {
      const texts = [`one ${round}`, `another ${round}`];
      // Each store is as another process: they know nothing of each other.
      const put = (text: string) =>
        fsObjectStore({ root }).put("data", "k", Buffer.from(text), { metadata: { groupid: text } });
      const infos = await Promise.all(texts.map(put));
      const text = await object(root);
      expect(await fsObjectStore({ root }).head("data", "k")).toEqual(infos[texts.indexOf(text)]);
    }
  });

  // Only root may mount a file system, and only Linux has this one.
  test.skipIf(process.getuid?.() !== 0 || process.platform !== "linux")(
    "stay as they were wherever the disk is full",
    async () => {
      await using folder = await temporaryFolder();
      const root = join(folder.path, "small");
      const source = join(folder.path, "source");
      await mkdir(root);
      await writeFile(source, "transferred");
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "tmpfs", root]);
      try {
        const store = fsObjectStore({ root });
        const put = async (key: string) => store.put("data", key, Buffer.from("new"), fresh);
        const item = (key: string) => ({ bucket: "data", key, path: source });
        const sent = async (key: string) =>
          fsTransfer({ root }).toObjectStore([item(key)], { label: "test", recipeRunId: 1 });
        const outcomes = new Set<string>();
        for (const [key, bring] of [
          ["k", put],
          ["new/k", put],
          ["sent", sent],
        ] as const) {
          for (let free = 0; free < 7; free += 1) {
            const isNew = key === "new/k";
            const before = isNew ? undefined : await store.put("data", key, Buffer.from("old"), old);
            if (isNew) await rm(join(root, "data/.firstlight-objects/new"), { recursive: true, force: true });
            const fill: string[] = [];
            while ((await statfs(root)).ffree > 0) {
              const path = join(root, `fill${fill.length}`);
              await writeFile(path, "");
              fill.push(path);
            }
            for (const path of fill.splice(0, free)) await rm(path);
            const problem = await bring(key).then(
              () => undefined,
              (error: unknown) => error,
            );
            const found = await store.head("data", key);
            if (problem === undefined) expect(found).toMatchObject({ sha256: expect.any(String) });
            else {
              expect(problem).toMatchObject({ code: "DISK_FULL" });
              expect(found).toEqual(before);
            }
            if (problem === undefined && bring === put) expect(found).toMatchObject(fresh);
            outcomes.add(`${key} ${problem === undefined}`);
            for (const path of fill) await rm(path);
            await store.delete("data", [key]);
          }
        }
        expect(outcomes.size).toBe(6);
      } finally {
        execFileSync("umount", [root]);
      }
    },
  );
});
