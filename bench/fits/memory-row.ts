import { execFile } from "node:child_process";
import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodeFits, Header } from "firstlight/fits";
import { random } from "firstlight/math";
import { type Bench, growthTable, type Table } from "../harness.ts";

const side = 4096;
const frames = 2000;
const mostBytes = 600e6;

export const memoryTitle = `Mean over ${frames} frames of ${side} × ${side} uint16 (one pass)`;

/** How much memory the mean over many large frames takes: hard links to eight of them. */
export async function memoryTable(bench: Bench): Promise<Table> {
  const folder = join(bench.folder, "large");
  mkdirSync(folder, { recursive: true });
  const draws = random("bench memory");
  const paths = Array.from({ length: frames }, (_, i) => {
    const path = join(folder, `${i}.fits`);
    if (i >= 8) linkSync(join(folder, `${i % 8}.fits`), path);
    else {
      const data = Uint16Array.from({ length: side * side }, () => draws.bits());
      writeFileSync(path, encodeFits([{ header: new Header(), image: { data, shape: [side, side] } }]));
    }
    return path;
  });
  const list = join(bench.folder, "large.txt");
  writeFileSync(list, paths.join("\n"));
  const rows: (readonly string[])[] = [];
  const missed: string[] = [];
  for (const threads of [1, 2]) {
    const child = [join(import.meta.dirname, "memory-child.ts"), list, String(threads)];
    const { stdout } = await promisify(execFile)(process.execPath, child);
    const { elapsedMs, peakBytes } = JSON.parse(stdout) as { readonly elapsedMs: number; readonly peakBytes: number };
    const [peak, seconds] = [`${(peakBytes / 1e6).toFixed(0)}`, (elapsedMs / 1000).toFixed(1)];
    rows.push([`${threads} thread${threads === 1 ? "" : "s"}`, peak, "< 600", seconds]);
    if (peakBytes >= mostBytes) missed.push(`peak memory with ${threads} threads: ${peak} MB, the aim is < 600 MB`);
  }
  rmSync(folder, { recursive: true });
  const columns = ["threads", "peak resident memory of the process, MB", "aim", "seconds"];
  return growthTable(memoryTitle, columns, rows, missed);
}
