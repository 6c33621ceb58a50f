import { join } from "node:path";
import { openFits, openWorkers, packFitsTo, type Workers } from "firstlight/fits";
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
  const ours = (by: number | Workers): readonly Contender[] =>
    contender(title, "ours", "", typeof by === "number" ? oneThread : twoThreads, false, async () => {
      const { ms } = await timed(async () => {
        for (const path of paths) await pack(path, output, by);
        return [];
      });
      return ms;
    });
  const aims = [{ measure: title, contender: "ours", atLeast }];
  const single = [...ours(1), ...peerContenders(peers, bench.folder, false, list)];
  const both = [...ours(workers), ...peerContenders(peers, bench.folder, true, list)];
  return [
    ...(await compareAsked({ title, unit: "ms", contenders: single, aims }, bench)),
    ...(await compareAsked({ title: onBothOf(title), unit: "ms", contenders: both, aims }, bench)),
  ];
}

async function pack(path: string, output: string, workers: number | Workers): Promise<void> {
  using source = sourceOf(path);
  await using sink = plainSink(output);
  await packFitsTo(sink, await openFits(source), { compression: "fpack", workers });
}
