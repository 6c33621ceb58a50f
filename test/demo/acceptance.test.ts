import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Comparison } from "../../src/demo/compare.ts";
import { type Cli, type CliEnd, openCli } from "../cli/cli-process.ts";
import { expectDocumented } from "../cli/json-documents.ts";
import type { DemoFault } from "../fixtures/demo-camera.ts";

const preload = pathToFileURL(join(import.meta.dirname, "../fixtures/demo-camera.ts")).href;

let cli: Cli;
beforeEach(async () => {
  cli = await openCli();
});
afterEach(() => cli[Symbol.asyncDispose]());

/** The demo to its end, with a camera of 256 × 256 pixels and 27 frames, and with a task that is done wrongly. */
function runDemo(fault: DemoFault, more: readonly string[] = []): Promise<CliEnd> {
  const env = { NODE_OPTIONS: `--import=${preload}`, DEMO_FAULT: fault };
  return cli.run(["demo", "--output", "demo", ...more], env);
}

/** Each row of the comparison with the truth: its mark and what it is of. */
function marks(stdout: string): readonly string[] {
  return [...stdout.matchAll(/^([✓✗]) {2}(\S.*?) {2,}.* at (?:most|least) /gm)].map(([, mark, of]) => `${mark} ${of}`);
}

describe("the demo, run to its end", { timeout: 300_000 }, () => {
  test("meets its limits, leaves its products and ends with 0", async () => {
    const { code, stdout, stderr } = await runDemo("none");
    expect(marks(stdout), stderr).toEqual([
      "✓ Fixed pattern left",
      "✓ Hot and dead pixels flagged",
      "✓ Dark current",
      "✓ Noise of every pixel",
    ]);
    expect(stdout).toMatch(/^Publish\w+ +✓ done/m);
    expect(stdout).toMatch(/^ +Frames +27 in, 6 out$/m);
    // Not far better than the noise allows either: then the prediction would be wrong.
    expect(Number(/ ([\d.]+) × the [\d.]+ % that photon noise/.exec(stdout)?.[1])).toBeGreaterThan(0.9);
    const pull = Number(/Noise of every pixel +([\d.]+) σ/.exec(stdout)?.[1]);
    expect(Math.abs(pull - 1), `σ of the pulls: ${pull}`).toBeLessThanOrEqual(0.02);
    expect(code).toBe(0);
    const files = await readdir(join(cli.folder, "demo/products"), { recursive: true, encoding: "utf8" });
    const count = (ending: string) => files.filter((path) => path.endsWith(ending)).length;
    expect({
      l1: count("_L1.fits"),
      png: count("_L1.png"),
      flat: count("_FLAT.fits"),
      dark: count("_DARK-CURRENT.fits"),
    }).toEqual({ l1: 6, png: 6, flat: 1, dark: 1 });
  });

  test("finds out the lamp alone as the flat: the pattern that is left is above the limit, and it ends with 1", async () => {
    const { code, stdout, stderr } = await runDemo("the lamp alone as the flat");
    expect(marks(stdout), stderr).toEqual([
      "✗ Fixed pattern left",
      "✓ Hot and dead pixels flagged",
      "✓ Dark current",
      "✗ Noise of every pixel",
    ]);
    expect(code).toBe(1);
  });

  test("finds out the longest dark for all frames likewise, and tells programs what docs/cli.md lists", async () => {
    const { code, stdout } = await runDemo("the longest dark for all frames", ["--json"]);
    const { passed, status, comparison } = await expectDocumented("demo", stdout);
    expect({ passed, status }).toEqual({ passed: false, status: "done" });
    expect((comparison as Comparison).residualRatio).toBeGreaterThan(1.2);
    expect(code).toBe(1);
  });
});
