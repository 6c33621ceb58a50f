import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cli, openCli } from "./cli-process.ts";

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
});
afterEach(() => cli[Symbol.asyncDispose]());

test("a demo into a path that is a file, or lies in one, says so", async () => {
  for (const path of ["l0/a.fits", "l0/a.fits/demo"]) {
    const { code, stderr } = await cli.run(["demo", "--output", path]);
    expect(stderr).toMatch(/^DEMO_FOLDER: The folder .*a\.fits.* cannot be made or written to/);
    expect(code).toBe(2);
  }
});

test.each([
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s while the frames are made ends the demo cleanly with %i", async (signal, code) => {
  const running = cli.start(["demo", "--output", "demo"]);
  while (!existsSync(join(cli.folder, "demo/l0"))) await sleep(20);
  running.kill(signal);
  const end = await running.end;
  expect(end.stderr).toContain("Stopped.");
  expect(end.code).toBe(code);
});
