import { spawnSync } from "node:child_process";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { averageTo } from "firstlight/math";
import {
  type Bench,
  type Contender,
  compare,
  compareAsked,
  growthTable,
  median,
  packagePeer,
  python,
  type Table,
} from "../harness.ts";
import {
  agreeing,
  askC,
  contender,
  onBothOf,
  oneThread,
  type Peers,
  peerContenders,
  timed,
  twoThreads,
  writeLists,
} from "./contest.ts";
import { side } from "./data.ts";
import { readFitsjs } from "./fitsjs.ts";
import { plainSink } from "./plain-sink.ts";

export interface MeanWork {
  readonly title: string;
  readonly paths: readonly string[];
  readonly atLeast: number;
  readonly isPlain: boolean;
  readonly isReal: boolean;
}

/** Ours on so many threads: a call of averageTo as anybody makes it, whose threads start within the time. */
const ourMean = (paths: readonly string[], output: string, workers: number) => () =>
  timed(async () => {
    await using sink = plainSink(output);
    await averageTo(sink, paths, { workers, checksum: false });
    return endsOf(output);
  });

/** The first and the last pixel of the mean, behind its header of one block. */
function endsOf(path: string): readonly number[] {
  const fd = openSync(path, "r");
  const word = Buffer.alloc(4);
  const found = [0, side * side - 1].map((at) => {
    readSync(fd, word, 0, 4, 2880 + 4 * at);
    return word.readFloatBE();
  });
  closeSync(fd);
  return found;
}

export async function meanTables(work: MeanWork, peers: Peers, bench: Bench): Promise<Table[]> {
  const { title, paths, atLeast, isPlain, isReal } = work;
  const output = join(bench.folder, "mean.fits");
  const lists = writeLists(bench.folder, "paths", paths);
  const judge = agreeing();
  const list = { title, lists, judge, work: "mean" } as const;
  const ours = (workers: number, found: number[]): readonly Contender[] =>
    contender(title, "ours", "", workers === 1 ? oneThread : twoThreads, false, async () => {
      const ms = judge(await ourMean(paths, output, workers)());
      found.push(ms);
      return ms;
    });
  const limit = (name: string, mode: string, found: number[]): readonly Contender[] =>
    contender(title, name, isPlain ? peers.cfitsio.peer.version : undefined, oneThread, false, async () => {
      const { ms } = await askC(peers, mode, lists.whole, isReal ? "4" : "2");
      found.push(ms);
      return ms;
    });
  const aims = [{ measure: title, contender: "ours", atLeast }];
  const [one, two]: [CacheRow, CacheRow] = [cacheRow(oneThread), cacheRow(twoThreads)];
  const single = [
    ...ours(1, one.ours),
    ...peerContenders(peers, bench.folder, false, list),
    ...(isPlain && isReal ? fitsjsContender(title, paths) : []),
    ...limit("fused by hand in C, without writing: the limit", "hand", []),
    ...limit(pageCache, "read", one.read),
  ];
  const both = [
    ...ours(2, two.ours),
    ...peerContenders(peers, bench.folder, true, list),
    ...(isReal ? limit(pageCache, "read", two.read) : []),
  ];
  const tables = [
    ...(await compareAsked({ title, unit: "ms", contenders: single, aims }, bench)),
    ...(await compareAsked({ title: onBothOf(title), unit: "ms", contenders: both, aims }, bench)),
  ];
  const rows = [one, two].filter(({ ours, read }) => ours.length > 0 && read.length > 0);
  if (isPlain && rows.length > 0) tables.push(pageCacheTable(work, rows));
  return tables;
}

/** Every tenth file, and its time counts ten times. */
function fitsjsContender(title: string, paths: readonly string[]): readonly Contender[] {
  const some = paths.filter((_, i) => i % 10 === 0);
  return contender(title, "fitsjs", packagePeer("fitsjs").version, oneThread, true, async () => {
    const begun = performance.now();
    readFitsjs(createRequire(import.meta.url)("fitsjs"), some);
    return 10 * (performance.now() - begun);
  });
}

const pageCache = "read alone, in C: the page cache";
const cacheShare = 0.7;

/** Milliseconds of ours on so many threads, and of one thread that reads alone in the same rounds. */
interface CacheRow {
  readonly threads: string;
  readonly ours: number[];
  readonly read: number[];
}

function cacheRow(threads: string): CacheRow {
  return { threads, ours: [], read: [] };
}

/** Each beside the reading in its own rounds: the machine has faster and slower minutes. */
function pageCacheTable({ title, paths, isReal }: MeanWork, all: readonly CacheRow[]): Table {
  const bytes = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  const speed = (ms: readonly number[]): number => bytes / 1e3 / median(ms);
  const missed: string[] = [];
  const rows = all.map(({ threads, ours, read }) => {
    const share = speed(ours) / speed(read);
    const hasAim = isReal && threads === twoThreads;
    if (hasAim && share < cacheShare) {
      missed.push(`page-cache speed on both cores: ${share.toFixed(3)}, the aim is ≥ ${cacheShare}`);
    }
    return [threads, speed(ours), speed(read), share, hasAim ? `≥ ${cacheShare}` : ""] as const;
  });
  const columns = ["ours, mean written", "MB/s", "one thread reading alone, in C, MB/s", "share", "aim"];
  return growthTable(`${title}: beside reading alone (medians)`, columns, rows, missed);
}

export const coldTitle = (files: number): string => `read + mean + write, ${files} × 2048² uint16, cold`;

/** The same with files that are taken out of the page cache before each turn. */
export async function coldTable(paths: readonly string[], peers: Peers, bench: Bench): Promise<Table> {
  const title = coldTitle(paths.length);
  const output = join(bench.folder, "mean.fits");
  const lists = writeLists(bench.folder, "cold", paths);
  const judge = agreeing();
  const chilled = (contenders: readonly Contender[]): Contender[] =>
    contenders.map((each) => ({
      ...each,
      run: () => {
        chill(lists.whole);
        return each.run();
      },
    }));
  const contenders = chilled([
    ...contender(title, "ours", "", oneThread, false, async () => judge(await ourMean(paths, output, 1)())),
    ...contender(title, "ours, two threads", "", twoThreads, false, async () =>
      judge(await ourMean(paths, output, 2)()),
    ),
    ...peerContenders(peers, bench.folder, false, { title, lists, judge, work: "mean" }),
  ]);
  return compare({ title, unit: "ms", contenders }, bench);
}

/** Writes files back and drops their pages, which whoever owns them may: nobody else's are touched. */
function chill(list: string): void {
  const script = `import os, sys
for path in open(sys.argv[1]).read().split():
    fd = os.open(path, os.O_RDONLY); os.fsync(fd); os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED); os.close(fd)`;
  const { status, stderr } = spawnSync(python, ["-c", script, list], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the page cache cannot be emptied: ${stderr}`);
}
