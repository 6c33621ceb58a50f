import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configurableServices, driverOf } from "../../src/core/service-driver.ts";
import { runDemo } from "../../src/demo/run-demo.ts";

const camera = { sizePixels: 64, darkFrames: 2, lampFrames: 2, solarFrames: 1, observeFrames: 2 };

test("the demo touches no server that the environment names, and goes by the embedded services", async () => {
  await using folder = await temporaryFolder();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const entry = { mesh_address: "127.0.0.1", mesh_port: port };
  // The rest of the pipeline goes by the same settings.
  const enough = new AbortController();
  const { run, settings } = await runDemo({
    output: join(folder.path, "demo"),
    camera,
    env: {
      PATH: process.env.PATH,
      MESH_CONFIG: JSON.stringify({
        "automated-processing-scratch-inventory": entry,
        "interservice-bus": entry,
        "object-store-api": entry,
        "internal-api-gateway": entry,
      }),
      INVENTORY_DRIVER: "redis",
      BUS_DRIVER: "amqp",
      RETRY_CONFIG: '{"retry_tries": 1}',
    },
    say: () => undefined,
    signal: enough.signal,
    onEvent: (event) => {
      if (event.type === "task-finished" && event.task === "ParseDemo") enough.abort();
    },
  }).finally(() => server.close());
  expect(connections).toBe(0);
  expect(run.recipeRunId).toBe(1);
  expect(run.tasks.map(({ task, status }) => `${task} ${status}`)).toContain("ParseDemo done");
  expect(configurableServices.map((service) => driverOf(settings, service).driver)).toEqual([
    "sqlite",
    "sqlite",
    "fs",
    "sqlite",
    "fs",
  ]);
});

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "firstlight-demo-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
