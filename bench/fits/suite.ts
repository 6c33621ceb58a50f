import { execFile, spawnSync } from "node:child_process";
import { closeSync, fstatSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodeFits, readHeader, verifyChecksums } from "firstlight/fits";
import { average, random, statistics } from "firstlight/math";
import {
  type Bench,
  type Contender,
  compare,
  type Peer,
  python,
  pythonPeer,
  type Section,
  type Suite,
  type Table,
} from "../harness.ts";
import { headerKeys, makeFrames, makeHeaders, side } from "./data.ts";

interface Answer {
  readonly ms: number;
  readonly check: readonly number[];
}

const workers = "1 thread";
const program = (name: string) => join(import.meta.dirname, "../peers", name);

/** cfitsio's program, compiled on the spot; without a version where compiler or library are missing. */
function cfitsioPeer(folder: string): { readonly peer: Peer; readonly path: string } {
  const path = join(folder, "fits-cfitsio");
  const { status } = spawnSync("cc", [
    "-O3",
    "-march=native",
    program("fits-cfitsio.c"),
    "-o",
    path,
    "-lcfitsio",
    "-lm",
  ]);
  const version = status === 0 ? spawnSync(path, ["version"], { encoding: "utf8" }).stdout.trim() : undefined;
  return { peer: { name: "cfitsio", version }, path };
}

async function ask(command: string, args: readonly string[]): Promise<Answer> {
  const { stdout } = await promisify(execFile)(command, args, { maxBuffer: 2 ** 20 });
  return JSON.parse(stdout);
}

const askPython = (options: object) => ask(python, [program("fits-python.py"), JSON.stringify(options)]);

/** The first answer is what the others are held against, within a part in a hundred thousand. */
function agreeing(): (answer: Answer) => number {
  let first: readonly number[] | undefined;
  return ({ ms, check }) => {
    first ??= check;
    const differs = check.some((value, i) => Math.abs(value - (first?.[i] ?? 0)) > 1e-5 * Math.abs(value));
    if (differs) throw new Error(`the contenders disagree: ${first} and ${check}`);
    return ms;
  };
}

async function timed(work: () => Promise<readonly number[]>): Promise<Answer> {
  const begun = performance.now();
  const check = await work();
  return { ms: performance.now() - begun, check };
}

interface Peers {
  readonly cfitsio: { readonly peer: Peer; readonly path: string };
  readonly astropy: Peer;
  readonly fitsio: Peer;
}

async function meanRow(
  title: string,
  paths: readonly string[],
  atLeast: number,
  peers: Peers,
  bench: Bench,
): Promise<Table> {
  const list = join(bench.folder, "paths.txt");
  writeFileSync(list, paths.join("\n"));
  const output = join(bench.folder, "mean.fits");
  const judge = agreeing();
  const contender = (
    name: string,
    version: string | undefined,
    isPeer: boolean,
    answer: () => Promise<Answer>,
  ): readonly Contender[] =>
    version === undefined ? [] : [{ name, isPeer, workers, run: async () => ({ [title]: judge(await answer()) }) }];
  const contenders = [
    ...contender("ours", "", false, () =>
      timed(async () => {
        const { header, image } = await average(paths);
        writeFileSync(output, encodeFits([{ header, image }]));
        return [Number(image.data[0]), Number(image.data.at(-1))];
      }),
    ),
    ...contender("cfitsio", peers.cfitsio.peer.version, true, () => ask(peers.cfitsio.path, ["mean", output, list])),
    ...contender("astropy", peers.astropy.version, true, () =>
      askPython({ work: "mean", by: "astropy", list, output }),
    ),
    ...contender("fitsio", peers.fitsio.version, true, () => askPython({ work: "mean", by: "fitsio", list, output })),
  ];
  return compare({ title, unit: "ms", contenders, aims: [{ measure: title, contender: "ours", atLeast }] }, bench);
}

/** A file as the library reads it, whose reads are done when they return. */
function sourceOf(path: string) {
  const fd = openSync(path, "r");
  return {
    name: path,
    sizeBytes: fstatSync(fd).size,
    read: async (offset: number, into: Uint8Array) => readSync(fd, into, 0, into.length, offset),
    [Symbol.dispose]: () => closeSync(fd),
  };
}

async function headerRow(paths: readonly string[], { astropy }: Peers, bench: Bench): Promise<Table> {
  const title = `${headerKeys.length} cards of each of ${paths.length} headers`;
  const list = join(bench.folder, "headers.txt");
  // astropy reads every tenth file, and its time counts ten times.
  writeFileSync(list, paths.filter((_, i) => i % 10 === 0).join("\n"));
  const ours: Contender = {
    name: "ours",
    isPeer: false,
    workers,
    run: async () => {
      const { ms } = await timed(async () => {
        for (const path of paths) {
          using source = sourceOf(path);
          const header = await readHeader(source);
          for (const key of headerKeys) if (header.get(key) === undefined) throw new Error(`${path} has no ${key}`);
        }
        return [];
      });
      return { [title]: ms };
    },
  };
  const peer: Contender = {
    name: "astropy, getheader",
    isPeer: true,
    workers,
    run: async () => ({
      [title]: 10 * (await askPython({ work: "headers", by: "astropy", list, keys: headerKeys })).ms,
    }),
  };
  const contenders = astropy.version === undefined ? [ours] : [ours, peer];
  return compare({ title, unit: "ms", contenders, aims: [{ measure: title, contender: "ours", atLeast: 20 }] }, bench);
}

async function statisticsRow(scipy: Peer, bench: Bench): Promise<Table> {
  const title = "L1 statistics of 4096 × 4096 float32";
  const draws = random("bench statistics");
  const image = {
    data: Float32Array.from({ length: 4096 * 4096 }, () => 1000 + 30 * draws.gaussian()),
    shape: [4096, 4096],
  };
  const list = join(bench.folder, "pixels.f32");
  writeFileSync(list, image.data);
  const judge = agreeing();
  const ours: Contender = {
    name: "ours",
    isPeer: false,
    workers,
    run: async () => ({
      [title]: judge(
        await timed(async () => {
          const { min, max, mean } = statistics(image);
          return [min, max, mean];
        }),
      ),
    }),
  };
  const peer: Contender = {
    name: "numpy, scipy",
    isPeer: true,
    workers,
    run: async () => ({ [title]: judge(await askPython({ work: "statistics", by: "scipy", list })) }),
  };
  const contenders = scipy.version === undefined ? [ours] : [ours, peer];
  return compare({ title, unit: "ms", contenders, aims: [{ measure: title, contender: "ours", atLeast: 5 }] }, bench);
}

async function datasumRow({ cfitsio }: Peers, bench: Bench): Promise<Table> {
  const title = "DATASUM of 1 GB";
  const path = join(bench.folder, "large.fits");
  const draws = random("bench datasum");
  const data = Uint16Array.from({ length: 5e8 / 8 }, () => draws.bits());
  // Eight times the same: 1 GB in one image.
  const all = new Uint16Array(5e8);
  for (let part = 0; part < 8; part += 1) all.set(data, part * data.length);
  writeFileSync(
    path,
    encodeFits(
      [
        {
          header: (await readHeader(sourceOf(join(bench.folder, "u16/frame_000.fits")))).clone(),
          image: { data: all, shape: [20_000, 25_000] },
        },
      ],
      { checksum: true },
    ),
  );
  const ours: Contender = {
    name: "ours, verifyChecksums",
    isPeer: false,
    workers,
    run: async () => {
      const { ms } = await timed(async () => {
        using source = sourceOf(path);
        const [first] = await verifyChecksums(source);
        if (first?.datasum !== "ok") throw new Error("the sum does not fit");
        return [];
      });
      return { [title]: ms };
    },
  };
  const peer: Contender = {
    name: "cfitsio, fits_get_chksum",
    isPeer: true,
    workers,
    run: async () => ({ [title]: (await ask(cfitsio.path, ["datasum", path])).ms }),
  };
  const contenders = cfitsio.peer.version === undefined ? [ours] : [ours, peer];
  const aims = [{ measure: title, contender: "ours, verifyChecksums", atLeast: 1 }];
  const table = await compare({ title, unit: "ms", contenders, aims }, bench);
  rmSync(path);
  return table;
}

export const fitsSuite: Suite = {
  name: "fits",
  title: "FITS and arithmetic of frames",
  diskBytes: 7 * 2 ** 30,
  minutes: 8,
  async run(bench: Bench): Promise<Section> {
    const peers = { cfitsio: cfitsioPeer(bench.folder), astropy: pythonPeer("astropy"), fitsio: pythonPeer("fitsio") };
    const scipy = pythonPeer("scipy");
    const tables: Table[] = [];
    const rows = [
      ["u16", "uint16", 200, false, 2.5, "read + mean + write"],
      ["f32", "float32", 200, false, 1.3, "read + mean + write"],
      ["ru16", "uint16", 40, true, 1.5, "RICE_1 decode + mean + write"],
      ["rf32", "float32", 40, true, 1.5, "RICE_1 decode + mean + write"],
    ] as const;
    for (const [name, kind, count, isCompressed, atLeast, work] of rows) {
      const folder = join(bench.folder, name);
      const paths = makeFrames(folder, kind, count, isCompressed);
      tables.push(await meanRow(`${work}, ${count} × ${side}² ${kind}`, paths, atLeast, peers, bench));
      const [first = ""] = paths;
      for (const path of paths) if (path !== first) rmSync(path);
    }
    tables.push(await headerRow(makeHeaders(join(bench.folder, "headers"), 20_000), peers, bench));
    tables.push(await statisticsRow(scipy, bench));
    tables.push(await datasumRow(peers, bench));
    return {
      text: `Frames of 2048 × 2048 pixels of a limb-darkened scene with noise, each eight of them different. Every contender reads all files, averages
in float64 and writes the mean as float32, without waiting for the disk; ours is \`average(paths)\`, \`encodeFits\` and Node's own
\`writeFileSync\`. The start of processes and the import of modules are not counted. astropy reads with \`memmap=False\`.`,
      peers: [peers.cfitsio.peer, peers.astropy, peers.fitsio, pythonPeer("numpy"), scipy],
      tables,
      notes: [
        "All rows are of one thread. No row is of a cold cache, and none of two threads: arithmetic over files does not use FIRSTLIGHT_THREADS yet.",
      ],
    };
  },
};
