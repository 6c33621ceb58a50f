import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePorts } from "../servers/free-ports.ts";

/** A metadata store over GraphQL that can be killed, and comes back at the same address with the same records. */
export interface MortalMetadataServer extends AsyncDisposable {
  readonly url: string;
  /** How often it was killed. */
  readonly deaths: () => number;
  /** Resolves when it is dead; it comes back by itself, somewhat later. */
  killed(): Promise<void>;
  /** Resolves when it answers. */
  answering(): Promise<void>;
}

const program = join(import.meta.dirname, "../fixtures/serve-metadata.ts");

export async function mortalMetadataServer(path: string): Promise<MortalMetadataServer> {
  const [port] = await freePorts(1);
  let deaths = 0;
  let child: ChildProcess;
  let up: Promise<void>;
  const start = (): void => {
    const born = spawn(process.execPath, ["--conditions=firstlight-source", program, path, String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = born;
    up = once(born.stdout, "data").then(() => undefined);
  };
  const end = async (): Promise<void> => {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  start();
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    deaths: () => deaths,
    async killed() {
      // One that has not come up yet has nothing to lose.
      await up;
      await end();
      deaths += 1;
      start();
    },
    answering: () => up,
    [Symbol.asyncDispose]: end,
  };
}
