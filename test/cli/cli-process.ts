import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childEnvironment } from "../fixtures/child-environment.ts";

const root = join(import.meta.dirname, "../..");
const bin = join(root, "src/cli/bin.ts");

export interface CliEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a process of its own, in a folder of its own. */
export interface Cli extends AsyncDisposable {
  readonly folder: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<CliEnd>;
  /** The same on a terminal of its own, by `script` of util-linux: `stdout` is all that stood on it. */
  runOnTerminal(
    args: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<Pick<CliEnd, "code" | "stdout">>;
  /** Starts it; `end` resolves when it is over. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): RunningCli;
}

export interface RunningCli {
  kill(signal: NodeJS.Signals): void;
  closeStdout(): void;
  /** Resolves once the text stands on standard error; rejects when the command ends without it. */
  says(text: string): Promise<void>;
  /** Resolves to standard output once the text stands on it; rejects when the command ends without it. */
  prints(text: string): Promise<string>;
  readonly end: Promise<CliEnd>;
}

export const fixture = (name: string): string => join(root, "test/fixtures/cli", name);

/** A folder with `l0/a.fits`, `l0/b.FIT`, `l0/notes.txt`: enough for tasks that do not look inside. */
export async function openCli(): Promise<Cli> {
  const folder = await mkdtemp(join(tmpdir(), "firstlight-cli-"));
  await mkdir(join(folder, "l0"));
  for (const name of ["a.fits", "b.FIT", "notes.txt"]) await writeFile(join(folder, "l0", name), "x");
  const start: Cli["start"] = (args, env = {}) => {
    const child = spawn(process.execPath, ["--conditions=firstlight-source", bin, ...args], {
      cwd: folder,
      env: { ...childEnvironment(), HOME: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output.stderr += text;
    });
    const end = once(child, "close").then(([code]) => ({ code: code as number | null, ...output }));
    const waitFor = async (stream: "stdout" | "stderr", text: string): Promise<void> => {
      while (!output[stream].includes(text)) {
        const ended = await Promise.race([end, once(child[stream], "data").then(() => undefined)]);
        if (ended !== undefined) throw new Error(`'${text}' was not said, but: ${ended.stderr}`);
      }
    };
    const says = (text: string): Promise<void> => waitFor("stderr", text);
    const prints = async (text: string): Promise<string> => {
      await waitFor("stdout", text);
      return output.stdout;
    };
    return {
      kill: (signal) => void child.kill(signal),
      closeStdout: () => void child.stdout.destroy(),
      says,
      prints,
      end,
    };
  };
  return {
    folder,
    start,
    run: (args, env) => start(args, env).end,
    async runOnTerminal(args, env = {}) {
      const words = [process.execPath, "--conditions=firstlight-source", bin, ...args];
      const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
      const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
        cwd: folder,
        env: { ...childEnvironment(), HOME: folder, TERM: "xterm", ...env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [stdout, [code]] = await Promise.all([child.stdout.setEncoding("utf8").toArray(), once(child, "close")]);
      return { code: code as number | null, stdout: stdout.join("") };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
