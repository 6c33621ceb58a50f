import { expect, test } from "vitest";
import { freshRunId } from "../scratch/each-inventory.ts";
import { describeWithRedis } from "../servers/with-server.ts";
import type { Berth, Launch } from "./berth.ts";
import { berthForTest } from "./berth-for-test.ts";
import type { Kill } from "./phases.ts";
import { forgetRun, redisEnvironment, redisStateOf } from "./redis-state.ts";
import { differences, leftovers } from "./state.ts";

describeWithRedis("two runs at once in one database of Redis", (url) => {
  test("of which one is killed, and its task before that: the other knows nothing of it, and both end alike", async () => {
    await using one = await berthForTest();
    await using other = await berthForTest();
    // Ids of one database.
    const first = freshRunId();
    const runs = [
      { berth: one, recipeRunId: first },
      { berth: other, recipeRunId: first + 15 },
    ] as const;
    const launch = (berth: Berth, recipeRunId: number, more: Partial<Launch> = {}) =>
      berth.launch({ workflow: "kept", retries: 1, recipeRunId, env: redisEnvironment(url), ...more });
    try {
      const wanted = await Promise.all(
        runs.map(async ({ berth, recipeRunId }) => {
          const { code, stderr } = await launch(berth, recipeRunId).end;
          expect([code, stderr]).toEqual([0, expect.any(String)]);
          const state = await redisStateOf(berth, url, recipeRunId);
          await forgetRun(url, recipeRunId);
          await berth.clear();
          return state;
        }),
      );

      const kills: readonly Kill[] = [
        { process: "Calibrate", phase: "rename", side: "after", nth: 4 },
        { process: "runner", phase: "record", side: "before", nth: 20 },
      ];
      const [killed, left] = await Promise.all([launch(one, first, { kills }).end, launch(other, first + 15).end]);
      expect(killed.signal).toBe("SIGKILL");
      expect([left.code, left.stderr]).toEqual([0, expect.any(String)]);
      expect(other.notes().filter((note) => note.type === "begin" && note.attempt > 1)).toEqual([]);
      const again = await launch(one, first).end;
      expect([again.code, again.stderr]).toEqual([0, expect.any(String)]);
      for (const [i, { berth, recipeRunId }] of runs.entries()) {
        expect(differences(await redisStateOf(berth, url, recipeRunId), wanted[i]!)).toEqual([]);
        expect(await leftovers(berth, recipeRunId)).toEqual([]);
        expect(berth.notes().filter(({ type }) => type === "beside")).toEqual([]);
        expect(berth.living()).toEqual([]);
      }
    } finally {
      for (const { recipeRunId } of runs) await forgetRun(url, recipeRunId);
    }
  }, 300_000);
});
