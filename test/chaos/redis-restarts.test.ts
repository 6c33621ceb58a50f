import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithRedis } from "../servers/with-server.ts";
import type { Berth } from "./berth.ts";
import { berthForTest } from "./berth-for-test.ts";
import { forgetRun, redisEnvironment, redisStateOf } from "./redis-state.ts";
import { type RestartableRedis, restartableRedis } from "./restartable-redis.ts";
import { runChaos } from "./run-chaos.ts";
import { differences, type State } from "./state.ts";

// One that the tests share must not be restarted.
describeWithRedis("a Redis that is killed", () => {
  test("wherever it or its clients are killed, the run comes to the same end", async () => {
    const { hits, failures } = await runChaos({ kills: 5, seed: 8, workers: 1, killsPerVoyage: 5, onRedis: true });
    expect(failures).toEqual([]);
    expect(hits.length).toBeGreaterThanOrEqual(5);
    expect(hits.filter(({ victim }) => victim === "redis").length).toBeGreaterThanOrEqual(2);
  }, 600_000);
});

describeWithRedis("a Redis that is restarted in the middle of a run", () => {
  const recipeRunId = 1;
  let redis: RestartableRedis;
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
