import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";

test("what is killed anywhere comes to the same end when it is run again", async () => {
  const { hits, failures } = await runChaos({ kills: 8, seed: 2, workers: 1, killsPerVoyage: 4 });
  expect(failures).toEqual([]);
  expect(hits.length).toBeGreaterThanOrEqual(8);
}, 240_000);
