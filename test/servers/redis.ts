import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { keepProcesses } from "./kept-processes.ts";
import type { TestServer } from "./server.ts";

/** Redis on a free port of the loopback interface, without persistence. */
export async function startRedis(binary: string): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-redis-"));
  const [port = 0] = await freePorts(1);
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const kept = await keepProcesses({
    folder,
    port,
    commands: [{ name: "redis", command: binary, args }],
    timeoutMs: 10_000,
  });
  return { url: `redis://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() };
}
