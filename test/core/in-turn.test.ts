import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { inTurn } from "../../src/core/in-turn.ts";

function held() {
  const turn = inTurn();
  const begun: string[] = [];
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const ask = (what: string, names: readonly string[], signal?: AbortSignal) => {
    const gate = Promise.withResolvers<void>();
    gates.set(what, gate);
    const work = async () => {
      begun.push(what);
      await gate.promise;
      return what;
    };
    return turn(names, work, signal);
  };
  return { begun, gates, ask };
}

test("work that shares a name goes one after the other, also after one that failed; other work goes at once", async () => {
  const { begun, gates, ask } = held();
  const [first, second, other, third] = [ask("1", ["a", "b"]), ask("2", ["b"]), ask("other", ["c"]), ask("3", ["a"])];
  expect(begun).toEqual(["1", "other"]);
  gates.get("1")?.reject(new Error("no"));
  await expect(first).rejects.toThrow("no");
  for (const gate of gates.values()) gate.resolve();
  expect(await Promise.all([second, other, third])).toEqual(["2", "other", "3"]);
  expect(begun).toEqual(["1", "other", "2", "3"]);
});

test("who gives up waiting is told at once, and does not let the next one pass those before", async () => {
  const { begun, gates, ask } = held();
  const stop = new AbortController();
  const [first, second, third] = [ask("1", ["a"]), ask("2", ["a"], stop.signal), ask("3", ["a"])];
  stop.abort(new Error("enough"));
  await expect(second).rejects.toThrow("enough");
  expect(begun).toEqual(["1"]);
  for (const gate of gates.values()) gate.resolve();
  expect(await Promise.all([first, third])).toEqual(["1", "3"]);
  expect(begun).toEqual(["1", "3"]);
  await expect(ask("4", ["a"], stop.signal)).rejects.toThrow("enough");
});

test("however many wait under one signal, it has one listener to look through, and none when all have ended", async () => {
  const { gates, ask } = held();
  const stop = new AbortController();
  const listeners = (): number => getEventListeners(stop.signal, "abort").length;
  const waiting = Array.from({ length: 300 }, (_, index) => ask(`${index}`, ["a"], stop.signal));
  expect(listeners()).toBe(1);
  for (const gate of gates.values()) gate.resolve();
  expect(await Promise.all(waiting)).toHaveLength(300);
  expect(listeners()).toBe(0);
  const [first, ...others] = Array.from({ length: 300 }, (_, index) => ask(`${index}`, ["b"], stop.signal));
  expect(listeners()).toBe(1);
  stop.abort(new Error("enough"));
  const ended = await Promise.allSettled(others);
  expect(ended.filter(({ status }) => status === "rejected")).toHaveLength(299);
  gates.get("0")?.resolve();
  expect(await first).toBe("0");
  expect(listeners()).toBe(0);
});
