import { join, resolve } from "node:path";
import { type Environment, loadSettings, type Settings } from "../core/settings.ts";
import { formatFrames } from "../services/input-dataset.ts";
import { openServices } from "../services/open-services.ts";
import { registerInputDataset } from "../services/register-input-dataset.ts";
import type { RunEvent } from "../workflow/run-event.ts";
import type { RunResult } from "../workflow/run-options.ts";
import { runWorkflow } from "../workflow/run-workflow.ts";
import { frameCount } from "./camera.ts";
import type { CameraOptions } from "./camera-options.ts";
import { type Comparison, compare, meetsLimits } from "./compare.ts";
import { makeDemoFolder } from "./demo-folder.ts";
import { findProducts } from "./find-products.ts";
import { makeL0 } from "./make-l0.ts";
import { cameraTruth } from "./truth.ts";
import { workflow } from "./workflow.ts";

export interface DemoOptions {
  /** Where frames, scratch and products go. Default `firstlight-output` in the current folder. */
  readonly output?: string;
  readonly keepScratch?: boolean;
  /** A smaller or another camera, for tests. */
  readonly camera?: CameraOptions;
  /** What it says of servers and folders does not count. */
  readonly env: Environment;
  /** A line for people. */
  readonly say: (line: string) => void;
  /** How many frames of the synthetic camera are made. */
  readonly onFrame?: (made: number, total: number) => void;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  readonly killSignal?: AbortSignal;
}

export interface DemoResult {
  readonly run: RunResult;
  /** Those that the demo ran with: embedded services, in the demo's folder. */
  readonly settings: Settings;
  /** Undefined when the run did not end well. */
  readonly comparison: Comparison | undefined;
  readonly passed: boolean;
}

/** No server, whatever the environment names: a demo must not reach a shared inventory, bus, store or collector. */
const embedded: Environment = {
  MESH_CONFIG: "",
  INVENTORY_DRIVER: "sqlite",
  BUS_DRIVER: "sqlite",
  OBJECT_STORE_DRIVER: "fs",
  METADATA_STORE_DRIVER: "sqlite",
  TRANSFER_DRIVER: "fs",
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "",
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "",
};

/**
 * Makes the frames of a synthetic camera, runs a whole workflow over them with no server, whatever `env` names, and
 * holds the products against the truth. The truth is asked at the very end, by the comparison alone.
 */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const root = resolve(options.output ?? "firstlight-output");
  const inputFolder = join(root, "l0");
  const objectStore = join(root, "products");
  const env = {
    ...options.env,
    ...embedded,
    SCRATCH_BASE_PATH: join(root, "scratch"),
    FIRSTLIGHT_OBJECT_STORE_PATH: objectStore,
  };
  const settings = loadSettings(env);
  await makeDemoFolder(root);
  const total = frameCount(options.camera);
  options.say(`Making ${total} frames of a synthetic camera in ${inputFolder}`);
  const fileNames = await makeL0(inputFolder, {
    ...(options.camera === undefined ? {} : { camera: options.camera }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onFrame: (made) => options.onFrame?.(made, total),
  });

  const run = await runWorkflow(workflow, {
    module: new URL(import.meta.url.endsWith(".ts") ? "./workflow.ts" : "./workflow.js", import.meta.url).href,
    inputKey: inputFolder,
    inputDigest: JSON.stringify(options.camera ?? {}),
    outputKey: objectStore,
    fresh: true,
    env,
    prepare: async (recipeRunId) => {
      await using services = openServices(settings);
      await registerInputDataset(services.metadataStore, {
        recipeRunId,
        parts: [
          { type: "observe_frames", document: documentOf(inputFolder, fileNames, (name) => name.includes("observe")) },
          {
            type: "calibration_frames",
            document: documentOf(inputFolder, fileNames, (name) => !name.includes("observe")),
          },
        ],
        configuration: { teardown_enabled: options.keepScratch !== true },
      });
    },
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.killSignal === undefined ? {} : { killSignal: options.killSignal }),
  });

  if (run.status !== "done") return { run, settings, comparison: undefined, passed: false };
  options.say("Comparing the products with the truth of the camera");
  await using services = openServices(settings);
  const products = await findProducts(services.objectStore, run.recipeRunId);
  const comparison = await compare(products.frames(), await products.calibration(), cameraTruth(options.camera));
  return { run, settings, comparison, passed: meetsLimits(comparison) };
}

function documentOf(bucket: string, names: readonly string[], belongs: (name: string) => boolean): string {
  return formatFrames([{ bucket, objectKeys: names.filter(belongs) }]);
}
