import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workflow as eit } from "../../examples/eit/workflow.ts";
import { readInputFolder } from "../../src/cli/input-folder.ts";
import { registerInput } from "../../src/cli/register-input.ts";
import { createLogger } from "../../src/core/log.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { runWorkflow } from "../../src/workflow/run-workflow.ts";
import { childEnvironment } from "../fixtures/child-environment.ts";
import type { EitFrame } from "./eit-frames.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The real frames, which may not be committed: CONTRIBUTING.md says where they come from. */
export const realFrames = process.env.FIRSTLIGHT_TEST_EIT_FRAMES ?? join(root, "../shared/data/eit-l0");
export const eitWorkflowFile = join(root, "examples/eit/workflow.ts");
export const skippingWorkflowFile = join(root, "test/examples/skipping-workflow.ts");

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder with the input, the output and the scratch of one recipe run. */
export type EitFolder = Awaited<ReturnType<typeof makeEitFolder>>;

export async function makeEitFolder() {
  const path = await mkdtemp(join(tmpdir(), "firstlight-eit-"));
  const [input, output, scratch] = [join(path, "in"), join(path, "out"), join(path, "scratch")];
  await mkdir(input);
  const env = { ...childEnvironment(), SCRATCH_BASE_PATH: scratch, FIRSTLIGHT_OBJECT_STORE_PATH: output };
  const settings = loadSettings(env);
  return {
    path,
    input,
    output,
    scratch,
    settings,
    put: async (frames: readonly EitFrame[]) => {
      for (const { name, bytes } of frames) await writeFile(join(input, name), bytes);
    },
    /** The whole workflow in this process. */
    run: async (from = input, workflow = eit) => {
      const frames = await readInputFolder(from);
      const log = createLogger({ level: "ERROR", pretty: false, write: () => {} });
      return await runWorkflow(workflow, {
        inputKey: frames.folder,
        outputKey: output,
        inputDigest: frames.digest,
        env,
        inProcess: true,
        prepare: (recipeRunId) => registerInput({ recipeRunId, input: frames, settings, log, keepScratch: false }),
      });
    },
    /** The command as a user types it: `firstlight run workflow.ts --input … --output …`. */
    command: (more: readonly string[] = [], file = eitWorkflowFile) =>
      firstlight(["run", file, "--input", input, "--output", output, "--in-process", ...more], path, env),
    /** Absolute paths of the products with this ending, by name. */
    products: async (ending: string) => {
      const names = existsSync(output) ? await readdir(output, { recursive: true }) : [];
      return names
        .filter((name) => name.endsWith(ending) && !name.includes(".firstlight"))
        .sort()
        .map((name) => join(output, name));
    },
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }),
  };
}

export function firstlight(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  const child = spawn(process.execPath, ["--conditions=firstlight-source", join(root, "src/cli/bin.ts"), ...args], {
    cwd,
    env: { ...env, NO_COLOR: "1" },
  });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr.push(text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") }));
  });
}
