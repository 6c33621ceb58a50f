import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { watchStopSignals } from "../../src/cli/stop-signals.ts";

function watched() {
  const target = new EventEmitter();
  let nowMs = 0;
  let exits = 0;
  const stop = watchStopSignals(
    target,
    () => {
      exits += 1;
    },
    () => nowMs,
  );
  const send = (signal: NodeJS.Signals, atMs: number): void => {
    nowMs = atMs;
    target.emit(signal, signal);
  };
  return { target, stop, send, exits: () => exits };
}

test("the first signal asks, the second insists, the third ends the process", () => {
  const { stop, send, exits } = watched();
  send("SIGINT", 0);
  expect([stop.asked.aborted, stop.insisted.aborted, exits()]).toEqual([true, false, 0]);
  send("SIGINT", 1000);
  expect([stop.insisted.aborted, exits()]).toEqual([true, 0]);
  send("SIGINT", 2000);
  expect(exits()).toBe(1);
});

test("one key press that comes twice, from the terminal and from npm, counts once", () => {
  const { stop, send } = watched();
  send("SIGINT", 0);
  send("SIGINT", 20);
  expect(stop.insisted.aborted).toBe(false);
  send("SIGTERM", 30);
  expect(stop.insisted.aborted).toBe(true);
});

test("it tells which signal came first, and lets go of the process", () => {
  const { target, stop, send } = watched();
  expect(stop.signal()).toBeUndefined();
  send("SIGTERM", 0);
  send("SIGINT", 1000);
  expect(stop.signal()).toBe("SIGTERM");
  stop[Symbol.dispose]();
  expect(target.eventNames()).toEqual([]);
});
