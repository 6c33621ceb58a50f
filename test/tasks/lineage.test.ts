import { describe, expect, test } from "vitest";
import { z } from "zod";
import { json } from "../../src/codecs/json.ts";
import { text } from "../../src/codecs/text.ts";
import { createLineage } from "../../src/tasks/lineage.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

const written = (path: string) => ({ path, sha256: "", sizeBytes: 0, tags: [] });

/** What each write of a task is derived from. */
async function derivations(task: new (...args: never[]) => WorkflowTaskBase) {
  await using run = await tmpRun();
  await run.put("dark", ["DARK"], text, "dark.txt");
  for (const name of ["a", "b"]) await run.put(name, ["OBSERVE"], text, `${name}.txt`);
  const { writes, reads } = await run.run(task as never);
  return { reads, writes: Object.fromEntries(writes.map(({ path, derivedFrom }) => [path, derivedFrom])) };
}

describe("what a file was made of", () => {
  test("in a loop is the loop's current file, and what was read by itself before", async () => {
    class Subtract extends WorkflowTaskBase {
      async run() {
        const { value: dark } = await this.readOne(["DARK"], text);
        for await (const { value } of this.read(["OBSERVE"], text)) {
          await this.write(value + dark, ["OUT"], text, { relativePath: `out/${value}.txt` });
        }
      }
    }
    expect(await derivations(Subtract)).toEqual({
      reads: ["a.txt", "b.txt", "dark.txt"],
      writes: { "out/a.txt": ["a.txt", "dark.txt"], "out/b.txt": ["b.txt", "dark.txt"] },
    });
  });

  test("after a loop may be all that was read, as of an average", async () => {
    class Average extends WorkflowTaskBase {
      async run() {
        let all = "";
        for await (const { value } of this.read(["OBSERVE"], text)) all += value;
        await this.write(all, ["OUT"], text, { relativePath: "average.txt" });
      }
    }
    expect((await derivations(Average)).writes).toEqual({ "average.txt": undefined });
  });

  test("in a loop after another loop is the current file and all files of the loop before", async () => {
    class AverageThenSubtract extends WorkflowTaskBase {
      async run() {
        for await (const _ of this.read(["OBSERVE"], text));
        for await (const { value } of this.read(["DARK"], text)) {
          await this.write(value, ["OUT"], text, { relativePath: "out.txt" });
        }
      }
    }
    expect((await derivations(AverageThenSubtract)).writes).toEqual({ "out.txt": ["a.txt", "b.txt", "dark.txt"] });
  });

  test("in a loop within a loop is the current file of each", async () => {
    class Pairs extends WorkflowTaskBase {
      async run() {
        for await (const outer of this.read(["OBSERVE"], text)) {
          for await (const inner of this.read(["DARK"], text)) {
            await this.write("", ["OUT"], text, { relativePath: `${outer.value}-${inner.value}.txt` });
          }
        }
      }
    }
    const { writes } = await derivations(Pairs);
    expect(writes["a-dark.txt"]).toEqual(["a.txt", "dark.txt"]);
    expect(writes["b-dark.txt"]).toEqual(["b.txt", "dark.txt"]);
  });

  test("after a loop that was left early is what the loop had come to", async () => {
    class First extends WorkflowTaskBase {
      async run() {
        for await (const _ of this.read(["OBSERVE"], text)) break;
        for await (const _ of this.read(["DARK"], text)) {
          await this.write("", ["OUT"], text, { relativePath: "out.txt" });
        }
      }
    }
    expect(await derivations(First)).toEqual({
      reads: ["a.txt", "dark.txt"],
      writes: { "out.txt": ["a.txt", "dark.txt"] },
    });
  });

  test("is not listed where every write of a loop would list hundreds", () => {
    const lineage = createLineage();
    for (let i = 0; i < 100; i++) lineage.noteRead(`dark${i}`);
    const loop = lineage.openLoop();
    loop.enter("a");
    lineage.noteWrite(written("out"));
    expect(lineage.writes).toEqual([written("out")]);
    expect(lineage.reads.size).toBe(101);
  });
});

test("of a file that was written twice the second content counts", () => {
  const lineage = createLineage();
  lineage.noteWrite(written("a"));
  lineage.noteWrite(written("b"));
  lineage.noteWrite({ ...written("a"), sizeBytes: 5 });
  expect(lineage.writes.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
    ["b", 0],
    ["a", 5],
  ]);
});

describe("the record that an attempt leaves in scratch", () => {
  test("holds reads, writes, parameters and libraries, and is rolled back with the attempt", async () => {
    class Copies extends WorkflowTaskBase {
      static override readonly version = "4";
      async run() {
        const { value } = await this.readOne(["GIVEN"], text);
        await this.write(value, ["OUT"], text, { relativePath: `out-${this.attempt}.txt` });
      }
    }
    await using run = await tmpRun({ env: { SOURCE_DATE_EPOCH: "0" } });
    await run.put("x", ["GIVEN"], text, "given.txt");
    await run.run(Copies);
    await run.run(Copies);
    const records = await run.files(["PROVENANCE_RECORD"], json);
    expect(records.map(({ value }) => value)).toMatchObject([
      {
        task: "Copies",
        version: "4",
        reads: ["given.txt"],
        writes: [{ path: "out-2.txt", tags: ["OUT"] }],
        parameters: {},
        libraries: { firstlight: expect.any(String) },
        startedAt: "1970-01-01T00:00:00.000Z",
        endedAt: "1970-01-01T00:00:00.000Z",
      },
    ]);
  });

  test("is not left by an attempt that wrote nothing", async () => {
    class Looks extends WorkflowTaskBase {
      async run() {}
    }
    await using run = await tmpRun();
    await run.run(Looks);
    expect(await run.files(["PROVENANCE_RECORD"], json)).toEqual([]);
  });

  test("does not fail the attempt where parameters are nothing that JSON can hold", async () => {
    class Dated extends WorkflowTaskBase {
      static readonly parameters = z.object({ since: z.date().default(new Date(0)) });
      async run() {
        await this.write("x", ["OUT"], text);
      }
    }
    await using run = await tmpRun();
    await run.run(Dated);
    const [record] = await run.files(["PROVENANCE_RECORD"], json);
    expect(record?.value).toMatchObject({ parameters: expect.stringContaining("1970-01-01T00:00:00.000Z") });
  });
});
