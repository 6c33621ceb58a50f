import { expect, test } from "vitest";
import { untilAborted } from "../../src/core/until-aborted.ts";

async function* oneThenNothing(ended?: () => void): AsyncIterable<number> {
  try {
    yield 1;
    await new Promise(() => {});
  } finally {
    ended?.();
  }
}

test("a source that gives nothing more is left when the signal fires, with its reason", async () => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const seen: number[] = [];
  const read = (async () => {
    for await (const one of untilAborted(oneThenNothing(), stop.signal)) {
      seen.push(one);
      setImmediate(() => stop.abort(reason));
    }
  })();
  await expect(read).rejects.toBe(reason);
  expect(seen).toEqual([1]);
});

test("a source that is left early is told, and its own error comes through", async () => {
  const { signal } = new AbortController();
  let isEnded = false;
  const ended = (): void => {
    isEnded = true;
  };
  for await (const _ of untilAborted(oneThenNothing(ended), signal)) break;
  expect(isEnded).toBe(true);
  const broken = new Error("broken");
  async function* breaking(): AsyncIterable<number> {
    yield 1;
    throw broken;
  }
  await expect(Array.fromAsync(untilAborted(breaking(), signal))).rejects.toBe(broken);
});

test("what is at hand comes as it is", () => {
  const list = [1, 2, 3];
  expect(untilAborted(list, new AbortController().signal)).toBe(list);
});
