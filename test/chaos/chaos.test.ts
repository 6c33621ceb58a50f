import { expect, test } from "vitest";
import { runChaos } from "./run-chaos.ts";

test("what is killed anywhere comes to the same end when it is run again", async () => {
  const { hits, failures } = await runChaos({ kills: 5, seed: 2, workers: 1, killsPerVoyage: 5 });
  expect(failures).toEqual([]);
  expect(hits.length).toBeGreaterThanOrEqual(5);
}, 600_000);
