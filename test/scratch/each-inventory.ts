import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, onTestFinished } from "vitest";
import { memoryInventory } from "../../src/scratch/drivers/memory.ts";
import { redisInventory } from "../../src/scratch/drivers/redis.ts";
import { sqliteInventory } from "../../src/scratch/drivers/sqlite.ts";
import type { InventoryDriver } from "../../src/scratch/inventory-driver.ts";
import { openScratch, type Scratch } from "../../src/scratch/scratch.ts";
import { describeWithRedis } from "../servers/with-server.ts";

/** A recipe run of its own for one test, and everything of it removed after the test. */
export interface TestRun {
  readonly basePath: string;
  readonly folder: string;
  readonly recipeRunId: number;
  readonly driver: InventoryDriver;
  open(taskName: string, token?: number): Promise<Scratch>;
  /** Relative paths of all files but the library's own. */
  files(): Promise<readonly string[]>;
  /** Every key and what it holds but the library's fences and root, each history; counters as their number of members, none. */
  facts(): Promise<Readonly<Record<string, readonly string[]>>>;
}

export type MakeRun = () => Promise<TestRun>;

/** The same tests over every driver. A test file that uses this says "redis" somewhere, or the server is not started for it. */
export function eachInventory(suite: (makeRun: MakeRun) => void): void {
  describe("on memory", () => suite(() => testRun(() => memoryInventory())));
  describe("on sqlite", () =>
    suite(() => testRun((_, basePath) => sqliteInventory({ path: join(basePath, "inventory.sqlite") }))));
  describeWithRedis("on redis", (url) => {
    suite(() => testRun((recipeRunId) => redisAt(url, recipeRunId)));
  });
}

export function redisAt(url: string, recipeRunId: number): InventoryDriver {
  const { hostname: host, port } = new URL(url);
  return redisInventory({ host, port: Number(port), recipeRunId, dbCount: 16, clientName: "test scratch" });
}

/** An id that no run of others has who use the same server. */
export function freshRunId(): number {
  return 1e14 + Math.floor(Math.random() * 1e14);
}

export async function testRun(
  makeDriver: (recipeRunId: number, basePath: string) => InventoryDriver,
  recipeRunId = freshRunId(),
): Promise<TestRun> {
  const basePath = await mkdtemp(join(tmpdir(), "firstlight-scratch-"));
  const driver = makeDriver(recipeRunId, basePath);
  const folder = join(basePath, String(recipeRunId));
  onTestFinished(async () => {
    await driver.drop(await driver.keys(`${recipeRunId}:`));
    await driver[Symbol.asyncDispose]();
    await rm(basePath, { recursive: true, force: true });
  });
  return {
    basePath,
    folder,
    recipeRunId,
    driver,
    open: (taskName, token) => openScratch({ basePath, recipeRunId, taskName, driver, token }),
    async files() {
      const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
      return found
        .filter((entry) => !entry.isDirectory())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort();
    },
    async facts() {
      const keys = (await driver.keys(`${recipeRunId}:`)).toSorted();
      const short = keys
        .map((key) => key.slice(`${recipeRunId}:`.length))
        .filter((key) => !key.startsWith("firstlight_fence:") && key !== "firstlight_root");
      const isCounter = (key: string): boolean => key.startsWith("counter:");
      const isSet = (key: string): boolean => !isCounter(key) && key !== "firstlight_history";
      const members = await driver.members(short.filter(isSet).map((key) => `${recipeRunId}:${key}`));
      const history = `${recipeRunId}:firstlight_history`;
      const paths = (await driver.fields(history)).toSorted();
      const texts = await driver.records(history, paths);
      const histories = paths.map((path, i) => [`firstlight_history ${path}`, [texts[i] ?? ""]] as const);
      const named = short.filter(isSet).map((key, i) => [key, (members[i] ?? []).toSorted()] as const);
      const counters = await Promise.all(
        short
          .filter(isCounter)
          .map(async (key) => [key, [String(await driver.increment(`${recipeRunId}:${key}`, 0))]] as const),
      );
      return Object.fromEntries([...named, ...histories, ...counters]);
    },
  };
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
