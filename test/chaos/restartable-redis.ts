import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../servers/debian.ts";
import { freePorts } from "../servers/free-ports.ts";
import { keepProcesses } from "../servers/kept-processes.ts";

/** A Redis that can be killed and started again, at the same address. It has on disk whatever it answered for. */
export interface RestartableRedis extends AsyncDisposable {
  readonly url: string;
  /** Holds the process id of the server. */
  readonly pidFile: string;
  /** `forgetful`: without what it knew. */
  start(options?: { readonly forgetful?: boolean }): Promise<void>;
  kill(): Promise<void>;
}

/** Not started yet. */
export async function restartableRedis(): Promise<RestartableRedis> {
  const data = await mkdtemp(join(tmpdir(), "firstlight-redis-data-"));
  const pidFile = join(data, "redis.pid");
  const [port = 0] = await freePorts(1);
  let kept: AsyncDisposable | undefined;
  const kill = async (): Promise<void> => {
    await kept?.[Symbol.asyncDispose]();
    kept = undefined;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    pidFile,
    async start({ forgetful = false } = {}) {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-redis-"));
      const durability = ["--appendonly", "yes", "--appendfsync", "always", "--dir", forgetful ? folder : data];
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--pidfile", pidFile, ...durability];
      const command = findProgram("redis-server") ?? "redis-server";
      kept = await keepProcesses({ folder, port, commands: [{ name: "redis", command, args }], timeoutMs: 10_000 });
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(data, { recursive: true, force: true });
    },
  };
}
