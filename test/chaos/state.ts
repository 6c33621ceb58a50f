import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import type { Berth } from "./berth.ts";

/** Everything that a run leaves, in a form to be compared: equal for two runs that did the same. */
export interface State {
  /** Path → SHA-256 of everything under `--output`, empty folders among it. */
  readonly output: Readonly<Record<string, string>>;
  /** The same of the run's scratch. */
  readonly scratch: Readonly<Record<string, string>>;
  /** Key → members, counter → value; without the fences, which count attempts. */
  readonly inventory: Readonly<Record<string, unknown>>;
  /** The ids of messages by queue. */
  readonly messages: readonly string[];
  readonly metadata: unknown;
}

export async function stateOf({ output, scratch }: Berth, recipeRunId = 1): Promise<State> {
  const own = join(scratch, ".firstlight");
  return {
    output: await digestsOf(output),
    scratch: await digestsOf(join(scratch, String(recipeRunId))),
    inventory: await inventoryOf(join(own, "inventory", `${recipeRunId}.sqlite`), recipeRunId),
    messages: rows(join(own, "bus.sqlite"), "SELECT queue || ' ' || message_id AS it FROM messages ORDER BY it").map(
      ({ it }) => String(it),
    ),
    metadata: [
      rows(
        join(own, "metadata.sqlite"),
        "SELECT r.id, s.name FROM recipe_run r LEFT JOIN recipe_run_status s ON s.id = r.status_id ORDER BY r.id",
      ),
      rows(join(own, "metadata.sqlite"), "SELECT * FROM catalog_receipt_account ORDER BY dataset_id"),
    ],
  };
}

/** What is wrong with a run's end beside its state: what is left over, and what its record says. */
export async function leftovers({ output, scratch }: Berth, recipeRunId = 1): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const folder of [output, scratch]) {
    for (const path of await filesBelow(folder)) {
      const isTemporary = /\.(firstlight-tmp|part|discarded)$/.test(path) || path.includes(".closed/");
      if (isTemporary) problems.push(`a temporary file is left: ${relative(folder, path)}`);
    }
  }
  const store = join(scratch, ".firstlight", "runs.sqlite");
  const runs = rows(store, `SELECT status FROM runs WHERE recipe_run_id = ${recipeRunId}`);
  if (runs[0]?.status !== "done") problems.push(`the run's record says ${String(runs[0]?.status)}`);
  for (const { owner } of rows(
    store,
    `SELECT owner FROM leases WHERE recipe_run_id = ${recipeRunId} AND owner IS NOT NULL`,
  ))
    problems.push(`a lease is left: ${String(owner)}`);
  for (const row of rows(
    store,
    `SELECT task, attempt, state FROM attempts WHERE recipe_run_id = ${recipeRunId} AND state IN ('starting', 'running')`,
  ))
    problems.push(`an attempt is left open: ${JSON.stringify(row)}`);
  for (const row of rows(
    store,
    `SELECT task, status FROM nodes WHERE recipe_run_id = ${recipeRunId} AND status <> 'done'`,
  ))
    problems.push(`a task is not done: ${JSON.stringify(row)}`);
  const twice = rows(
    store,
    `SELECT task, count(*) AS n FROM attempts WHERE recipe_run_id = ${recipeRunId} AND state = 'done' GROUP BY task HAVING n > 1`,
  );
  for (const row of twice) problems.push(`a task was done twice: ${JSON.stringify(row)}`);
  return problems;
}

/** What the run store says of a run; undefined where there is none. */
export function recordedStatus({ scratch }: Berth, recipeRunId = 1): string | undefined {
  const store = join(scratch, ".firstlight", "runs.sqlite");
  const [run] = rows(store, `SELECT status FROM runs WHERE recipe_run_id = ${recipeRunId}`);
  return run === undefined ? undefined : String(run.status);
}

/** Where two states differ, a line each. */
export function differences(found: State, wanted: State): readonly string[] {
  const lines: string[] = [];
  for (const part of Object.keys(wanted) as (keyof State)[]) {
    const [a, b] = [found[part], wanted[part]] as [Record<string, unknown>, Record<string, unknown>];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const [one, other] = [JSON.stringify(a[key]), JSON.stringify(b[key])];
      if (one !== other) lines.push(`${part}: ${key} is ${one ?? "missing"}, not ${other ?? "there at all"}`);
    }
  }
  return lines;
}

async function digestsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const digests: Record<string, string> = {};
  for (const path of await emptyFoldersBelow(folder)) digests[`${relative(folder, path)}/`] = "empty";
  for (const path of await filesBelow(folder)) {
    // The folder of what an attempt replaced has the attempt's number.
    const name = relative(folder, path).replace(/^(\.firstlight\/[^/]+\/kept)\/\d+\//, "$1/N/");
    digests[name] = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  }
  return digests;
}

/** Folders in which nothing is: what was made for a file that never came, or was left by an attempt. */
async function emptyFoldersBelow(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const full = new Set(entries.map(({ parentPath }) => parentPath));
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !full.has(path))
    .sort();
}

/** Sorted. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function inventoryOf(path: string, recipeRunId: number): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(path)) return {};
  await using driver = sqliteInventory({ path });
  const keys = (await driver.keys(`${recipeRunId}:`)).filter((key) => !key.includes(":firstlight_fence:")).sort();
  const sets = await driver.members(keys);
  const found = keys.map(async (key, i) => {
    if (key.includes(":counter:")) return [key, await driver.increment(key, 0)] as const;
    const fields = [...(await driver.fields(key))].sort();
    if (fields.length === 0) return [key, [...(sets[i] ?? [])].sort()] as const;
    return [key, [fields, (await driver.records(key, fields)).map(whoeverCameFirst)]] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

/** What was done to a file, task by task: of two that run beside each other now this one is quicker, and now that one, or comes between. */
export function whoeverCameFirst(history = "[null]"): readonly unknown[] {
  const [base, ...groups] = JSON.parse(history) as readonly [unknown, ...(readonly string[])[]];
  const tasks = [...Map.groupBy(groups, ([task]) => task)];
  return [base, ...tasks.map(([task, each]) => [task, ...each.flatMap(([, ...steps]) => steps)].join(" ")).sort()];
}

function rows(path: string, sql: string): readonly Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  using database = new DatabaseSync(path, { timeout: 10_000 });
  // A process that was killed while it made the file leaves it without tables.
  if (database.prepare("PRAGMA user_version").get()?.user_version === 0) return [];
  return database.prepare(sql).all();
}
