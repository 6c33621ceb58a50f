import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { withResources } from "../../src/tasks/with-resources.ts";

function keptLog() {
  const lines: string[] = [];
  return { lines, log: createLogger({ level: "DEBUG", pretty: false, write: (line) => lines.push(line) }) };
}

test("resources close after the work, the last opened first", async () => {
  const order: string[] = [];
  const { log, lines } = keptLog();
  const result = await withResources(log, async (opened) => {
    opened.defer(() => void order.push("first"));
    opened.defer(async () => void order.push("second"));
    order.push("work");
    return 5;
  });
  expect([result, order, lines]).toEqual([5, ["work", "second", "first"], []]);
});

test("they close after work that fails, and its error stays the one that is thrown", async () => {
  const { log, lines } = keptLog();
  const first = new Error("the first error");
  const order: string[] = [];
  const working = withResources(log, async (opened) => {
    opened.defer(() => void order.push("closed"));
    opened.defer(() => Promise.reject(new Error("the second error")));
    throw first;
  });
  await expect(working).rejects.toBe(first);
  expect(order).toEqual(["closed"]);
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: "WARNING", error: { message: "the second error" } });
});

test("work that is done stays done where closing fails", async () => {
  const { log, lines } = keptLog();
  const working = withResources(log, async (opened) => {
    opened.defer(() => Promise.reject(new Error("could not close")));
    return "done";
  });
  await expect(working).resolves.toBe("done");
  expect(lines).toHaveLength(1);
});
