import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { withEnvFile } from "../../src/cli/env-file.ts";

describe("a file .env", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "firstlight-env-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("adds what the environment does not set: comments, export, quotes over several lines", async () => {
    const lines = [
      "# ours",
      "",
      "BUS_DRIVER=sqlite",
      "  export A = b # c",
      'KEY="one',
      "two=2",
      'three" # end',
      "C=it's",
      "D=",
    ];
    await writeFile(join(folder, ".env"), lines.join("\r\n"));
    const { env, fromFile } = withEnvFile({ BUS_DRIVER: "amqp" }, folder);
    expect(env).toMatchObject({ BUS_DRIVER: "amqp", A: "b", C: "it's", D: "" });
    expect(env.KEY).toMatch(/^one\r?\ntwo=2\r?\nthree$/);
    expect([...fromFile].sort()).toEqual(["A", "C", "D", "KEY"]);
  });

  test.each(["BUS_DRIVER sqlite", "=sqlite", "hunter2"])(
    "whose line is %j is refused by the line's number, unseen",
    async (line) => {
      await writeFile(join(folder, ".env"), `A="b\nc"\n${line}\n`);
      const refused = expect.objectContaining({
        code: "ENV_FILE_UNREADABLE",
        message: expect.stringContaining("Line 3 of"),
      });
      expect(() => withEnvFile({}, folder)).toThrow(refused);
      expect(() => withEnvFile({}, folder)).not.toThrow(line);
    },
  );

  test("need not be there", () => {
    expect(withEnvFile({ A: "1" }, folder)).toEqual({ env: { A: "1" }, fromFile: new Set() });
  });
});
