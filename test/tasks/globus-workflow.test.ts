import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { fits } from "../../src/codecs/fits.ts";
import { openFile } from "../../src/core/file.ts";
import { loadSettings } from "../../src/core/settings.ts";
import type { Frame } from "../../src/fits/frame.ts";
import type { Header } from "../../src/fits/header.ts";
import { subtract } from "../../src/math/arithmetic.ts";
import { fitsAccess, key } from "../../src/parsing/fits-access.ts";
import { keyFlower } from "../../src/parsing/key-flower.ts";
import { uniqueBud } from "../../src/parsing/unique-bud.ts";
import { Tag } from "../../src/scratch/tag.ts";
import { formatFrames } from "../../src/services/input-dataset.ts";
import { openServices } from "../../src/services/open-services.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { ParseL0InputData } from "../../src/tasks/stock/parse-l0-input-data.ts";
import { TransferL0Data } from "../../src/tasks/stock/transfer-l0-data.ts";
import { TransferL1Data } from "../../src/tasks/stock/transfer-l1-data.ts";
import { WriteL1Frame } from "../../src/tasks/stock/write-l1-frame.ts";
import type { TaskClass } from "../../src/tasks/task-base.ts";
import { globusWorld, objectStoreEndpoint, scratchEndpoint, secretText } from "../services/globus-world.ts";
import { frameBytes } from "./stock/input-run.ts";

const table = fitsAccess({
  instrument: key("INSTRUME", z.string()),
  proposal: key("PROP_ID", z.string()),
  task: key("IPTASK", z.string()),
});

class ParseSynth extends ParseL0InputData<typeof table> {
  override readonly fitsAccess = table;
  override constantBuds() {
    return [uniqueBud("INSTRUMENT", "instrument"), uniqueBud("PROPOSAL_ID", "proposal")];
  }
  override tagFlowers() {
    return [keyFlower("TASK", "task")];
  }
}

class SubtractDark extends ScienceTaskL0ToL1Base {
  async run() {
    const raw = [Tag.input(), Tag.frame()];
    const { value: dark } = await this.readOne([...raw, Tag.taskDark()], fits.frame);
    for await (const { value } of this.read([...raw, Tag.taskObserve()], fits.frame)) {
      await this.write(subtract(value, dark.image), [Tag.calibrated(), Tag.frame()], fits.frame);
    }
  }
}

class WriteSynth extends WriteL1Frame {
  override l1Header({ header }: Frame): Header {
    return header;
  }
}

test("a small workflow goes from raw frames to products by Globus, through a runner that dies and calls that fail", async () => {
  const go = Promise.withResolvers<void>();
  let silent = false;
  let held = false;
  let failures = 0;
  await using world = await globusWorld({
    onRequest: ({ path }) => {
      if (silent && path.startsWith("/task/")) return "cut";
      if (path !== "/transfer") return undefined;
      failures += 1;
      return failures === 1 ? { status: 429, headers: { "retry-after": "0" } } : undefined;
    },
    onFile: ({ source, attempt }) => {
      if (source.endsWith("sun1.fits") && attempt === 1) return "CONNECTION_RESET";
      if (!source.endsWith("sun1.fits") || held) return undefined;
      held = true;
      silent = true;
      return go.promise.then(() => undefined);
    },
  });
  const recipeRunId = 4;
  const credential = (clientId: string) => JSON.stringify([{ client_id: clientId, client_secret: secretText }]);
  const env = {
    SCRATCH_BASE_PATH: world.scratch,
    TRANSFER_DRIVER: "globus",
    OBJECT_STORE_ENDPOINT: objectStoreEndpoint,
    SCRATCH_ENDPOINT: scratchEndpoint,
    GLOBUS_INBOUND_CLIENT_CREDENTIALS: credential("in-0"),
    GLOBUS_OUTBOUND_CLIENT_CREDENTIALS: credential("out-0"),
    GLOBUS_SDK_SERVICE_URL_AUTH: world.server.url,
    GLOBUS_SDK_SERVICE_URL_TRANSFER: world.server.url,
    GLOBUS_MAX_RETRIES: "1",
  };
  const observe = (date: string, pixels: number) => frameBytes({ pixels, cards: { "DATE-BEG": date } });
  const files = {
    "dark.fits": frameBytes({ pixels: 101, cards: { IPTASK: "dark" } }),
    "sun1.fits": observe("2024-05-01T12:00:01.000", 1101),
    "sun2.fits": observe("2024-05-01T12:00:02.000", 1201),
  };
  await mkdir(join(world.objects, "raw"));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(world.objects, "raw", name), bytes);
  await using services = openServices(loadSettings(env));
  const document = formatFrames([{ bucket: "raw", objectKeys: Object.keys(files) }]);
  await services.metadataStore.register?.({ recipeRunId, parts: [{ type: "observe_frames", document }] });
  const run = (task: TaskClass, attempt = 1) => runTask(task, { recipeRunId, env, attempt });

  await expect(run(TransferL0Data)).rejects.toMatchObject({ code: "GLOBUS_UNREACHABLE", disposition: "retry" });
  silent = false;
  const again = run(TransferL0Data, 2);
  await until(() => world.server.requests.filter(({ path }) => path === "/task_list").length === 2);
  go.resolve();
  const { writes } = await again;
  await run(ParseSynth);
  await run(SubtractDark);
  await run(WriteSynth);
  world.server.expireTokens();
  await run(TransferL1Data);

  expect(writes.map(({ path }) => path)).toEqual(expect.arrayContaining(Object.keys(files)));
  // The rollback between the attempts had removed what had come by then: that alone is brought by a task of its own.
  expect(world.server.tasks.map(({ clientId, body }) => [clientId, body.DATA.length])).toEqual([
    ["in-0", 3],
    ["in-0", 1],
    ["out-0", 2],
  ]);
  const [proposal] = await readdir(join(world.objects, "data"));
  const [dataset = ""] = await readdir(join(world.objects, "data", proposal ?? ""));
  const products = join(world.objects, "data", "pid_1_1", dataset);
  expect((await readdir(products)).sort()).toEqual([
    `SYNTH_2024_05_01T12_00_01_000_${dataset}_L1.fits`,
    `SYNTH_2024_05_01T12_00_02_000_${dataset}_L1.fits`,
  ]);
  const path = join(products, `SYNTH_2024_05_01T12_00_01_000_${dataset}_L1.fits`);
  await using source = await openFile(path);
  expect((await fits.frame.decode(source, { path })).image.data).toEqual(new Float32Array(256).fill(1000));
  expect((await readdir(join(world.scratch, String(recipeRunId)))).filter((name) => name.endsWith("-tmp"))).toEqual([]);
}, 60_000);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}
