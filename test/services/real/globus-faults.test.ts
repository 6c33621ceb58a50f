import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fsObjectStore } from "../../../src/services/drivers/fs/fs-object-store.ts";
import type { Transfer, TransferItem } from "../../../src/services/transfer.ts";
import { transferConformance } from "../../../src/testing/conformance/transfer-conformance.ts";
import { type MortalGlobus, mortalGlobusServer } from "../mortal-globus-server.ts";

/** How often it is gone through, each time with other faults; the whole of it is `FIRSTLIGHT_TEST_FAULTS=1000`. */
const rounds = Math.ceil(Number(process.env.FIRSTLIGHT_TEST_FAULTS ?? 12) / 50);

const bucket = "data";

interface Brought extends TransferItem {
  readonly sha256: string;
}

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Objects of random bytes, and where they shall go. */
async function objectsOf(globus: MortalGlobus, run: number, names: readonly string[]): Promise<readonly Brought[]> {
  const items: Brought[] = [];
  for (const name of names) {
    const content = randomBytes(1 + Math.floor(Math.random() * 200_000));
    const key = `run ${run}/${name}`;
    const at = join(globus.objects, bucket, key);
    await mkdir(dirname(at), { recursive: true });
    await writeFile(at, content);
    items.push({ bucket, key, path: join(globus.scratch, String(run), name), sha256: digest(content) });
  }
  return items;
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `f${n}`);

/** The files of scratch, with their digests. */
async function found(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[path] = digest(await readFile(path));
  }
  return files;
}

const asMeant = (items: readonly Brought[]) => Object.fromEntries(items.map(({ path, sha256 }) => [path, sha256]));

/** The tasks that the server has taken in, by label. */
function handedIn(globus: MortalGlobus): ReadonlyMap<string, readonly string[]> {
  // The last word of a label is that of one task.
  const byLabel = Map.groupBy(globus.journal().tasks, ({ body }) => body.label.replace(/ \S+$/, ""));
  return new Map(
    [...byLabel].map(([label, tasks]) => [label, tasks.map(({ document }) => document?.status ?? "ACTIVE")]),
  );
}

const how = (recipeRunId: number) => ({ label: "Recipe run: input", recipeRunId });

const errorOf = (work: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  work.then(
    () => Promise.reject(new Error("nothing was thrown")),
    (error) => error,
  );

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(10);
}

describe("a server that is killed between transfers", async () => {
  const globus = await mortalGlobusServer();
  afterAll(() => globus[Symbol.asyncDispose]());
  let calls = 0;
  /** Every third call finds the server dead, and its connections and tokens with it. */
  async function openTransfer(): Promise<Transfer> {
    const transfer = globus.open({ scratchPath: tmpdir() });
    const mortally =
      (work: Transfer["toScratch"]): Transfer["toScratch"] =>
      async (...args) => {
        calls += 1;
        if (calls % 3 === 0) await globus.killed();
        return work(...args);
      };
    const { toScratch, toObjectStore } = transfer;
    return { ...transfer, toScratch: mortally(toScratch), toObjectStore: mortally(toObjectStore) };
  }
  beforeAll(() => globus.answering());
  transferConformance(
    { describe, test, expect },
    { openTransfer, openStore: async () => fsObjectStore({ root: globus.objects }), storeKnowsNoHash: true },
    bucket,
  );

  test("was killed indeed", () => {
    expect(globus.deaths()).toBeGreaterThan(3);
  });
});

describe.each(Array.from({ length: rounds }, (_, n) => n + 1))("a server that does harm (%i)", (seed) => {
  test("and is killed three times: each task is handed in once, and every file arrives as it was", async () => {
    await using globus = await mortalGlobusServer({ seed, harm: 0.1, callsPerSecond: 40 });
    await globus.let("die at submit");
    const runs = [1, 2];
    const [each, filesPerTask] = [24, 6];
    const items = await Promise.all(runs.map((run) => objectsOf(globus, run, names(each))));
    const done = new Map<number, number>();
    const share = (): number => runs.reduce((sum, run) => sum + (done.get(run) ?? 0), 0) / (each * runs.length);
    let isOver = false;
    const bring = async (run: number, wanted: readonly Brought[]): Promise<void> => {
      await using transfer = globus.open({ filesPerTask });
      await transfer.toScratch(wanted, { ...how(run), onProgress: ({ files }) => done.set(run, files) });
    };
    const kill = async (): Promise<void> => {
      for (const at of [0.2, 0.5]) {
        await until(() => isOver || share() >= at);
        await globus.killed();
      }
    };
    const transfers = Promise.all(items.map((wanted, index) => bring(runs[index] ?? 0, wanted)));
    await Promise.all([
      transfers.finally(() => {
        isOver = true;
      }),
      kill(),
    ]);
    // One of them by itself, when it had just taken in a task and told nobody.
    expect(globus.deaths()).toBe(3);
    expect(await found(globus.scratch)).toEqual(asMeant(items.flat()));
    const labels = handedIn(globus);
    expect(labels.size).toBe(runs.length * (each / filesPerTask));
    for (const statuses of labels.values()) expect(statuses).toEqual(["SUCCEEDED"]);
  });

  test("and cannot read two files: they are named, and when it can, all arrive", async () => {
    await using globus = await mortalGlobusServer({ seed, harm: 0.1 });
    const items = await objectsOf(globus, 1, [...names(6), "first bad", "second bad"]);
    const error = await errorOf(globus.open().toScratch(items, how(1)));
    expect(error).toMatchObject({ code: "TRANSFER_FAILED" });
    expect(error.message).toMatch(/PERMISSION_DENIED.*bad/s);
    const placed = Object.keys(await found(globus.scratch)).filter((path) => !path.endsWith(".firstlight-tmp"));
    expect(placed).toEqual([]);
    await globus.let("good");
    await globus.killed();
    await globus.open().toScratch(items, how(1));
    expect(await found(globus.scratch)).toEqual(asMeant(items));
    expect([...handedIn(globus).values()]).toEqual([["FAILED", "SUCCEEDED"]]);
  });
});

test("a server that stays away is given up as GLOBUS_MAX_RETRIES says; the next attempt finds the task again", async () => {
  await using globus = await mortalGlobusServer();
  await globus.answering();
  const items = await objectsOf(globus, 1, [...names(4), "gate"]);
  let isUnderWay = false;
  const transfer = globus.open({ maxRetries: 2, retrySeconds: 0.01 });
  const failing = errorOf(
    transfer.toScratch(items, {
      ...how(1),
      onProgress: ({ files }) => {
        isUnderWay = files > 0;
      },
    }),
  );
  await until(() => isUnderWay);
  await globus.died();
  const error = await failing;
  expect(error).toMatchObject({ code: "GLOBUS_UNREACHABLE", disposition: "retry", fields: { tries: 3 } });
  await globus.revived();
  const again = globus.open().toScratch(items, how(1));
  again.catch(() => {});
  await until(() => globus.lines.some((line) => line.includes("under way; waiting for it")));
  await globus.let("go");
  await again;
  expect(await found(globus.scratch)).toEqual(asMeant(items));
  expect([...handedIn(globus).values()]).toEqual([["SUCCEEDED"]]);
});

test("a transfer that is stopped while the server is killed is cancelled when that is back, and leaves nothing", async () => {
  await using globus = await mortalGlobusServer();
  const items = await objectsOf(globus, 1, [...names(4), "gate"]);
  const stop = new AbortController();
  let isUnderWay = false;
  const onProgress = ({ files }: { readonly files: number }): void => {
    isUnderWay = files > 0;
  };
  const stopped = globus.open().toScratch(items, { ...how(1), onProgress, signal: stop.signal });
  stopped.catch(() => {});
  await until(() => isUnderWay);
  await globus.killed();
  stop.abort();
  await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
  expect(await found(globus.scratch)).toEqual({});
  const [task] = globus.journal().tasks;
  expect(task?.document).toMatchObject({ status: "FAILED", fatal_error: { code: "CANCELED" } });
  expect(globus.journal().tasks).toHaveLength(1);
});

test("products that go to the object store arrive, each task handed in once", async () => {
  await using globus = await mortalGlobusServer({ harm: 0.1 });
  await globus.let("die at submit");
  const items: Brought[] = [];
  for (const name of names(20)) {
    const content = randomBytes(50_000);
    const path = join(globus.scratch, name);
    await writeFile(path, content);
    items.push({ bucket, key: `p/${name}`, path, sha256: digest(content) });
  }
  await globus.open({ filesPerTask: 5 }).toObjectStore(items, how(1));
  const there = items.map(({ key, sha256 }) => [join(globus.objects, bucket, key), sha256]);
  expect(await found(globus.objects)).toEqual(Object.fromEntries(there));
  expect([...handedIn(globus).values()]).toEqual(Array(4).fill(["SUCCEEDED"]));
  expect(globus.deaths()).toBe(1);
});
