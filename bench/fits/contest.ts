import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Contender, type Peer, python, pythonPeer } from "../harness.ts";

export interface Answer {
  readonly ms: number;
  /** Numbers of the result; all contenders of a row have the same. */
  readonly check: readonly number[];
}

export interface Peers {
  readonly cfitsio: { readonly peer: Peer; readonly path: string };
  readonly astropy: Peer;
  readonly fitsio: Peer;
  readonly scipy: Peer;
  readonly numpy: Peer;
}

export const oneThread = "1 thread";
export const twoThreads = "2 threads";
const twoProcesses = "2 processes, half each";

/** The title of a row on both cores. */
export function onBothOf(title: string): string {
  return `${title}: both cores, the peers on both cores`;
}

const program = (name: string): string => join(import.meta.dirname, "../peers", name);

export function findPeers(folder: string): Peers {
  const names = ["astropy", "fitsio", "scipy", "numpy"] as const;
  const found = Object.fromEntries(names.map((name) => [name, pythonPeer(name)])) as Record<
    (typeof names)[number],
    Peer
  >;
  return { cfitsio: cfitsioPeer(folder), ...found };
}

/** cfitsio's program, compiled on the spot; without a version where compiler or library are missing. */
function cfitsioPeer(folder: string): Peers["cfitsio"] {
  const path = join(folder, "fits-cfitsio");
  const options = ["-O3", "-march=native", program("fits-cfitsio.c"), "-o", path, "-lcfitsio", "-lm"];
  const { status } = spawnSync("cc", options);
  const version = status === 0 ? spawnSync(path, ["version"], { encoding: "utf8" }).stdout.trim() : undefined;
  return { peer: { name: "cfitsio", version }, path };
}

async function ask(command: string, args: readonly string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 20 });
  return JSON.parse(stdout);
}

export const askPython = (options: object): Promise<Answer> =>
  ask(python, [program("fits-python.py"), JSON.stringify(options)]);

export const askC = ({ cfitsio }: Peers, ...args: readonly string[]): Promise<Answer> => ask(cfitsio.path, args);

/** The first answer is what the others are held against, within a part in a hundred thousand. */
export function agreeing(): (answer: Answer) => number {
  let first: readonly number[] | undefined;
  return ({ ms, check }) => {
    first ??= check;
    const differs = check.some((value, i) => Math.abs(value - (first?.[i] ?? 0)) > 1e-5 * Math.abs(value));
    if (differs) throw new Error(`the contenders disagree: ${first} and ${check}`);
    return ms;
  };
}

export async function timed(work: () => Promise<readonly number[]>): Promise<Answer> {
  const begun = performance.now();
  const check = await work();
  return { ms: performance.now() - begun, check };
}

/** One contender of a row, or none where its library was not found. */
export function contender(
  title: string,
  name: string,
  version: string | undefined,
  workers: string,
  isPeer: boolean,
  run: () => Promise<number>,
): readonly Contender[] {
  return version === undefined ? [] : [{ name, isPeer, workers, run: async () => ({ [title]: await run() }) }];
}

export interface ListWork {
  readonly title: string;
  /** The lists of paths, whole and in two halves. */
  readonly lists: Lists;
  readonly judge: (answer: Answer) => number;
  /** What a peer's process is asked to do with a list. */
  readonly work: "mean" | "pack";
}

export interface Lists {
  readonly whole: string;
  readonly halves: readonly string[];
}

export function writeLists(folder: string, name: string, paths: readonly string[]): Lists {
  const write = (suffix: string, some: readonly string[]): string => {
    const path = join(folder, `${name}${suffix}.txt`);
    writeFileSync(path, some.join("\n"));
    return path;
  };
  // Files come eight by eight the same: halves of every other one have the same mean of checks.
  const halves = [0, 1].map((half) => paths.filter((_, i) => i % 2 === half));
  return { whole: write("", paths), halves: halves.map((half, i) => write(`-${i}`, half)) };
}

/** The three libraries on one core; or on two, each process with half of the files, of which nothing is merged: the slower one counts. */
export function peerContenders(peers: Peers, folder: string, onBoth: boolean, work: ListWork): readonly Contender[] {
  const { title, lists, judge } = work;
  const output = (i: number): string => join(folder, `peer-${i}.fits`);
  const row = (name: string, peer: Peer, run: (list: string, output: string) => Promise<Answer>) =>
    contender(title, name, peer.version, onBoth ? twoProcesses : oneThread, true, async () => {
      if (!onBoth) return judge(await run(lists.whole, output(0)));
      const answers = await Promise.all(lists.halves.map((list, i) => run(list, output(i))));
      return Math.max(...answers.map(({ ms }) => ms));
    });
  return [
    ...row("cfitsio", peers.cfitsio.peer, (list, out) => askC(peers, work.work, out, list)),
    ...row("astropy", peers.astropy, (list, out) => askPython({ work: work.work, by: "astropy", list, output: out })),
    ...row("fitsio", peers.fitsio, (list, out) => askPython({ work: work.work, by: "fitsio", list, output: out })),
  ];
}
