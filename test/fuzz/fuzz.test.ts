import { expect, test } from "vitest";
import { execute } from "./execute.ts";
import { seedFiles } from "./seed-files.ts";
import { tally, tooSeldom } from "./tally.ts";

const files = 4_000;

// A share of `npm run fuzz`, which reads 200,000.
test("damaged files are read, or refused with an error that names file, HDU and offset", async () => {
  const seeds = await seedFiles();
  const counted = tally();
  for (let number = 0; number < files; number += 1) counted.add(await execute(seeds, 1, number));
  expect(tooSeldom(counted, files, 0.05)).toEqual([]);
  const untouched = [...counted.counts].filter(([, { read, refused }]) => read === 0 || refused === 0);
  expect(untouched).toEqual([]);
}, 120_000);
