import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "./free-ports.ts";

/** A collector of OTLP in a process of its own, that is killed and comes back at the same port. */
export interface MortalCollector extends AsyncDisposable {
  readonly port: number;
  /** What each of its lives was told of, as `name task`. */
  readonly lives: readonly (readonly string[])[];
  start(): Promise<void>;
  /** Kills it, and resolves when it is dead. */
  kill(): Promise<void>;
  /** Resolves once this life was told of such a span. */
  told(span: string): Promise<void>;
}

const program = join(import.meta.dirname, "../fixtures/otlp-collector.ts");

export async function mortalCollector(): Promise<MortalCollector> {
  const [port = 0] = await freePorts(1);
  const lives: string[][] = [];
  const looks = new Set<() => void>();
  let child: ChildProcess | undefined;
  const until = async (holds: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
    };
    looks.add(look);
    look();
    await promise;
    looks.delete(look);
  };
  const kill = async (): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  };
  return {
    port,
    lives,
    async start() {
      const life: string[] = [];
      lives.push(life);
      let isReady = false;
      const born = spawn(process.execPath, ["--conditions=firstlight-source", program, String(port)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      child = born;
      createInterface({ input: born.stdout }).on("line", (line) => {
        if (line === "ready") isReady = true;
        else life.push(line.slice("span ".length));
        for (const look of looks) look();
      });
      await until(() => isReady);
    },
    kill,
    told: (span) => until(() => lives.at(-1)?.includes(span) === true),
    [Symbol.asyncDispose]: kill,
  };
}
