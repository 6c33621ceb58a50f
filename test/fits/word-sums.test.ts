import { expect, test } from "vitest";
import { sumWords } from "../../src/fits/checksum.ts";
import { wordSums } from "../../src/fits/word-sums.ts";
import { randomFrom } from "./random.ts";

test("parts of any length have the sum of the whole", () => {
  const random = randomFrom(8);
  const whole = Uint8Array.from({ length: 1003 }, () => 256 * random());
  for (const step of [1, 2, 3, 4, 5, 7, 64, 1003]) {
    const words = wordSums(17);
    for (let at = 0; at < whole.length; at += step) words.add(whole.subarray(at, at + step));
    expect(words.sum).toBe(sumWords(whole, 17));
  }
});
