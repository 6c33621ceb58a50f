import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadSettings, Secret } from "firstlight";
import { type ObjectStore, s3Config, s3ObjectStore } from "firstlight/services";
import { findProgram } from "../test/servers/debian.ts";
import { collectGarbage, rgwPrograms, startRgw } from "../test/servers/rgw.ts";
import { makeBucket } from "../test/services/real/s3-store-at.ts";
import {
  askPython,
  type Bench,
  type Contender,
  compare,
  packagePeer,
  programPeer,
  pythonPeer,
  type Section,
  type Suite,
  timed,
} from "./harness.ts";

const mebibyte = 2 ** 20;
const smallCount = 64;
const largeMebibytes = 256;
/** Of ours at a time, and of theirs in a pool; of the parts of one object as well, both by default. */
const parallel = 10;
const bucket = "bench";

type Verb = "put" | "get";
type Size = "small" | "large";
type Files = Readonly<Record<Size, readonly string[]>>;
type Times = Readonly<Record<`${Verb} ${Size}`, number>>;

const mebibytes: Readonly<Record<Size, number>> = { small: smallCount, large: largeMebibytes };
const words: Readonly<Record<Size, string>> = {
  small: `${smallCount} objects of 1 MiB`,
  large: `one object of ${largeMebibytes} MiB`,
};

/** Work for many, `parallel` at a time. */
async function pooled(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n).values();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (const n of numbers) await work(n);
    }),
  );
}

async function throughStore(store: ObjectStore, files: Files, folder: string): Promise<Times> {
  const times: Partial<Record<`${Verb} ${Size}`, number>> = {};
  for (const size of ["small", "large"] as const) {
    const [sources, target] = [files[size], join(folder, `ours-${size}`)];
    await mkdir(target, { recursive: true });
    const put = (n: number) => store.put(bucket, `ours-${size}/${n}`, { path: sources[n] ?? "" });
    const get = (n: number) => store.download(bucket, `ours-${size}/${n}`, join(target, String(n)));
    times[`put ${size}`] = await timed(() => pooled(sources.length, put));
    times[`get ${size}`] = await timed(() => pooled(sources.length, get));
  }
  return times as Times;
}

async function makeFiles(folder: string): Promise<Files> {
  const make = (name: string, sizeBytes: number) => async (_: unknown, n: number) => {
    const path = join(folder, `${name}-${n}`);
    await writeFile(path, randomBytes(sizeBytes));
    return path;
  };
  return {
    small: await Promise.all(Array.from({ length: smallCount }, make("small", mebibyte))),
    large: await Promise.all(Array.from({ length: 1 }, make("large", largeMebibytes * mebibyte))),
  };
}

/** From milliseconds to what the page shows. */
function rates(times: Times): Readonly<Record<string, number>> {
  const entries = (["small", "large"] as const).flatMap((size) =>
    (["put", "get"] as const).map((verb) => {
      const megabytes = (mebibytes[size] * mebibyte) / 1e6;
      return [`${verb} ${words[size]}`, megabytes / (times[`${verb} ${size}`] / 1000)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

async function measure(bench: Bench, url: string, withPython: boolean) {
  const { origin, hostname, port, username, password, searchParams } = new URL(url);
  const cluster = searchParams.get("cluster") ?? "";
  await makeBucket(url, bucket);
  const files = await makeFiles(bench.folder);
  await using store = s3ObjectStore({
    host: hostname,
    port: Number(port),
    useSsl: false,
    accessKey: new Secret(username),
    secretKey: new Secret(password),
    config: s3Config(loadSettings({})),
    retry: { delaySeconds: 1, backoff: 1, jitterSeconds: [0, 0], maxDelaySeconds: 1, tries: 1 },
  });
  await throughStore(store, { small: files.small.slice(0, 1), large: [] }, bench.folder);
  const python = (name: string, verify: boolean) => async (): Promise<Times> =>
    askPython("objects-boto3.py", {
      endpoint: origin,
      accessKey: username,
      secretKey: password,
      threads: parallel,
      folder: bench.folder,
      bucket,
      name,
      verify,
      ...files,
    }) as Times;
  const contender = (name: string, workers: string, isPeer: boolean, run: () => Promise<Times>): Contender => ({
    name,
    isPeer,
    workers,
    async run() {
      const result = rates(await run());
      await collectGarbage(cluster);
      return result;
    },
  });
  const threads = `${parallel} threads`;
  const contenders = [
    contender("ours, verified", `1 thread, ${parallel} requests`, false, () =>
      throughStore(store, files, bench.folder),
    ),
    ...(withPython
      ? [
          contender("boto3", threads, true, python("boto3", false)),
          contender("boto3, verified as ours", threads, true, python("boto3-verified", true)),
        ]
      : []),
  ];
  return await compare({ title: "Put and get of files", unit: "MB/s", contenders, ratio: "rate" }, bench);
}

export const objectStoreSuite: Suite = {
  name: "object-store",
  title: "Objects on S3",
  diskBytes: 2 * 2 ** 30,
  minutes: 4,
  async run(bench): Promise<Section> {
    const missing = rgwPrograms.filter((name) => findProgram(name) === undefined);
    if (missing.length > 0) throw new Error(`Ceph's gateway is not installed: ${missing.join(", ")}.`);
    const boto3 = pythonPeer("boto3");
    await using gateway = await startRgw();
    const table = await measure(bench, gateway.url, boto3.version !== undefined);
    return {
      text: `Files of random bytes, to and from a Ceph gateway on this machine over a store in memory, without TLS: all of them share its cores. Ours is
\`put\` and \`download\` with every default: SHA-256 of the file first, then the object sent and **read back** and compared, and each download
verified and on the disk before it takes its place. boto3 is \`upload_file\` and \`download_file\` of s3transfer with its defaults, which trust what the server says;
the third contender does with it what ours does: it reads back, hashes, and waits for the disk. Many small objects go ${parallel} at a time, by threads in Python; a
large one goes in parts of 8 MiB, ${parallel} at a time, by both. Python's start is not counted.`,
      peers: [
        packagePeer("@aws-sdk/client-s3"),
        { ...boto3, name: "python3-boto3" },
        { ...pythonPeer("s3transfer"), name: "python3-s3transfer" },
        { ...programPeer("radosgw", ["--version"], /version (\S+)/), name: "radosgw" },
      ],
      tables: [table],
      notes: [
        "`boto3` against `ours, verified` is the price of knowing: a put that is verified moves every byte twice, and a download that survives a loss of power waits for the disk, file and folder. `boto3, verified as ours` is the same work.",
      ],
    };
  },
};
