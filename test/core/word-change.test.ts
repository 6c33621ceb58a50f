import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { wordChange } from "../../src/core/word-change.ts";

test("a process that waits for nothing else goes on when the time is over, or the word was changed before", async () => {
  const module = new URL("../../src/core/word-change.ts", import.meta.url).href;
  const script = `
    const { wordChange } = await import(${JSON.stringify(module)});
    const words = new Int32Array(new SharedArrayBuffer(4));
    await wordChange(words, 0, 0, 300);
    await wordChange(words, 0, 1, 300_000);
    console.log("went on");`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  expect(stdout).toBe("went on\n");
});

test("it ends once another has notified the word", async () => {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const change = wordChange(words, 1, 0, 300_000);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await change;
});
