/**
 * The process between the test runner and a server: it starts the commands that it is given, and when its standard input
 * closes (the runner says so, or died), it kills them and removes their folder. So nothing stays behind a crash.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { KeptCommand } from "./kept-processes.ts";

const { folder, commands } = JSON.parse(process.argv[2] ?? "") as {
  readonly folder: string;
  readonly commands: readonly KeptCommand[];
};

const children: ChildProcess[] = [];
let ending = false;

async function end(exitCode: number): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.all(children.toReversed().map(kill));
  // The logs outlive a failed start, for the runner to quote; it closes our input when it has read them.
  if (exitCode !== 0) await once(process.stdin, "close");
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  process.exit(exitCode);
}

/** The data dies with the server, so there is nothing to shut down gently. */
async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  const gone = child.exitCode === null && child.signalCode === null ? once(child, "exit") : undefined;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group is gone already.
  }
  await gone;
}

process.stdin.resume();
process.stdin.once("close", () => void end(0));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void end(0));

for (const { name, command, args, env } of commands) {
  const log = openSync(join(folder, `${name}.log`), "a");
  const child = spawn(command, args, {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...env },
    cwd: folder,
  });
  child.once("error", () => void end(1));
  child.once("exit", () => void end(1));
  children.push(child);
}
