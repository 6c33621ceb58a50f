import { rmSync } from "node:fs";
import { basename, join } from "node:path";
import { openFits, openWorkers, packFiles, packFitsTo } from "firstlight/fits";
import { type Bench, type Contender, compareAsked, type Table } from "../harness.ts";
import {
  contender,
  onBothOf,
  oneThread,
  type Peers,
  peerContenders,
  timed,
  twoThreads,
  writeLists,
} from "./contest.ts";
import { plainSink } from "./plain-sink.ts";
import { sourceOf } from "./source-of.ts";

/** RICE_1 of whole files as fpack writes them: read, compressed, written. */
export async function packTables(
  title: string,
  paths: readonly string[],
  atLeast: number,
  peers: Peers,
  bench: Bench,
): Promise<Table[]> {
  const lists = writeLists(bench.folder, "pack", paths);
  const output = join(bench.folder, "packed.fits");
  const judge = ({ ms }: { readonly ms: number }): number => ms;
  const list = { title, lists, judge, work: "pack" } as const;
  await using workers = openWorkers(2);
  const folder = join(bench.folder, "packed");
  const ours = (threads: string, work: () => Promise<void>): readonly Contender[] =>
    contender(title, "ours", "", threads, false, async () => {
      // A file that another replaces is written to the disk at once, on some file systems; the peers remove theirs, too.
      rmSync(folder, { recursive: true, force: true });
      const { ms } = await timed(async () => {
        await work();
        return [];
      });
      return ms;
    });
  const oneByOne = ours(oneThread, async () => {
    for (const path of paths) await pack(path, output);
  });
  const files = paths.map((from) => ({ from, to: join(folder, basename(from)) }));
  const sharedOut = ours(twoThreads, async () => {
    await packFiles(files, { compression: "fpack", workers, sync: false });
  });
  const aims = [{ measure: title, contender: "ours", atLeast }];
  const single = [...oneByOne, ...peerContenders(peers, bench.folder, false, list)];
  const both = [...sharedOut, ...peerContenders(peers, bench.folder, true, list)];
  return [
    ...(await compareAsked({ title, unit: "ms", contenders: single, aims }, bench)),
    ...(await compareAsked({ title: onBothOf(title), unit: "ms", contenders: both, aims }, bench)),
  ];
}

async function pack(path: string, output: string): Promise<void> {
  using source = sourceOf(path);
  await using sink = plainSink(output);
  await packFitsTo(sink, await openFits(source), { compression: "fpack" });
}
