import { expect, test } from "vitest";
import { wordComparer } from "../../src/kernels/word-comparer.ts";
import { randomFrom } from "../fits/random.ts";

/** Word by word. */
function changesOf(words: Int32Array, before: Int32Array): number[] | undefined {
  const pairs: number[] = [];
  for (const [at, word] of before.entries()) {
    if (words[at] === word) continue;
    if (at % 20 < 2) return undefined;
    pairs.push(at, words[at] as number);
  }
  return pairs.length > before.length ? undefined : pairs;
}

test("finds what differs, of headers of any length, now like one and now like another before", () => {
  const random = randomFrom(7);
  const anyWord = (): number => Math.floor(random() * 2 ** 32) | 0;
  const compared = wordComparer();
  const befores = [1, 3, 0, 200, 36, 1500].map((records) => Int32Array.from({ length: 20 * records }, anyWord));
  const found = { none: 0, some: 0, name: 0, tooMuch: 0 };
  for (let round = 0; round < 3000; round += 1) {
    const before = befores[Math.floor(random() * befores.length)] as Int32Array;
    const words = new Int32Array(before.length + 20 * Math.floor(random() * 3));
    words.set(before);
    const share = [0, 0.001, 0.2, 0.6][round % 4] as number;
    for (let at = 0; at < before.length; at += 1) {
      if (random() < share && (at % 20 >= 2 || random() < 0.001)) words[at] = anyWord();
    }
    const changes = compared.changes(words, before);
    const expected = changesOf(words, before);
    expect(changes === undefined ? undefined : [...changes]).toEqual(expected);
    const hasName = before.some((word, at) => at % 20 < 2 && words[at] !== word);
    if (expected === undefined) found[hasName ? "name" : "tooMuch"] += 1;
    else found[expected.length === 0 ? "none" : "some"] += 1;
  }
  for (const count of Object.values(found)) expect(count).toBeGreaterThan(20);
});
