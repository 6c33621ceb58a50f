import { describe, expect, test } from "vitest";
import { z } from "zod";
import { text } from "../../src/codecs/text.ts";
import { fixedClock } from "../../src/core/clock.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { formatParameters } from "../../src/services/input-dataset.ts";
import { WorkflowTaskBase } from "../../src/tasks/workflow-task-base.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";

/** `[id, value, from]`: a value, and from when on it holds. */
type Value = readonly [id: number, value: unknown, from?: string];

const schema = z.object({ threshold: z.number().default(5), name: z.string().optional() });
let found: unknown;

class Parametrised extends WorkflowTaskBase<never, z.output<typeof schema>> {
  static readonly parameters: z.ZodType = schema;
  async run() {
    found = this.parameters;
  }
}

class Strict extends Parametrised {
  static override readonly parameters = z.object({ threshold: z.number() });
}

function documentOf(parameters: Readonly<Record<string, readonly Value[]>>): string {
  return formatParameters(
    Object.entries(parameters).map(([parameterName, values]) => ({
      parameterName,
      parameterValues: values.map(([parameterValueId, parameterValue, from = "0001-01-01T00:00:00Z"]) => ({
        parameterValueId,
        parameterValue,
        parameterValueStartDate: new Date(from),
      })),
    })),
  );
}

/** What a task gets of these parameters, in a run that observed at noon of 2024-05-01. */
async function parametersOf(
  parameters: Readonly<Record<string, readonly Value[]>>,
  task: typeof Parametrised = Parametrised,
  startTime: string | undefined = "2024-05-01T12:00:00.000",
): Promise<unknown> {
  await using run = await tmpRun();
  if (startTime !== "") await run.setConstant("OBS_IP_START_TIME", startTime);
  await run.put(documentOf(parameters), [Tag.inputDatasetParameters()], text);
  await run.run(task, { clock: fixedClock(new Date("2025-01-01T00:00:00Z")) });
  return found;
}

describe("a parameter", () => {
  test("has the newest value that was in force when the observation began", async () => {
    const values: readonly Value[] = [
      [1, 10],
      [2, 30, "2024-05-01T12:00:00.001"],
      [3, 20, "2024-05-01T12:00:00Z"],
      [4, 15, "2023-01-01T00:00:00Z"],
    ];
    expect(await parametersOf({ threshold: values })).toEqual({ threshold: 20 });
  });

  test("has, of two values from the same time, the one with the greater id, wherever it stands", async () => {
    const at = "2024-01-01T00:00:00Z";
    const values: readonly Value[] = [
      [7, 70, at],
      [9, 90, at],
      [8, 80, at],
    ];
    expect(await parametersOf({ threshold: values })).toEqual({ threshold: 90 });
    expect(await parametersOf({ threshold: values.toReversed() })).toEqual({ threshold: 90 });
  });

  test("has today's value where the run does not know its time, as a parse task", async () => {
    const values: readonly Value[] = [
      [1, 10],
      [2, 20, "2024-12-31T00:00:00Z"],
      [3, 30, "2025-01-02T00:00:00Z"],
    ];
    expect(await parametersOf({ threshold: values }, Parametrised, "")).toEqual({ threshold: 20 });
  });

  test("has the schema's default where the document does not name it, or no value was in force", async () => {
    expect(await parametersOf({ other: [[1, 1]] })).toEqual({ threshold: 5 });
    expect(await parametersOf({ threshold: [[1, 10, "2024-06-01T00:00:00Z"]] })).toEqual({ threshold: 5 });
  });
});

describe("what does not fit the schema", () => {
  test("is named with what was expected, and the task does not run", async () => {
    found = "not run";
    await expect(parametersOf({ threshold: [[1, "five"]] })).rejects.toMatchObject({
      code: "PARAMETERS_INVALID",
      disposition: "invalid",
      message: expect.stringMatching(/of Parametrised do not fit.*expected number, received string.*at threshold/s),
    });
    expect(found).toBe("not run");
  });

  test("because all its values begin later is told so, with the time", async () => {
    await expect(parametersOf({ threshold: [[1, 10, "2024-06-01T00:00:00Z"]] }, Strict as never)).rejects.toThrow(
      /No value of threshold was in force at 2024-05-01T12:00:00\.000Z: all begin later/,
    );
  });

  test("does not keep an earlier attempt from being rolled back", async () => {
    await using run = await tmpRun();
    class Writes extends Strict {
      override async run() {}
    }
    class Wrote extends WorkflowTaskBase {
      async run() {
        await this.write("left", ["LEFT"], text);
      }
    }
    Object.defineProperty(Wrote, "name", { value: "Writes" });
    await run.run(Wrote);
    await expect(run.run(Writes as never)).rejects.toMatchObject({ code: "PARAMETERS_INVALID" });
    expect(await run.files(["LEFT"], text)).toEqual([]);
  });
});

test("without a schema there are no parameters, whatever the document says", async () => {
  class Plain extends WorkflowTaskBase {
    async run() {
      found = this.parameters;
    }
  }
  expect(await parametersOf({ threshold: [[1, 1]] }, Plain as never)).toEqual({});
});

test("what is no schema is refused with what to write", async () => {
  class Bare extends WorkflowTaskBase {
    static readonly parameters = { threshold: z.number() };
    async run() {}
  }
  await using run = await tmpRun();
  await expect(run.run(Bare)).rejects.toMatchObject({
    code: "PARAMETERS_INVALID",
    disposition: "invalid",
    message: expect.stringMatching(/^'static parameters' of Bare is no zod schema\. Write it as z\.object/),
  });
});

test("without a document a schema gives its defaults", async () => {
  await using run = await tmpRun();
  await run.run(Parametrised);
  expect(found).toEqual({ threshold: 5 });
});

test("two documents are one too many, and both are named", async () => {
  await using run = await tmpRun();
  for (const name of ["a.json", "b.json"]) await run.put("[]", [Tag.inputDatasetParameters()], text, name);
  await expect(run.run(Parametrised)).rejects.toMatchObject({
    code: "SEVERAL_FILES_FOUND",
    message: expect.stringContaining("a.json, b.json"),
  });
});
