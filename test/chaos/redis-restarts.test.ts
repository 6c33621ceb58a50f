import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findProgram } from "../servers/debian.ts";
import { freePorts } from "../servers/free-ports.ts";
import { keepProcesses } from "../servers/kept-processes.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import type { Berth } from "./berth.ts";
import { berthForTest } from "./berth-for-test.ts";
import { forgetRun, redisEnvironment, redisStateOf } from "./redis-state.ts";
import { differences, leftovers, type State } from "./state.ts";

/** A Redis that can be killed and started again. */
interface Restartable extends AsyncDisposable {
  readonly url: string;
  start(options?: { readonly forgetful?: boolean }): Promise<void>;
  kill(): Promise<void>;
}

async function restartableRedis(): Promise<Restartable> {
  const data = await mkdtemp(join(tmpdir(), "firstlight-redis-data-"));
  const [port = 0] = await freePorts(1);
  let kept: AsyncDisposable | undefined;
  const kill = async (): Promise<void> => {
    await kept?.[Symbol.asyncDispose]();
    kept = undefined;
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    async start({ forgetful = false } = {}) {
      const folder = await mkdtemp(join(tmpdir(), "firstlight-redis-"));
      const durability = ["--appendonly", "yes", "--appendfsync", "always", "--dir", forgetful ? folder : data];
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", ...durability];
      const command = findProgram("redis-server") ?? "redis-server";
      kept = await keepProcesses({ folder, port, commands: [{ name: "redis", command, args }], timeoutMs: 10_000 });
    },
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      await rm(data, { recursive: true, force: true });
    },
  };
}

// One that the tests share must not be restarted.
describeWithRedis("a Redis that is restarted in the middle of a run", () => {
  const recipeRunId = 1;
  let redis: Restartable;
  let berth: Berth & AsyncDisposable;
  let wanted: State;
  const launch = () => berth.launch({ workflow: "kept", retries: 0, env: redisEnvironment(redis.url) });
  beforeAll(async () => {
    redis = await restartableRedis();
    await redis.start();
    berth = await berthForTest();
    const { code, stderr } = await launch().end;
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    wanted = await redisStateOf(berth, redis.url, recipeRunId);
  }, 300_000);
  afterAll(async () => {
    await berth?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  const duringCalibrate = async (): Promise<void> => {
    while (!berth.notes().some((note) => note.type === "process" && note.name === "Calibrate")) await sleep(10);
  };

  test("is waited for, and the run ends as if nothing had been", async () => {
    await forgetRun(redis.url, recipeRunId);
    await berth.clear();
    const running = launch();
    await duringCalibrate();
    await redis.kill();
    await redis.start();
    const { code, stderr } = await running.end;
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(differences(await redisStateOf(berth, redis.url, recipeRunId), wanted)).toEqual([]);
    expect(await leftovers(berth)).toEqual([]);
  }, 300_000);

  test("and has forgotten all: the run does not end well, and the next goes to the end anew", async () => {
    await forgetRun(redis.url, recipeRunId);
    await berth.clear();
    const running = launch();
    await duringCalibrate();
    await redis.kill();
    await redis.start({ forgetful: true });
    expect((await running.end).code).toBe(1);
    const { code, stderr } = await launch().end;
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    expect(differences(await redisStateOf(berth, redis.url, recipeRunId), wanted)).toEqual([]);
    expect(berth.living()).toEqual([]);
  }, 300_000);
});
