import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** A server in a process of its own that can be killed, and comes back at the same address with what it had written down. */
export interface MortalServer extends AsyncDisposable {
  /** How often it was killed, or killed itself. */
  readonly deaths: () => number;
  /** Resolves when it is dead; it comes back by itself, somewhat later. */
  killed(): Promise<void>;
  /** Resolves when it is dead, and stays so until `revived`. */
  died(): Promise<void>;
  /** Resolves when it answers again. */
  revived(): Promise<void>;
  /** Resolves when it answers. */
  answering(): Promise<void>;
}

/** @param program one of test/fixtures, which prints something once it answers */
export function mortalServer(program: string, args: readonly string[]): MortalServer {
  const path = join(import.meta.dirname, "../fixtures", program);
  let deaths = 0;
  let isWanted = true;
  let child: ChildProcess;
  let up: Promise<unknown>;
  let gone: Promise<unknown>;
  const start = (): void => {
    const born = spawn(process.execPath, ["--conditions=firstlight-source", path, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child = born;
    up = once(born.stdout, "data");
    gone = once(born, "exit").then(() => {
      if (child !== born || !isWanted) return;
      deaths += 1;
      start();
    });
  };
  const end = async (): Promise<void> => {
    const ended = once(child, "exit");
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await ended;
  };
  start();
  return {
    deaths: () => deaths,
    async killed() {
      // One that has not come up yet has nothing to lose.
      await up;
      const ending = gone;
      child.kill("SIGKILL");
      await ending;
    },
    async died() {
      await up;
      isWanted = false;
      deaths += 1;
      await end();
    },
    async revived() {
      isWanted = true;
      start();
      await up;
    },
    answering: async () => void (await up),
    async [Symbol.asyncDispose]() {
      isWanted = false;
      await end();
    },
  };
}
