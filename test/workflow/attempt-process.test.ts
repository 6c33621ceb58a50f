import { fork } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeRunnerFolder, type RunnerFolder } from "./runner-folder.ts";

let folder: RunnerFolder;
beforeEach(async () => {
  folder = await makeRunnerFolder();
});
afterEach(() => folder.remove());

/** The process of an attempt, as the runner starts it. */
const start = () => {
  const at = (path: string) => new URL(path, import.meta.url);
  const child = fork(
    at("../../src/workflow/attempt-process.ts"),
    [`--module=${at("../fixtures/workflows/stages.ts").href}`, "--task=Load", "--recipe-run=1", "--attempt=1"],
    { execArgv: ["--conditions=firstlight-source"], env: folder.env, stdio: ["ignore", "ignore", "ignore", "ipc"] },
  );
  const ended = once(child, "exit").then(([code]) => Number(code));
  return { child, ended };
};

test("an attempt begins when the runner says that it is in the record", async () => {
  const { child, ended } = start();
  child.send({ type: "begin" });
  expect(await ended).toBe(0);
  expect(await folder.journal()).toEqual([expect.stringMatching(/^Load 1 start/), "Load 1 end"]);
});

test("an attempt whose runner dies before that ends without having done anything", async () => {
  const { child, ended } = start();
  child.disconnect();
  expect(await ended).toBe(1);
  expect(await folder.journal()).toEqual([]);
});
