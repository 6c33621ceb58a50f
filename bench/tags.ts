import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type InventoryDriver, openScratch, raiseFence, redisInventory, sqliteInventory } from "firstlight/scratch";
import { Redis } from "ioredis";
import { findProgram } from "../test/servers/debian.ts";
import { startRedis } from "../test/servers/redis.ts";
import {
  askPython,
  type Bench,
  type Contender,
  compare,
  growthTable,
  packagePeer,
  programPeer,
  pythonPeer,
  type Section,
  type Suite,
  type Table,
  timed,
} from "./harness.ts";

const recipeRunId = 1;
const queryCount = 1_000;
/** The peers go through every tenth file and path, and their time counts ten times: a round trip costs what it costs. */
const peerShare = 10;
const measures = {
  tag: "tag all files, in bulk",
  find: "1 000 queries of three tags",
  tags: "tags of 1 000 files",
  all: "these three together",
  findAnew: "the queries in bulk, by who has read and written nothing",
  findOne: "the queries, one by one",
  tagsOne: "the tags of files, one by one",
} as const;

/** The files of a run with nine tags each, and what is asked of them. */
interface Plan {
  readonly paths: readonly string[];
  readonly tags: readonly (readonly string[])[];
  readonly queries: readonly (readonly string[])[];
  /** Of these the tags are asked for. */
  readonly asked: readonly string[];
}

const tasks = ["OBSERVE", "DARK", "LAMP_GAIN", "SOLAR_GAIN", "POLCAL"];
const filesPerStep = 200;

/** As an instrument tags its raw frames. A raster step has 200 files however many there are, so that answers stay as long. */
function planOf(folder: string, count: number): Plan {
  const files = Array.from({ length: count }, (_, i) => i);
  const stepOf = (i: number): number => Math.floor(i / filesPerStep);
  const taskOf = (i: number): string => tasks[stepOf(i) % tasks.length] ?? "";
  const paths = files.map((i) => join(folder, "frames", `frame_${String(i).padStart(7, "0")}.fits`));
  const asked = Array.from({ length: queryCount }, (_, i) => (i * 7_919) % count);
  return {
    paths,
    tags: files.map((i) => [
      "INPUT",
      "FRAME",
      `TASK_${taskOf(i)}`,
      `EXP_TIME_${(stepOf(i) % 4) + 10}.5`,
      `READOUT_EXP_TIME_${(stepOf(i) % 4) + 1}.25`,
      `CS_STEP_${stepOf(i) % 14}`,
      `MODSTATE_${(i % 10) + 1}`,
      `MAP_SCAN_${stepOf(i) % 3}`,
      `RASTER_STEP_${stepOf(i)}`,
    ]),
    queries: asked.map((i) => [`TASK_${taskOf(i)}`, `MODSTATE_${(i % 10) + 1}`, `RASTER_STEP_${stepOf(i)}`]),
    asked: asked.map((i) => paths[i] ?? ""),
  };
}

function makeFiles({ paths }: Plan, folder: string): void {
  mkdirSync(join(folder, "frames"), { recursive: true });
  for (const path of paths) writeFileSync(path, "");
}

/** What must come out the same, however it is done. */
interface Answer {
  readonly found: number;
  readonly tags: number;
}

const answers = new Set<string>();

function mustAgree({ found, tags }: Answer): void {
  answers.add(`${found} files found, ${tags} tags`);
  if (answers.size > 1) throw new Error(`The contenders disagree: ${[...answers].join("; ")}`);
}

async function throughScratch(
  plan: Plan,
  basePath: string,
  open: () => InventoryDriver,
): Promise<Record<string, number>> {
  await using driver = open();
  const token = await raiseFence(driver, recipeRunId, "Bench");
  await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Bench", driver, token });
  const { paths, tags, queries, asked } = plan;
  const tag = await timed(() => scratch.tagAll(paths.map((path, i) => ({ paths: path, tags: tags[i] ?? [] }))));
  let found = 0;
  const find = await timed(async () => {
    for (const paths of await scratch.findAll(queries)) found += paths.length;
  });
  await using other = open();
  await using anew = await openScratch({ basePath, recipeRunId, taskName: "Anew", driver: other });
  // Its connection is there, as those of the peers are.
  await anew.count(plan.tags[0] ?? []);
  let foundAnew = 0;
  const findAnew = await timed(async () => {
    for (const paths of await anew.findAll(queries)) foundAnew += paths.length;
  });
  let foundOne = 0;
  const findOne = await timed(async () => {
    for (const query of queries) foundOne += (await scratch.find(query)).length;
  });
  let held = 0;
  const bulk = await timed(async () => {
    for (const each of await scratch.tagsOfAll(asked)) held += each.length;
  });
  let heldOne = 0;
  const one = await timed(async () => {
    for (const path of asked) heldOne += (await scratch.tags(path)).length;
  });
  mustAgree({ found, tags: held });
  mustAgree({ found: foundAnew, tags: heldOne });
  mustAgree({ found: foundOne, tags: heldOne });
  return named({ tag, find, findAnew, findOne, tags: bulk, tagsOne: one });
}

interface Times {
  readonly tag: number;
  readonly find: number;
  readonly findAnew: number;
  readonly findOne: number;
  readonly tags: number;
  readonly tagsOne: number;
}

function named({ tag, find, findAnew, findOne, tags, tagsOne }: Times): Record<string, number> {
  return {
    [measures.tag]: tag,
    [measures.find]: find,
    [measures.tags]: tags,
    [measures.all]: tag + find + tags,
    [measures.findAnew]: findAnew,
    [measures.findOne]: findOne,
    [measures.tagsOne]: tagsOne,
  };
}

async function onSqlite(plan: Plan, basePath: string): Promise<Record<string, number>> {
  const path = join(basePath, "bench.sqlite");
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
  return throughScratch(plan, basePath, () => sqliteInventory({ path }));
}

async function onRedis(plan: Plan, basePath: string, port: number): Promise<Record<string, number>> {
  await emptied(port);
  const options = { host: "127.0.0.1", port, recipeRunId, dbCount: 16, clientName: "bench" };
  return throughScratch(plan, basePath, () => redisInventory(options));
}

async function connected(port: number): Promise<Redis> {
  const redis = new Redis({ host: "127.0.0.1", port, db: recipeRunId });
  await once(redis, "ready");
  return redis;
}

async function emptied(port: number): Promise<void> {
  const redis = await connected(port);
  await redis.flushdb();
  redis.disconnect();
}

/** The access pattern of the Python stack: whatever it asks of Redis, it asks one by one and waits for the answer. */
async function oneByOne(plan: Plan, port: number): Promise<Record<string, number>> {
  await emptied(port);
  const redis = await connected(port);
  const prefix = `${recipeRunId}:path:`;
  try {
    await putRest(redis, prefix, plan);
    const tag = await timed(async () => {
      for (let i = 0; i < plan.paths.length; i += peerShare) {
        for (const each of plan.tags[i] ?? []) await redis.sadd(prefix + each, plan.paths[i] ?? "");
      }
    });
    let found = 0;
    const find = await timed(async () => {
      for (const query of plan.queries) found += (await redis.sinter(query.map((each) => prefix + each))).length;
    });
    let held = 0;
    const tags = await timed(async () => {
      for (const path of plan.asked.filter((_, i) => i % peerShare === 0)) {
        for (const key of await redis.keys(`${prefix}*`)) held += await redis.sismember(key, path);
      }
    });
    mustAgree({ found, tags: held * peerShare });
    return named(scaled({ tag, find, tags }));
  } finally {
    redis.disconnect();
  }
}

async function oneByOneInPython(plan: Plan, planPath: string, port: number): Promise<Record<string, number>> {
  await emptied(port);
  const redis = await connected(port);
  await putRest(redis, `${recipeRunId}:path:`, plan);
  redis.disconnect();
  const {
    tag = 0,
    find = 0,
    tags = 0,
    found = 0,
    held = 0,
  } = askPython("tags-redis.py", {
    port,
    db: recipeRunId,
    prefix: `${recipeRunId}:path:`,
    plan: planPath,
    share: peerShare,
  }) as Readonly<Record<string, number>>;
  mustAgree({ found, tags: held * peerShare });
  return named(scaled({ tag, find, tags }));
}

/**
 * The tags that a peer does not write itself: its queries are to find as much as ours. File by file, as it would itself: sets that are
 * written each at once lie together in the server's memory, where SINTER takes a quarter less.
 */
async function putRest(redis: Redis, prefix: string, { paths, tags }: Plan): Promise<void> {
  let batch = redis.pipeline();
  for (const [i, path] of paths.entries()) {
    if (i % peerShare === 0) continue;
    for (const tag of tags[i] ?? []) batch.sadd(prefix + tag, path);
    if (i % 500 < 499) continue;
    await batch.exec();
    batch = redis.pipeline();
  }
  await batch.exec();
}

function scaled({ tag, find, tags }: Pick<Times, "tag" | "find" | "tags">): Times {
  const [allTag, allTags] = [tag * peerShare, tags * peerShare];
  return { tag: allTag, find, findAnew: find, findOne: find, tags: allTags, tagsOne: allTags };
}

async function compareDrivers(bench: Bench, port: number | undefined, withPython: boolean): Promise<Table> {
  const basePath = join(bench.folder, "20000");
  const plan = planOf(join(basePath, String(recipeRunId)), 20_000);
  makeFiles(plan, join(basePath, String(recipeRunId)));
  const planPath = join(bench.folder, "plan.json");
  writeFileSync(planPath, JSON.stringify(plan));
  const contenders: Contender[] = [
    { name: "ours, sqlite", isPeer: false, workers: "1 thread", run: () => onSqlite(plan, basePath) },
  ];
  if (port !== undefined) {
    contenders.push(
      {
        name: "ours, redis",
        isPeer: false,
        workers: "1 thread, redis-server",
        run: () => onRedis(plan, basePath, port),
      },
      { name: "ioredis", isPeer: true, workers: "1 thread, redis-server", run: () => oneByOne(plan, port) },
    );
    if (withPython) {
      contenders.push({
        name: "python3-redis",
        isPeer: true,
        workers: "1 thread, redis-server",
        run: () => oneByOneInPython(plan, planPath, port),
      });
    }
  }
  answers.clear();
  // Nobody who has many files need ask one by one: stated, without an aim.
  const aims = [measures.tag, measures.find, measures.tags, measures.all].flatMap((measure) =>
    ["ours, sqlite", "ours, redis"].map((contender) => ({ measure, contender, atLeast: 5 })),
  );
  return compare({ title: "20 000 files with nine tags each", unit: "ms", contenders, aims }, bench);
}

async function growth(bench: Bench, port: number | undefined): Promise<Table> {
  const rows: (string | number)[][] = [];
  const drivers = [
    { name: "sqlite", run: onSqlite },
    ...(port === undefined
      ? []
      : [{ name: "redis", run: (plan: Plan, basePath: string) => onRedis(plan, basePath, port) }]),
  ];
  const sizes = [20_000, 111_112];
  const basePath = join(bench.folder, "growth");
  const folder = join(basePath, String(recipeRunId));
  const plans = sizes.map((count) => planOf(folder, count));
  for (const plan of plans.slice(-1)) makeFiles(plan, folder);
  for (const { name, run } of drivers) {
    const results: Record<string, number>[] = [];
    for (const plan of plans) {
      answers.clear();
      results.push(await run(plan, basePath));
    }
    const perTag = (result: Record<string, number> | undefined, i: number): number =>
      ((result?.[measures.tag] ?? Number.NaN) * 1000) / ((sizes[i] ?? 0) * 9);
    const perCall = (result: Record<string, number> | undefined, measure: string): number =>
      ((result?.[measure] ?? Number.NaN) * 1000) / queryCount;
    const lines: readonly [string, (result: Record<string, number> | undefined, i: number) => number][] = [
      ["a tag written, in bulk", perTag],
      ["a query of three tags, in bulk", (result) => perCall(result, measures.find)],
      ["a query of three tags, by itself", (result) => perCall(result, measures.findOne)],
      ["tags of a file, in bulk", (result) => perCall(result, measures.tags)],
      ["tags of a file, by itself", (result) => perCall(result, measures.tagsOne)],
    ];
    for (const [work, of] of lines) {
      const [few, many] = [of(results[0], 0), of(results[1], 1)];
      rows.push([work, `ours, ${name}`, few, many, many / few]);
    }
  }
  return growthTable(
    "A million tags in one run (one pass)",
    ["work", "by", "µs each at 180 000 tags", "µs each at 1 000 008 tags", "growth"],
    rows,
  );
}

export const tagsSuite: Suite = {
  name: "tags",
  title: "Tags of many files",
  diskBytes: 2.5 * 2 ** 30,
  minutes: 3,
  async run(bench): Promise<Section> {
    const server = programPeer("redis-server", ["--version"], /v=(\S+)/);
    const redisInPython = pythonPeer("redis");
    const binary = findProgram("redis-server");
    await using redis = binary === undefined ? undefined : await startRedis(binary);
    const port = redis === undefined ? undefined : Number(new URL(redis.url).port);
    const tables = [await compareDrivers(bench, port, redisInPython.version !== undefined), await growth(bench, port)];
    return {
      text: `Ours goes through \`openScratch\`: files are checked to be there, every tag is fenced, audited and in the undo journal. The
peers do what the Python stack does, and no more than it: one awaited SADD for each tag, one SINTER for each query, and for the tags of a
file KEYS and one awaited SISMEMBER for each key. All ask the same of the same files, and their answers are compared. The peers
tag every tenth file and ask for the tags of every tenth path, after the rest was put there untimed, file by file, and that time counts ten times.`,
      peers: [packagePeer("ioredis"), { ...redisInPython, name: "python3-redis" }, server],
      tables,
      notes: [
        "Queries on sqlite: what was read of the file is kept while nobody else writes, with what the connection wrote itself, and compared by bits. Who comes anew reads the sets first, 60 000 entries and 20 000 paths here.",
        "Queries on redis: the sets that a driver wrote in bulk itself are kept and compared by bits as on sqlite, as long as nobody else changes them, which the server tells on a second connection (CLIENT TRACKING); each bulk, and each query by itself, asks that connection once whether all was told. Sets of others are read once the server has looked up as much as reading takes. Who comes anew asks the server: of a query's time there two thirds are SINTER's, 0.09 to 0.14 ms each, of the processor alone, and the gain is that what many ask alike is asked once and nobody waits. To read the 115 sets for the first thousand queries takes about twice as long as to ask them.",
        "Tags of a file on redis: each key that the run has is asked, so that their time grows with the number of tags in use, which grows with the files here. Many files are compared with each set on the server (SINTER with a set of theirs), which goes through the smaller of the two; few are looked up in it (SMISMEMBER).",
      ],
    };
  },
};
