/**
 * What every benchmark needs: contenders that take turns, medians with their spread, ratios to the best peer, and a page that
 * says so. A suite says what it does, what it needs and what it aims at; nothing here knows of tags or frames.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, statfsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, release, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";

/** One way of doing the same work: ours, or a peer's. */
export interface Contender {
  readonly name: string;
  readonly isPeer: boolean;
  /** Threads and processes that work: `1 thread`, `1 thread, redis-server`. */
  readonly workers: string;
  /** Does the work once. What it resolves to is by measure, in the comparison's unit. */
  run(): Promise<Readonly<Record<string, number>>>;
}

/** What the ratio of one row should be. */
export interface Aim {
  readonly measure: string;
  readonly contender: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Comparison {
  readonly title: string;
  readonly unit: string;
  readonly contenders: readonly Contender[];
  readonly aims?: readonly Aim[];
  /**
   * `gain`: the best peer's time over ours, the default; `cost`: ours over that of the best peer; `rate`: the same, and more of it
   * is better.
   */
  readonly ratio?: RatioKind;
}

type RatioKind = "gain" | "cost" | "rate";

export interface Row {
  readonly measure: string;
  readonly contender: string;
  readonly workers: string;
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  /** The median of the rounds' own ratios, as what disturbs a round disturbs all in it; none without a peer. */
  readonly ratio: number | undefined;
  readonly aim: string;
  readonly verdict: "met" | "missed" | "";
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly missed: readonly string[];
}

export interface Section {
  /** What was measured, and how. */
  readonly text: string;
  readonly peers: readonly Peer[];
  readonly tables: readonly Table[];
  /** What the figures do not say themselves. */
  readonly notes: readonly string[];
}

/** A program or library that is compared with. */
export interface Peer {
  readonly name: string;
  /** Undefined where it was not found. */
  readonly version: string | undefined;
}

export interface Suite {
  readonly name: string;
  readonly title: string;
  readonly diskBytes: number;
  /** On two cores that do nothing else. */
  readonly minutes: number;
  run(bench: Bench): Promise<Section>;
}

/** What a suite is given. */
export interface Bench {
  /** A temporary folder of its own, removed afterwards. */
  readonly folder: string;
  readonly rounds: number;
  /** Whether the table of that title is to be measured: of `--rows` those whose title holds the text. */
  isAsked(title: string): boolean;
}

export const fewestRounds = 5;

/** Runs every contender once a round, each round beginning with another one. */
export async function compare(comparison: Comparison, bench: Bench): Promise<Table> {
  const { title, unit, contenders, aims = [], ratio = "gain" } = comparison;
  const { rounds } = bench;
  const results = new Map(contenders.map((one) => [one, [] as Readonly<Record<string, number>>[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + turn) % contenders.length];
      if (contender === undefined) continue;
      const result = await contender.run();
      results.get(contender)?.push(result);
      const shown = Object.entries(result).map(([measure, value]) => `${measure} ${digits(value)} ${unit}`);
      console.log(`  round ${round + 1}/${rounds}  ${contender.name}: ${shown.join(", ")}`);
    }
  }
  const valuesOf = (contender: Contender, measure: string): readonly number[] =>
    (results.get(contender) ?? []).flatMap((result) => result[measure] ?? []);
  const measures = [...new Set([...results.values()].flatMap((list) => list.flatMap(Object.keys)))];
  const rows = measures.flatMap((measure) => {
    const entered = contenders.filter((contender) => valuesOf(contender, measure).length > 0);
    const inOrder = entered
      .filter(({ isPeer }) => isPeer)
      .sort((a, b) => median(valuesOf(a, measure)) - median(valuesOf(b, measure)));
    const best = inOrder.at(ratio === "rate" ? -1 : 0);
    return entered.map((contender): Row => {
      const values = valuesOf(contender, measure);
      const peer = best === undefined ? [] : valuesOf(best, measure);
      const ratios = values.map((value, i) => quotient(value, peer[i] ?? Number.NaN, ratio));
      const own = best === undefined || contender === best ? undefined : median(ratios);
      const aim = aims.find((one) => one.measure === measure && one.contender === contender.name);
      return {
        measure,
        contender: contender.name,
        workers: contender.workers,
        median: median(values),
        least: Math.min(...values),
        greatest: Math.max(...values),
        ratio: own,
        aim: aim === undefined ? "" : wordsOf(aim),
        verdict: aim === undefined || own === undefined ? "" : isMet(aim, own) ? "met" : "missed",
      };
    });
  });
  const table: Table = {
    title: `${title} (${rounds} rounds in turn)`,
    columns: ["work", "by", "threads, processes", `median, ${unit}`, "least – greatest", ratioTitle[ratio], "aim", ""],
    rows: rows.map((row) => [
      row.measure,
      row.contender,
      row.workers,
      digits(row.median),
      `${digits(row.least)} – ${digits(row.greatest)}`,
      row.ratio === undefined ? "" : digits(row.ratio),
      row.aim,
      row.verdict,
    ]),
    missed: rows.filter(({ verdict }) => verdict === "missed").map(describeMiss),
  };
  printTable(table);
  return table;
}

/** As `compare`, where the table is asked for. */
export async function compareAsked(comparison: Comparison, bench: Bench): Promise<Table[]> {
  return bench.isAsked(comparison.title) ? [await compare(comparison, bench)] : [];
}

const ratioTitle = { gain: "best peer ÷ this", cost: "this ÷ best peer", rate: "this ÷ best peer" } as const;

function quotient(own: number, peer: number, ratio: RatioKind): number {
  return ratio === "gain" ? peer / own : own / peer;
}

function isMet({ atLeast = 0, atMost = Number.POSITIVE_INFINITY }: Aim, ratio: number): boolean {
  return ratio >= atLeast && ratio <= atMost;
}

function wordsOf({ atLeast, atMost }: Aim): string {
  return [...(atLeast === undefined ? [] : [`≥ ${atLeast}`]), ...(atMost === undefined ? [] : [`≤ ${atMost}`])].join(
    " ",
  );
}

function describeMiss({ measure, contender, ratio, aim }: Row): string {
  return `${measure}, ${contender}: ${digits(ratio ?? 0)}, the aim is ${aim}`;
}

/** How something grows with the size of the work, one run per size and contender. */
export function growthTable(
  title: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  missed: readonly string[] = [],
): Table {
  const table = {
    title,
    columns,
    rows: rows.map((row) => row.map((cell) => (typeof cell === "number" ? digits(cell) : cell))),
    missed,
  };
  printTable(table);
  return table;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Milliseconds that the work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Three digits that count, and no more precision than that. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en").replaceAll(",", " ");
  return value.toPrecision(3).replace(/\.?0+$/, (zeros) => (value >= 1 && zeros.startsWith(".") ? "" : zeros));
}

/** A module of Debian's own Python (`FIRSTLIGHT_TEST_PYTHON` names another), or that it is not there. */
export function pythonPeer(module: string): Peer {
  return { name: module, version: firstLine(python, ["-c", `import ${module}; print(${module}.__version__)`]) };
}

export const python = process.env.FIRSTLIGHT_TEST_PYTHON ?? "/usr/bin/python3";

/** A program that tells its version. */
export function programPeer(name: string, args: readonly string[], pattern: RegExp): Peer {
  const line = firstLine(name, args);
  return { name, version: line === undefined ? undefined : (pattern.exec(line)?.[1] ?? line) };
}

/** A package that npm installed here. */
export function packagePeer(name: string): Peer {
  const text = readFileSync(join(import.meta.dirname, "../node_modules", name, "package.json"), "utf8");
  return { name, version: String(JSON.parse(text).version) };
}

function firstLine(command: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8" });
  return status === 0 ? stdout.trim().split("\n")[0] : undefined;
}

/** Runs a Python program of `bench/peers` with one argument and resolves to the JSON that it prints. */
export function askPython(program: string, argument: unknown): unknown {
  const path = join(import.meta.dirname, "peers", program);
  const { status, stdout, stderr } = spawnSync(python, [path, JSON.stringify(argument)], {
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout);
}

/** Runs a suite in a folder of its own; undefined, and says why, where the disk is too full for it. */
export async function runSuite(suite: Suite, rounds: number, rows?: string): Promise<Section | undefined> {
  const { bavail, bsize } = statfsSync(tmpdir());
  const freeBytes = bavail * bsize;
  console.log(`\n${suite.name}: ${suite.title}`);
  console.log(`  needs ${gigabytes(suite.diskBytes)} in ${tmpdir()} (${gigabytes(freeBytes)} free)`);
  console.log(`  takes about ${suite.minutes} minutes on two idle cores`);
  if (freeBytes < suite.diskBytes) {
    console.error(`  not run: the disk has less than that. Set TMPDIR to a folder on another one.`);
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), "firstlight-bench-"));
  try {
    const isAsked = (title: string): boolean => rows === undefined || title.includes(rows);
    const section = await suite.run({ folder, rounds, isAsked });
    for (const { missed } of section.tables) for (const line of missed) console.log(`  missed: ${line}`);
    return section;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const page = join(import.meta.dirname, "../docs/benchmarks.md");
const preface = `# Benchmarks

Written by \`npm run bench\`; do not edit. Contenders take turns, round after round, so that what disturbs the machine disturbs all of
them. A ratio is the median of the rounds' own ratios to the best peer of its row. Data are made on the spot, and lie in the page cache.
\`npm run bench tags\` (or \`parse\`, \`runner\`, \`bus\`, \`object-store\`) measures one part anew and leaves the others as they are;
\`npm run bench:fits -- --rows TEXT\` measures those rows anew whose title holds the text.
`;

/** Puts a suite's section in its place on the page, or those of its tables that were measured; the others stay. */
export function writeSection(suite: Suite, section: Section, isPart: boolean): void {
  const [begin, end] = [`<!-- bench:${suite.name} -->`, `<!-- bench:${suite.name}:end -->`];
  const text = `${begin}\n${markdown(suite, section)}\n${end}`;
  let old = "";
  try {
    old = readFileSync(page, "utf8");
  } catch {
    // The first suite to be measured.
  }
  const sections = [...old.matchAll(/<!-- bench:([a-z-]+) -->\n[\s\S]*?<!-- bench:\1:end -->/g)];
  const renewed = (whole: string): string => (isPart ? withTables(whole, begin, suite, section) : text);
  const kept = sections.map(([whole, name]) => (name === suite.name ? renewed(whole) : whole));
  if (!sections.some(([, name]) => name === suite.name)) kept.push(text);
  writeFileSync(page, `${preface}\n${kept.join("\n\n")}\n`);
}

const titleOf = (table: string): string => (table.split("\n")[0] ?? "").replace(/ \(\d+ rounds in turn\)$/, "");

/** The old section with these tables in the place of those of their titles, and what is said before them. */
function withTables(old: string, begin: string, suite: Suite, section: Section): string {
  const [, ...tables] = old.split("\n\n### ");
  const head = markdown(suite, { ...section, tables: [], notes: [] });
  for (const table of section.tables) {
    const at = tables.findIndex((each) => titleOf(each) === titleOf(table.title));
    if (at < 0) throw new Error(`the page has no table "${table.title}": measure the whole suite first`);
    // The notes, and the end of the section, stand behind the last table.
    const behind = /\n\n- |\n<!-- /.exec(tables[at] ?? "");
    const rest = behind === null ? "" : (tables[at] ?? "").slice(behind.index);
    tables[at] = [table.title, tableText(table), ...missText(table)].join("\n\n") + rest;
  }
  return `${begin}\n${[head, ...tables].join("\n\n### ")}`;
}

function markdown(suite: Suite, { text, peers, tables, notes }: Section): string {
  const parts = [
    `## ${suite.title}`,
    text,
    `Machine: ${availableParallelism()} cores, ${gigabytes(totalmem())} of memory, ${type()} ${release().replace(/-.*/, "")}, Node ${process.versions.node}.`,
    ...(peers.length === 0
      ? []
      : [`Peers: ${peers.map(({ name, version }) => `${name} ${version ?? "(not found, left out)"}`).join(", ")}.`]),
    ...tables.flatMap((table) => [`### ${table.title}`, tableText(table), ...missText(table)]),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ];
  return parts.join("\n\n");
}

function tableText({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

function missText({ missed }: Table): readonly string[] {
  return missed.length === 0 ? [] : [`**Missed:** ${missed.join("; ")}.`];
}

function printTable({ title, columns, rows }: Table): void {
  const widths = columns.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  console.log(`\n  ${title}`);
  for (const row of [columns, ...rows])
    console.log(
      `  ${row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd()}`,
    );
  console.log("");
}

function gigabytes(bytes: number): string {
  return `${digits(bytes / 2 ** 30)} GiB`;
}
