import { expect, test } from "vitest";
import { examine, execute } from "./execute.ts";
import { seedFiles } from "./seed-files.ts";
import { tally, tooSeldom } from "./tally.ts";

const files = 4_000;

// A share of `npm run fuzz`, which reads 200,000.
test("damaged files are read, or refused with an error that names file, HDU and offset", async () => {
  const seeds = await seedFiles();
  const counted = tally();
  for (let number = 0; number < files; number += 1) counted.add(await execute(seeds, 2, number));
  expect(tooSeldom(counted, files, 0.05)).toEqual([]);
  const untouched = [...counted.counts].filter(([, { read, refused }]) => read === 0 || refused === 0);
  expect(untouched).toEqual([]);
}, 120_000);

test("what is damaged was sound", async () => {
  for (const { codec, bytes } of await seedFiles())
    expect([codec, await examine(bytes, codec, 0)]).toEqual([codec, "read"]);
});

test("every byte of small files, changed in up to five ways: they are read, or refused in the same manner", async () => {
  const seeds = await seedFiles();
  const small = seeds.filter(({ codec }) => ["NOCOMPRESS", "BINTABLE", "TABLE"].includes(codec));
  for (const { codec, bytes } of small) {
    const counts = { read: 0, refused: 0 };
    for (let at = 0; at < bytes.length; at += 1) {
      const sound = bytes[at] as number;
      // What is blank or empty between the cards and behind the data would make most of them.
      const isPadding = (sound === 0x20 || sound === 0) && at % 8 !== 0;
      for (const changed of isPadding ? [0x41] : [sound ^ 1, sound ^ 0x80, 0, 0xff, 0x20 + (at % 95)]) {
        const damaged = bytes.slice();
        damaged[at] = changed;
        counts[await examine(damaged, codec, at)] += 1;
      }
    }
    expect(counts.read).toBeGreaterThan(1_000);
    expect(counts.refused).toBeGreaterThan(1_000);
  }
}, 120_000);
