import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { inventoryPath, openScratch, sqliteInventory, Tag } from "firstlight/scratch";
import {
  askPython,
  type Bench,
  type Contender,
  compare,
  growthTable,
  median,
  type Peer,
  pythonPeer,
  type Section,
  type Suite,
  type Table,
} from "./harness.ts";
import { type BudKind, budCards, flowerCards, keywordsRead, timeKeyword } from "./parse-task.ts";

const cardCount = 200;
const blockBytes = 2880;
const filesPerStep = 200;
const measure = "68 cards of each of 20 000 headers";
/** astropy reads every fifth header, and its time counts five times. */
const peerShare = 5;
const limitBytes = 50 * 10 ** 6;

function card(keyword: string, value: string | number, comment = ""): string {
  const text = typeof value === "string" ? `'${value.padEnd(8)}'`.padEnd(20) : String(value).padStart(20);
  return `${keyword.padEnd(8)}= ${text}${comment === "" ? "" : ` / ${comment}`}`.padEnd(80).slice(0, 80);
}

/** What differs from frame to frame, by keyword. */
function valuesOf(i: number): Readonly<Record<string, string | number>> {
  const step = Math.floor(i / filesPerStep);
  const seconds = (i * 0.04) % 60;
  const minutes = Math.floor((i * 0.04) / 60);
  return {
    [timeKeyword]: `2024-05-01T12:${String(minutes % 60).padStart(2, "0")}:${seconds.toFixed(3).padStart(6, "0")}`,
    [flowerCards.ipTaskType]: step % 5 === 0 ? "dark" : "observe",
    [flowerCards.fpaExposureTimeMs]: (step % 4) + 10.5,
    [flowerCards.sensorReadoutExposureTimeMs]: (step % 4) + 1.25,
    [flowerCards.modstate]: (i % 10) + 1,
    [flowerCards.dspsRepeat]: (step % 2) + 1,
    [flowerCards.mapScan]: (step % 3) + 1,
    [flowerCards.rasterStep]: step,
    [flowerCards.csStep]: step % 14,
    ...Object.fromEntries(budCards.map(({ keyword, kind }, n) => [keyword, budValue(kind, n, i)])),
  };
}

/** What the `n`th card that a bud reads says in the frame `i`. */
function budValue(kind: BudKind, n: number, i: number): string | number {
  const step = Math.floor(i / filesPerStep);
  if (kind === "average" || kind === "taskAverage") return n + (i % 1000) / 1024;
  if (kind === "near") return n + (i % 8) / 16;
  if (kind === "ids") return `eid_1_${step % 7}`;
  if (kind === "times") return (step % 4) + 0.125;
  return n % 2 === 0 ? `value ${n}` : n;
}

/** Frames of 2 × 2 pixels under a header of 200 cards, as long as a telescope's; what is read stands scattered in it. */
function makeFrames(folder: string, count: number): void {
  mkdirSync(folder, { recursive: true });
  const structure = [
    `${"SIMPLE  =".padEnd(29)}T`.padEnd(80),
    card("BITPIX", 16),
    card("NAXIS", 2),
    card("NAXIS1", 2),
    card("NAXIS2", 2),
  ];
  const fillers = cardCount - structure.length - keywordsRead.length;
  const read = keywordsRead.map((keyword, n) => card(keyword, n % 2 === 0 ? `value ${n}` : n, "[unit] what it is"));
  const others = Array.from({ length: fillers }, (_, n) => card(`OTHER${n}`, n / 8, "a card that nobody asks for"));
  const cards = [...structure];
  for (let n = 0; n < Math.max(read.length, others.length); n += 1) {
    cards.push(...others.slice(2 * n, 2 * n + 2), ...read.slice(n, n + 1));
  }
  const placeOf = new Map(cards.map((text, place) => [text.slice(0, 8).trimEnd(), place]));
  const headerBytes = Math.ceil((80 * (cards.length + 1)) / blockBytes) * blockBytes;
  for (let i = 0; i < count; i += 1) {
    for (const [keyword, value] of Object.entries(valuesOf(i))) {
      cards[placeOf.get(keyword) ?? -1] = card(keyword, value, "[unit] what it is");
    }
    const header = `${cards.join("")}END`.padEnd(headerBytes);
    writeFileSync(join(folder, nameOf(i)), Buffer.from(header.padEnd(headerBytes + blockBytes, "\0"), "latin1"));
  }
}

function nameOf(i: number): string {
  return `frame_${String(i).padStart(6, "0")}.fits`;
}

/** A recipe run whose frames have been transferred: tagged as input, and that remembered, to begin from it every time. */
interface Run {
  readonly basePath: string;
  readonly recipeRunId: number;
  readonly count: number;
  readonly remembered: string;
}

async function transferred(basePath: string, recipeRunId: number, count: number): Promise<Run> {
  makeFrames(join(basePath, String(recipeRunId)), count);
  const path = inventoryPath(basePath, recipeRunId);
  {
    await using driver = sqliteInventory({ path });
    await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Transfer", driver });
    const paths = Array.from({ length: count }, (_, i) => nameOf(i));
    await scratch.tagAll([{ paths, tags: [Tag.input(), Tag.frame()] }]);
  }
  const remembered = `${path}.transferred`;
  copyFileSync(path, remembered);
  return { basePath, recipeRunId, count, remembered };
}

interface Pass {
  readonly elapsedMs: number;
  readonly peakBytes: number;
}

async function parse({ basePath, recipeRunId, count, remembered }: Run): Promise<Pass> {
  const path = inventoryPath(basePath, recipeRunId);
  for (const suffix of ["-wal", "-shm"]) rmSync(path + suffix, { force: true });
  copyFileSync(remembered, path);
  const { stdout } = await promisify(execFile)(
    process.execPath,
    // With the young generation of an attempt's process, as the runner starts it.
    [...process.execArgv, "--max-semi-space-size=16", join(import.meta.dirname, "parse-child.ts"), String(recipeRunId)],
    { env: { ...process.env, SCRATCH_BASE_PATH: basePath } },
  );
  await using driver = sqliteInventory({ path });
  await using scratch = await openScratch({ basePath, recipeRunId, taskName: "Check", driver });
  const constants = (await scratch.constants.entries()).length;
  const tags = await scratch.tags(nameOf(count - 1));
  if (constants !== 60 || tags.length !== 10) throw new Error(`found ${constants} constants and the tags ${tags}`);
  return JSON.parse(stdout);
}

async function memory(runs: readonly Run[], rounds: number): Promise<Table> {
  const peaks = runs.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [i, run] of runs.entries()) peaks[i]?.push((await parse(run)).peakBytes);
  }
  const [few = 0, many = 0] = peaks.map(median);
  const growth = many - few;
  const rows = runs.map(({ count }, i) => [String(count), "1 thread", (peaks[i] ?? []).map(megabytes).join(", ")]);
  rows.push(["growth", "", megabytes(growth)]);
  const isMet = growth < limitBytes;
  return growthTable(
    `Peak memory of the process (medians count; aim: < 50 MB more, ${isMet ? "met" : "missed"})`,
    ["headers", "threads", "peak resident memory, MB"],
    rows,
    isMet ? [] : [`memory grows by ${megabytes(growth)} MB, the aim is < 50`],
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function contenders(run: Run, astropy: Peer): readonly Contender[] {
  const paths = Array.from({ length: run.count }, (_, i) => join(run.basePath, String(run.recipeRunId), nameOf(i)));
  const ours: Contender = {
    name: "ours, ParseL0InputData",
    isPeer: false,
    workers: "1 thread",
    run: async () => ({ [measure]: (await parse(run)).elapsedMs }),
  };
  if (astropy.version === undefined) return [ours];
  const list = `${run.remembered}.json`;
  writeFileSync(list, JSON.stringify({ paths: paths.filter((_, i) => i % peerShare === 0), keywords: keywordsRead }));
  const peer = (name: string, way: string): Contender => ({
    name,
    isPeer: true,
    workers: "1 thread",
    run: async () => ({ [measure]: Number(askPython("headers-astropy.py", { list, way })) * peerShare }),
  });
  return [ours, peer("astropy, fits.open", "open"), peer("astropy, Header.fromfile", "fromfile")];
}

export const parseSuite: Suite = {
  name: "parse",
  title: "Parsing raw frames",
  diskBytes: 1.2 * 2 ** 30,
  minutes: 3,
  async run(bench: Bench): Promise<Section> {
    const basePath = join(bench.folder, "scratch");
    const many = await transferred(basePath, 1, 20_000);
    const few = await transferred(basePath, 2, 2_000);
    const astropy = pythonPeer("astropy");
    const aims = [{ measure, contender: "ours, ParseL0InputData", atLeast: 10 }];
    const title = "ParseL0InputData, complete, against astropy reading the cards";
    return {
      text: `Headers of 200 cards (20 160 bytes a file, with 2 × 2 pixels), 60 buds and 8 flowers over 68 cards. Ours is the whole task run by
\`runTask\` on the sqlite inventory: frames checked, headers read, 60 constants and 160 000 tags stored with fence, audit and undo journal.
astropy opens each file and reads the 68 values, and no more: by \`fits.open\`, and by \`Header.fromfile\`, which looks at nothing but the
header. It reads every fifth file, and its time counts five times.`,
      peers: [astropy],
      tables: [
        await compare({ title, unit: "ms", contenders: contenders(many, astropy), aims }, bench),
        await memory([few, many], 5),
      ],
      notes: [],
    };
  },
};
