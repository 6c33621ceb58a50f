import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface KeptCommand {
  /** Also the name of its log, `<name>.log` in the folder. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Starts the commands under a keeper (`keeper.ts`), which ends them and removes `folder` once this process disposes them or
 * is gone, however it went. Resolves when `port` answers and `ready` is true; throws with the last lines of the logs.
 */
export async function keepProcesses(options: {
  readonly folder: string;
  readonly commands: readonly KeptCommand[];
  readonly port: number;
  readonly ready?: () => Promise<boolean>;
  readonly timeoutMs: number;
}): Promise<AsyncDisposable> {
  const { folder, commands, port } = options;
  const keeper = spawn(
    process.execPath,
    ["--no-warnings", join(import.meta.dirname, "keeper.ts"), JSON.stringify({ folder, commands })],
    // A session of its own: Ctrl-C on the terminal must not reach it before it has cleaned up.
    { stdio: ["pipe", "ignore", "inherit"], detached: true },
  );
  const exited = once(keeper, "exit");
  keeper.unref();
  const end = async (): Promise<void> => {
    keeper.ref();
    keeper.stdin.end();
    await exited;
  };
  const deadline = Date.now() + options.timeoutMs;
  while (!((await answers(port)) && ((await options.ready?.()) ?? true))) {
    const died = keeper.exitCode !== null;
    if (died || Date.now() > deadline) {
      const logs = await tails(folder, commands);
      await end();
      throw new Error(
        `${died ? "it ended while starting" : `no answer on port ${port} in ${options.timeoutMs} ms`}${logs}`,
      );
    }
    await sleep(100);
  }
  return { [Symbol.asyncDispose]: end };
}

/** Whether somebody accepts connections on a port of the loopback interface. */
export async function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function tails(folder: string, commands: readonly KeptCommand[]): Promise<string> {
  const parts = await Promise.all(
    commands.map(async ({ name }) => {
      const text = await readFile(join(folder, `${name}.log`), "utf8").catch(() => "");
      return text.trim() === "" ? "" : `\n${name} said:\n${text.trim().split("\n").slice(-8).join("\n")}`;
    }),
  );
  return parts.join("");
}
