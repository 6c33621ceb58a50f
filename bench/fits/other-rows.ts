import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeFits, Header, readHeaders, verifyChecksums } from "firstlight/fits";
import { random, statistics } from "firstlight/math";
import { type Bench, type Contender, compare, type Table } from "../harness.ts";
import { agreeing, askC, askPython, type Peers, timed, oneThread as workers } from "./contest.ts";
import { headerKeys } from "./data.ts";
import { sourceOf } from "./source-of.ts";

/** The titles of rows that are one table each. */
export const headerTitle = (files: number): string => `${headerKeys.length} cards of each of ${files} headers`;
export const statisticsTitle = "L1 statistics of 4096 × 4096 float32";
export const datasumTitle = "DATASUM of 1 GB";

export async function headerRow(paths: readonly string[], { astropy }: Peers, bench: Bench): Promise<Table> {
  const title = headerTitle(paths.length);
  const list = join(bench.folder, "headers.txt");
  // astropy reads every tenth file, and its time counts ten times.
  writeFileSync(list, paths.filter((_, i) => i % 10 === 0).join("\n"));
  const ours: Contender = {
    name: "ours",
    isPeer: false,
    workers,
    run: async () => {
      const { ms } = await timed(async () => {
        for await (const [path, header] of readHeaders(paths)) {
          for (const key of headerKeys) if (header.get(key) === undefined) throw new Error(`${path} has no ${key}`);
        }
        return [];
      });
      return { [title]: ms };
    },
  };
  const peer = (name: string, way: string): Contender => ({
    name,
    isPeer: true,
    workers,
    run: async () => ({
      [title]: 10 * (await askPython({ work: "headers", by: "astropy", way, list, keys: headerKeys })).ms,
    }),
  });
  // The second looks at nothing but one header, of which nobody has said that it is the right one.
  const peers = [peer("astropy, getheader", "getheader"), peer("astropy, Header.fromfile", "fromfile")];
  const contenders = astropy.version === undefined ? [ours] : [ours, ...peers];
  return compare({ title, unit: "ms", contenders, aims: [{ measure: title, contender: "ours", atLeast: 20 }] }, bench);
}

export async function statisticsRow({ scipy }: Peers, bench: Bench): Promise<Table> {
  const title = statisticsTitle;
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
          const { min, max, mean, median, rms, percentiles } = statistics(image);
          return [min, max, mean, median, rms, ...Object.values(percentiles)];
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

export async function datasumRow(peers: Peers, bench: Bench): Promise<Table> {
  const title = datasumTitle;
  const path = join(bench.folder, "large.fits");
  const draws = random("bench datasum");
  const data = Uint16Array.from({ length: 5e8 / 8 }, () => draws.bits());
  // Eight times the same: 1 GB in one image.
  const all = new Uint16Array(5e8);
  for (let part = 0; part < 8; part += 1) all.set(data, part * data.length);
  const image = { data: all, shape: [20_000, 25_000] };
  writeFileSync(path, encodeFits([{ header: new Header(), image }], { checksum: true }));
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
    run: async () => ({ [title]: (await askC(peers, "datasum", path)).ms }),
  };
  const contenders = peers.cfitsio.peer.version === undefined ? [ours] : [ours, peer];
  const aims = [{ measure: title, contender: "ours, verifyChecksums", atLeast: 1 }];
  const table = await compare({ title, unit: "ms", contenders, aims }, bench);
  rmSync(path);
  return table;
}
