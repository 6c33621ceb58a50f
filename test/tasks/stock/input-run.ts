import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { writeFile } from "../../../src/core/file.ts";
import { encodeFrame } from "../../../src/fits/frame-file.ts";
import { formatFrames } from "../../../src/services/input-dataset.ts";
import type { InputDatasetPartType } from "../../../src/services/metadata-store.ts";
import { type SyntheticFrameOptions, syntheticFrame } from "../../../src/testing/synthetic-frame.ts";
import type { TmpRun } from "../../../src/testing/tmp-run.ts";

/** The bytes of a raw frame, with checksums. */
export const frameBytes = (options: SyntheticFrameOptions = {}): Uint8Array => encodeFrame(syntheticFrame(options));

/** A folder of input files outside of every scratch, removed after the test. */
export async function inputFolder(files: Readonly<Record<string, Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-input-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

/** Registers a run over the frames of a folder. */
export async function registerFrames(
  run: TmpRun,
  folder: string,
  names: readonly string[],
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const document = formatFrames([{ bucket: folder, objectKeys: names }]);
  await registerParts(run, { observe_frames: document }, configuration);
}

export async function registerParts(
  run: TmpRun,
  parts: Partial<Record<InputDatasetPartType, string>>,
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await run.services.metadataStore.register?.({
    recipeRunId: run.recipeRunId,
    parts: Object.entries(parts).map(([type, document]) => ({ type: type as InputDatasetPartType, document })),
    configuration,
  });
}

/** Where everything of a `TmpRun` lies. */
export const baseOf = (run: TmpRun): string => dirname(run.folder);

/** Puts files into scratch as raw frames, as TransferL0Data does. */
export async function putFrames(run: TmpRun, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await run.put(bytes, ["INPUT", "FRAME"], { name: "bytes", encode: (value: Uint8Array) => value }, name);
  }
}
