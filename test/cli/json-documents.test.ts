import { existsSync } from "node:fs";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Command, CommandTable } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands.ts";
import { type Cli, fixture, openCli } from "./cli-process.ts";
import { documentedFields, expectDocumented } from "./json-documents.ts";

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
});
afterEach(() => cli[Symbol.asyncDispose]());

const target = [fixture("pipeline.ts"), "--input", "l0", "--output", "out"];
const stdoutOf = async (args: readonly string[], env?: Readonly<Record<string, string>>, expectedCode = 0) => {
  const { code, stdout, stderr } = await cli.run([...args, "--json"], env);
  expect(code, stderr).toBe(expectedCode);
  return stdout;
};

async function* allCommands(table: CommandTable): AsyncIterable<Command> {
  for (const entry of Object.values(table)) {
    if ("load" in entry) yield await entry.load();
    else yield* allCommands(entry.commands);
  }
}

// The document of `demo` is held where the demo is run: test/demo/acceptance.test.ts.
describe("the JSON documents are those that docs/cli.md lists", () => {
  test("for every command that takes --json", async () => {
    const names = (await Array.fromAsync(allCommands(commands))).filter(({ args }) => "json" in args);
    const documented = [...(await documentedFields()).keys()];
    expect(documented.sort()).toEqual([...names.map(({ name }) => name), "inspect RUN", "any, failed"].sort());
  });

  test("run, plan, inspect, settings", { timeout: 120_000 }, async () => {
    const ran = await expectDocumented("run", await stdoutOf(["run", ...target, "--in-process"]));
    const task = ["task", "status", "attempts", "startedAt", "elapsedMs", "filesRead", "filesWritten"];
    for (const one of ran.tasks as readonly object[]) {
      expect(Object.keys(one)).toEqual([...task, "peakMemoryBytes", "error", "blockedBy"]);
    }
    expect((await expectDocumented("plan", await stdoutOf(["plan", ...target]))).recipeRunId).toBeNull();
    await expectDocumented("inspect", await stdoutOf(["inspect"]));
    await expectDocumented("settings", await stdoutOf(["settings"]));

    const bare = await expectDocumented("inspect RUN", await stdoutOf(["inspect", "1"]));
    const withoutExtra = Object.keys(ran).filter((key) => !["resumed", "elapsedMs", "inputFiles"].includes(key));
    expect(Object.keys(bare.run as object)).toEqual(withoutExtra);
    const parts = ["attempts", "messages", "tags", "constants", "provenance"];
    const whole = await stdoutOf(["inspect", "1", ...parts.map((part) => `--${part}`)]);
    await expectDocumented("inspect RUN", whole, parts);
  });

  test("plan, while the run is at work", { timeout: 120_000 }, async () => {
    const journal = join(cli.folder, "journal");
    const running = cli.start(["run", ...target], { CLI_FIXTURE: "hold", CLI_FIXTURE_JOURNAL: journal });
    while (!existsSync(journal)) await sleep(50);
    const plan = await expectDocumented("plan", await stdoutOf(["plan", ...target]), ["runner"]);
    expect(plan.recipeRunId).toBe(1);
    running.kill("SIGTERM");
    await running.end;
  });

  test("fits", { timeout: 120_000 }, async () => {
    for (const name of ["ext_image.fits", "u8.fits"]) {
      await copyFile(join(import.meta.dirname, "../fixtures/fits", name), join(cli.folder, name));
    }
    for (const command of ["info", "header", "stats"]) {
      await expectDocumented(`fits ${command}`, await stdoutOf(["fits", command, "ext_image.fits"]));
    }
    const same = await stdoutOf(["fits", "diff", "u8.fits", "u8.fits"]);
    expect(await expectDocumented("fits diff", same)).toEqual({ same: true, differences: [] });
    const bytes = await readFile(join(cli.folder, "u8.fits"));
    bytes[bytes.length - 1] = 7; // the padding
    bytes[29] = 0x46; // SIMPLE = F
    await writeFile(join(cli.folder, "bad.fits"), bytes);
    await expectDocumented("fits verify", await stdoutOf(["fits", "verify", "bad.fits"], {}, 1));
  });

  test("a command that failed", async () => {
    await expectDocumented("any, failed", await stdoutOf(["inspect", "7"], {}, 2));
  });
});
