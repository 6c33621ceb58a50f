import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, type TestContext, test } from "vitest";
import { encodeFrame } from "../../src/fits/index.ts";
import { type EitFrame, type EitFrameOptions, makeEitFrame } from "./eit-frames.ts";
import { frameOf } from "./eit-products.ts";
import { type CommandResult, type EitFolder, makeEitFolder, skippingWorkflowFile } from "./run-eit.ts";

const good: readonly EitFrame[] = [makeEitFrame({ index: 0 }), makeEitFrame({ index: 1 })];
/** The name of the frame that is wrong in one way or another; the good ones lie before and after it. */
const odd = "efz20040301.003000.fits";

let folder: EitFolder;
beforeEach(async () => {
  folder = await makeEitFolder();
  await folder.put(good);
});
afterEach(async () => {
  for (const path of [folder.scratch, folder.output]) if (isMounted(path)) execFileSync("umount", [path]);
  await folder.remove();
});

const putOdd = (bytes: Uint8Array | string) => writeFile(join(folder.input, odd), bytes);
const putOddFrame = (options: EitFrameOptions) => putOdd(makeEitFrame({ index: 2, ...options }).bytes);
const without = (start: string) => (lines: readonly string[]) => lines.filter((line) => !line.startsWith(start));
const replaced = (from: string, to: string) => (lines: readonly string[]) =>
  lines.map((line) => line.replace(from, to));

/** The same pixels, as a cube of one plane. */
const withThirdAxis = (lines: readonly string[]) =>
  lines.flatMap((line) => {
    if (line.startsWith("NAXIS ")) return [line.replace("2", "3")];
    return line.startsWith("NAXIS2 ") ? [line, line.replace("NAXIS2", "NAXIS3").replace("128", "  1")] : [line];
  });

/** A frame that carries checksums, one of its pixels changed since. */
async function damagedFrame(): Promise<Uint8Array> {
  await putOddFrame({});
  const bytes = encodeFrame(await frameOf(join(folder.input, odd)));
  bytes[bytes.length - 20_000]! ^= 1;
  return bytes;
}

/** The run failed, said what is asked here, and brought nothing into the output. */
async function expectFailure({ code, stderr }: CommandResult, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) expect(stderr).toContain(text);
  expect(stderr).not.toContain("UNEXPECTED");
  expect(code).toBe(1);
  expect(await folder.products("")).toEqual([]);
}

async function expectProducts(count: number, { code, stderr }: CommandResult): Promise<void> {
  expect(code, stderr).toBe(0);
  expect(await folder.products(".fits")).toHaveLength(count);
}

const advice =
  "Fetch them again, take them out of the input, or let the workflow leave them out: new Workflow({ …, skipBadFrames: true }).";

describe("a damaged frame among good ones", () => {
  const damages: readonly (readonly [string, () => Promise<Uint8Array | string>, string])[] = [
    [
      "truncated",
      async () => good[0]!.bytes.subarray(0, 20_000),
      "HDU 0, offset 5760: the header promises 131072 bytes of data (BITPIX -64, axes 128 × 128), the file has 14240 left.",
    ],
    ["empty", async () => "", "the file is empty."],
    [
      "no FITS at all, though named so",
      async () => "<html>not found</html>".repeat(200),
      'HDU 0, offset 0: this is not FITS: it starts with "<html>not',
    ],
    [
      "damaged, as its checksum tells",
      damagedFrame,
      "HDU 0: DATASUM and CHECKSUM do not fit the bytes: the file was damaged or edited after it was written.",
    ],
  ];

  test.each(damages)("%s: it is named, and no product appears", async (_, bytesOf, problem) => {
    await putOdd(await bytesOf());
    await expectFailure(
      await folder.command(),
      "ParseEit  BAD_INPUT_FRAMES: 1 of 3 input frames cannot be used:",
      `${odd}: ${problem}`,
      advice,
    );
  });

  test("the same command makes the products once the frame is mended", async () => {
    await putOdd(good[0]!.bytes.subarray(0, 20_000));
    await expectFailure(await folder.command(), odd);
    await putOddFrame({});
    await expectProducts(3, await folder.command());
  });

  test("all damaged frames are named at once, and a workflow that skips them records each", async () => {
    await putOdd(await damagedFrame());
    await writeFile(join(folder.input, "empty.fits"), "");
    await expectFailure(await folder.command(), "2 of 4 input frames", `${odd}: `, "empty.fits: the file is empty.");
    const skipped = await folder.command(["--fresh"], skippingWorkflowFile);
    await expectProducts(2, skipped);
    expect(skipped.stderr).toContain(`"message":"Leaving out ${odd}: HDU 0`);
    expect(skipped.stdout).toContain("4 in, 2 out");
    const [path] = await folder.products("_quality_data.json");
    const report = await readFile(path!, "utf8");
    expect(report).toContain("Input frames that were left out: empty.fits: the file is empty.");
    expect(report).toContain(`Input frames that were left out: ${odd}: HDU 0`);
  });

  test("a workflow that skips bad frames still fails when there is no good one", async () => {
    await rm(folder.input, { recursive: true });
    await mkdir(folder.input);
    await putOdd("");
    await expectFailure(await folder.command([], skippingWorkflowFile), "1 of 1 input frames cannot be used");
  });
});

describe("a frame whose header or pixels contradict themselves or the others", () => {
  const contradictions: readonly (readonly [string, EitFrameOptions, string])[] = [
    [
      "another wavelength",
      { wavelength: 171 },
      `ParseEit  STEM_DISAGREES: WAVELENGTH: expected one value of 'wavelength' in all frames, found 171 in 1 file (${odd}); 195 in 2 files (${good.map(({ name }) => name).join(", ")}).`,
    ],
    [
      "no SC_ROLL",
      { edit: without("SC_ROLL") },
      `ParseEit  HEADER_KEY_MISSING: The header of ${odd} has no card SC_ROLL, which the attribute 'rollDeg' needs.`,
    ],
    [
      "no N_MISSING_BLOCKS among the comments",
      { edit: without("COMMENT   N_MISSING_BLOCKS") },
      `ParseEit  HEADER_KEY_MISSING: The header of ${odd} has no card COMMENT N_MISSING_BLOCKS, which the attribute 'missingBlocks' needs.`,
    ],
    [
      "N_MISSING_BLOCKS without a number",
      { edit: replaced("N_MISSING_BLOCKS =    0", "N_MISSING_BLOCKS =") },
      `ParseEit  HEADER_KEY_MISSING: The header of ${odd} has no card COMMENT N_MISSING_BLOCKS`,
    ],
    [
      "an EXPTIME that is not the sum of its parts",
      { edit: replaced("12.594 / s", "13.594 / s") },
      `ParseEit  EIT_EXPOSURE: ${odd}: EXPTIME is 13.594 s, but 10 s commanded and 2.594 s for the shutter to close are 12.594 s.`,
    ],
    [
      "pixels that were calibrated before",
      { edit: replaced("'counts / pixel    '", "'adu/s'") },
      `ParseEit  HEADER_KEY_INVALID: The card BUNIT of ${odd}, read as 'unit', holds "adu/s"`,
    ],
    [
      "more missing blocks than zero-valued ones",
      { missing: [[4, 4]], edit: replaced("N_MISSING_BLOCKS =    1", "N_MISSING_BLOCKS =    2") },
      `MaskMissingBlocks  EIT_MISSING_BLOCKS: ${odd}: N_MISSING_BLOCKS is 2, but the image has 1 zero-valued block.`,
    ],
    [
      "zero pixels outside of missing blocks",
      { missing: [[4, 4]], paint: (pixels) => pixels.fill(0, 77, 79) },
      `MaskMissingBlocks  EIT_MISSING_BLOCKS: ${odd}: N_MISSING_BLOCKS is 1, but the image has 1 zero-valued block and 2 zero pixels outside of them.`,
    ],
    [
      "three axes",
      { edit: withThirdAxis },
      `ParseEit  HEADER_KEY_INVALID: The card NAXIS of ${odd}, read as 'axes', holds 3`,
    ],
    [
      "pixels that are not square",
      { edit: replaced("P2_Y =        1043", "P2_Y =         531") },
      `ParseEit  EIT_PIXELS: ${odd}: the camera's pixels 1 to 1024 and 20 to 531 (P1_X, P2_X, P1_Y, P2_Y) became 128 × 128 pixels, which are not square.`,
    ],
  ];

  test.each(contradictions)(
    "%s: file, expected and found are named, and no product appears",
    async (_, options, text) => {
      await putOddFrame(options);
      const { status, tasks } = await folder.run();
      expect(status).toBe("failed");
      const failed = tasks.filter((task) => task.status === "failed");
      expect(failed.map(({ task, error }) => `${task}  ${error?.code}: ${error?.message}`)).toEqual([
        expect.stringContaining(text),
      ]);
      expect(await folder.products("")).toEqual([]);
    },
  );

  test("the same command makes the products once the frame is taken out", async () => {
    await putOddFrame({ paint: (pixels) => pixels.fill(0, 77, 79) });
    await expectFailure(await folder.command(), odd);
    await rm(join(folder.input, odd));
    await expectProducts(2, await folder.command());
  });
});

test("a folder without frames is named, with what lies in it", async () => {
  await rm(folder.input, { recursive: true });
  await mkdir(folder.input);
  await writeFile(join(folder.input, "README.md"), "No frames here.");
  await expectFailure(
    await folder.command(),
    `NO_INPUT_FRAMES: ${folder.input} holds no frame (*.fits, *.fit, *.fts, also with .gz or .fz after it): one other file lies in it`,
  );
});

test("a workflow file that exports nothing is bad usage, and the line to add is shown", async () => {
  await writeFile(join(folder.path, "package.json"), '{ "type": "module" }');
  const file = join(folder.path, "workflow.ts");
  await writeFile(file, "const workflow = 1;\n");
  const { code, stderr } = await folder.command([], file);
  expect(stderr).toBe(
    `WORKFLOW_NOT_EXPORTED: ${file} does not export a workflow. It exports nothing. Add 'export const workflow = new Workflow({ … }).add(…)'.\n`,
  );
  expect(code).toBe(2);
  expect(existsSync(folder.scratch)).toBe(false);
});

describe("a disk that cannot take what is written", () => {
  test("output that may only be read: nothing is lost, and the run goes on once it may be written", async (context) => {
    await mount(context, folder.output, "size=8m,ro");
    const refused = await folder.command();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/OUTPUT_FOLDER: /);
    expect(refused.stderr).toContain(folder.output);
    expect(await folder.products("")).toEqual([]);
    execFileSync("mount", ["-o", "remount,rw", folder.output]);
    await expectProducts(2, await folder.command());
  });

  test("scratch that is full: nothing half-written stays, and the run goes on once there is room", async (context) => {
    await mount(context, folder.scratch, "size=6500k");
    // Both fit as they come, and not once more.
    await folder.put([makeEitFrame({ index: 0, side: 512 }), makeEitFrame({ index: 1, side: 512 })]);
    await expectFailure(
      await folder.command(),
      `MaskMissingBlocks  SCRATCH_FULL: There is no room left for scratch ${join(folder.scratch, "1")} (ENOSPC). Free space there, or let SCRATCH_BASE_PATH name a larger disk`,
    );
    const left = await readdir(folder.scratch, { recursive: true });
    expect(left.filter((name) => name.endsWith(".firstlight-tmp"))).toEqual([]);
    execFileSync("mount", ["-o", "remount,size=100m", folder.scratch]);
    await expectProducts(2, await folder.command());
  });
});

/** A small disk of its own at `path`; only root on Linux may have that. */
async function mount(context: TestContext, path: string, options: string): Promise<void> {
  await mkdir(path, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    const reason = `no tmpfs can be mounted here, so no disk can be filled: ${String(error).split("\n")[0]}`;
    console.warn(`SKIPPED: ${reason}`);
    context.skip(reason);
  }
}

function isMounted(path: string): boolean {
  try {
    execFileSync("mountpoint", ["-q", path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
