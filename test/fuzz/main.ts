// npm run fuzz [-- --files N --seed S | --only NUMBER]: reads damaged FITS files, each in a way that can be had again.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Execution, execute, FuzzFinding } from "./execute.ts";
import { seedFiles } from "./seed-files.ts";
import { tally, tallyTable, tooSeldom } from "./tally.ts";

interface Share {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
}

type Report =
  | { readonly executions: readonly Execution[]; readonly at: number }
  | { readonly finding: string; readonly at: number };

const reportEvery = 500;
/** The largest file takes a fraction of a second, on a machine that has other work a few. */
const stallMs = 600_000;
const leastShare = 0.05;

async function work({ seed, from, to }: Share): Promise<void> {
  const seeds = await seedFiles();
  let executions: Execution[] = [];
  for (let number = from; number < to; number += 1) {
    try {
      executions.push(await execute(seeds, seed, number));
    } catch (error) {
      const text = error instanceof FuzzFinding || !(error instanceof Error) ? String(error) : String(error.stack);
      parentPort?.postMessage({ finding: text, at: number });
    }
    if (executions.length < reportEvery && number + 1 < to) continue;
    parentPort?.postMessage({ executions, at: number + 1 });
    executions = [];
  }
}

async function lead(): Promise<void> {
  const { values } = parseArgs({
    options: {
      files: { type: "string", default: "200000" },
      seed: { type: "string", default: "1" },
      only: { type: "string" },
    },
  });
  const [files, seed] = [Number(values.files), Number(values.seed)];
  if (values.only !== undefined) {
    console.log(await execute(await seedFiles(), seed, Number(values.only)));
    return;
  }
  const threads = availableParallelism();
  const counted = tally();
  const findings: string[] = [];
  let done = 0;
  const startedMs = performance.now();
  const shares = Array.from({ length: threads }, (_, i): Share => {
    const [from = 0, to = 0] = [i, i + 1].map((part) => Math.floor((part * files) / threads));
    return { seed, from, to };
  });
  const run = (share: Share): Promise<void> =>
    new Promise((resolve) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: share, execArgv: process.execArgv });
      let at = share.from;
      let timer: NodeJS.Timeout | undefined;
      const watch = (): void => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          findings.push(`no end of one of the executions ${at} to ${at + reportEvery}`);
          void worker.terminate();
        }, stallMs);
      };
      watch();
      worker.on("message", (report: Report) => {
        at = report.at;
        watch();
        if ("finding" in report) return void findings.push(report.finding);
        for (const execution of report.executions) counted.add(execution);
        done += report.executions.length;
        if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${files} files, ${findings.length} findings`);
      });
      worker.on("error", (error) => findings.push(`after execution ${at}: ${String(error)}`));
      worker.on("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  await Promise.all(shares.map(run));
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
  const memoryMb = (process.resourceUsage().maxRSS / 1024).toFixed(0);
  console.log(`\n${tallyTable(counted, done)}\n`);
  console.log(
    `${done} damaged files in ${seconds} s on ${threads} threads, seed ${seed}, at most ${memoryMb} MB of memory: ${findings.length} findings`,
  );
  for (const finding of findings.slice(0, 20)) console.log(`  ${finding}`);
  const seldom = tooSeldom(counted, done, leastShare);
  if (seldom.length > 0) console.log(`less than ${100 * leastShare} % of the executions: ${seldom.join(", ")}`);
  if (findings.length > 0 || seldom.length > 0 || done < files) process.exitCode = 1;
}

if (isMainThread) await lead();
else await work(workerData as Share);
