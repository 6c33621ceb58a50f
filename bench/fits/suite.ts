import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Bench, packagePeer, type Section, type Suite, type Table } from "../harness.ts";
import { findPeers, onBothOf } from "./contest.ts";
import { makeFrames, makeHeaders, side } from "./data.ts";
import { coldTable, coldTitle, meanTables } from "./mean-rows.ts";
import { memoryTable, memoryTitle } from "./memory-row.ts";
import { datasumRow, datasumTitle, headerRow, headerTitle, statisticsRow, statisticsTitle } from "./other-rows.ts";
import { packTables } from "./pack-rows.ts";

const packed = 12;
const cold = 40;
const headerFiles = 20_000;

export const fitsSuite: Suite = {
  name: "fits",
  title: "FITS and arithmetic of frames",
  diskBytes: 5 * 2 ** 30,
  minutes: 11,
  async run(bench: Bench): Promise<Section> {
    const peers = findPeers(bench.folder);
    const tables: Table[] = [];
    const rows = [
      ["u16", "uint16", 200, false, 2.5, "read + mean + write"],
      ["f32", "float32", 200, false, 1.3, "read + mean + write"],
      ["ru16", "uint16", 40, true, 1.5, "RICE_1 decode + mean + write"],
      ["rf32", "float32", 40, true, 1.5, "RICE_1 decode + mean + write"],
    ] as const;
    for (const [name, kind, count, isCompressed, atLeast, work] of rows) {
      const title = `${work}, ${count} × ${side}² ${kind}`;
      const encode = `RICE_1 encode${kind === "float32" ? ", quantised" : ""}, ${packed} × ${side}² ${kind}`;
      const chilled = coldTitle(cold);
      const isFirst = kind === "uint16" && !isCompressed;
      const titles = [title, ...(isCompressed ? [] : [encode]), ...(isFirst ? [chilled] : [])];
      if (![...titles, ...titles.map(onBothOf)].some(bench.isAsked)) continue;
      const folder = join(bench.folder, name);
      const paths = makeFrames(folder, kind, count, isCompressed);
      const is = { isPlain: !isCompressed, isReal: kind === "float32" };
      tables.push(...(await meanTables({ title, paths, atLeast, ...is }, peers, bench)));
      if (!isCompressed) tables.push(...(await packTables(encode, paths.slice(0, packed), 1.5, peers, bench)));
      if (isFirst && bench.isAsked(chilled)) tables.push(await coldTable(paths.slice(0, cold), peers, bench));
      rmSync(folder, { recursive: true });
    }
    if (bench.isAsked(headerTitle(headerFiles))) {
      const headers = join(bench.folder, "headers");
      tables.push(await headerRow(makeHeaders(headers, headerFiles), peers, bench));
      rmSync(headers, { recursive: true });
    }
    if (bench.isAsked(statisticsTitle)) tables.push(await statisticsRow(peers, bench));
    if (bench.isAsked(datasumTitle)) tables.push(await datasumRow(peers, bench));
    if (bench.isAsked(memoryTitle)) tables.push(await memoryTable(bench));
    return {
      text: `Frames of 2048 × 2048 pixels of a limb-darkened scene with noise, each eight of them different. Every contender of a mean reads all files,
averages in float64 and writes the mean as float32, without waiting for the disk; ours is \`averageTo(sink, paths, { workers })\`, which writes
as it computes, and whose second thread the first call starts and leaves for the next ones. Of RICE_1 every file is read, compressed in rows as fpack does, and
written, and nobody waits for the disk; ours is \`packFitsTo\` for one after the other, and on both cores \`packFiles\`, whose threads pack a file each. On both cores ours is one process of two threads, and a peer two processes that start together, each with half
of the files; the slower one counts, and nothing of theirs is merged. The start of processes and the import of modules are not counted.
astropy reads with \`memmap=False\`; fitsjs reads every tenth file, and its time counts ten times.`,
      peers: [
        ...[peers.cfitsio.peer, peers.astropy, peers.fitsio, peers.numpy, peers.scipy, packagePeer("fitsjs")],
        { name: "fitsjs-ng", version: undefined },
      ],
      tables,
      notes: [
        "fitsjs has no row of uint16 (it reads such pixels wrong), of compressed files (their pixels of this kind come out wrong), and none of writing (it has no writer).",
        "Cold: before each turn all pages of the files are written back and dropped with posix_fadvise; the disk may have a cache of its own.",
        "Reading alone, in C, is one thread of pread in portions of 512 kB, as ours reads, which nobody looks at; the C that adds reads so as well. How fast both are depends on how the page cache lies in memory: the same files, made twice, were read in 165 and 230 ms.",
        "On both cores: memory that is new costs 25 µs a page on this machine, which is 0.1 s for the 16 MB of a mean that is held (`average`), in one thread as in two; `averageTo` holds none. Strips are of 512 kB: those of 128 kB took a quarter more, those of 256 kB to 1 MB differ less than rounds do, as do rings of 8 to 32 pieces and two frames at once instead of four.",
        "RICE_1 encode on both cores: a thread a file. Two threads at one file after the other (`packFitsTo` with workers) were hardly faster than one here: one waits while the other opens the file, empties the one that is written, and writes what is left. They are for files that are large.",
        "Header scan: opening, reading and closing a file take 12 to 15 µs, which is half; of the rest the twenty cards are most, and the comparison with the header before, which a kernel makes, the least. astropy's `Header.fromfile` looks at nothing but one header; `getheader`, which takes a quarter more, opens the file as one does. By itself, once warm, ours takes 500 to 560 ms, in turn with others 700 to 850. Tried besides, without any gain that shows: another hash of the names, cards of unchanged records without a look at their words, words compared two at a time as float64, one memory for what headers have other than before, opening without O_NONBLOCK, reads of 24 kB or without an offset.",
      ],
    };
  },
};
