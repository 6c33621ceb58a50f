import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { isFirstlightError } from "../../src/core/errors.ts";
import { portions } from "../../src/core/portions.ts";
import { shareWork, withWorkers } from "../../src/core/share-work.ts";
import { openWorkers } from "../../src/core/workers.ts";
import { root } from "../architecture/source-imports.ts";

const jobs = pathToFileURL(join(root, "test/fixtures/threads/jobs.ts")).href;
const workers = openWorkers(3);
afterAll(() => workers[Symbol.asyncDispose]());

test("every thread but the calling one calls the function, again and again", async () => {
  expect(await Promise.all(workers.run(jobs, "double", 21))).toEqual([42, 42]);
  const [first, second] = await Promise.all([
    Promise.all(workers.run(jobs, "double", 1)),
    Promise.all(workers.run(jobs, "double", 2)),
  ]);
  expect([first, second]).toEqual([
    [2, 2],
    [4, 4],
  ]);
});

test("memory is handed over", async () => {
  const [bytes] = (await Promise.all(workers.run(jobs, "handOver", 5))) as [Uint8Array];
  expect(bytes).toEqual(Uint8Array.of(7, 7, 7, 7, 7));
});

test("an error of the library comes as what it was", async () => {
  const [error] = await Promise.all(workers.run(jobs, "fail", "a.fits").map((each) => each.catch((reason) => reason)));
  expect(isFirstlightError(error, "FITS_TRUNCATED")).toBe(true);
  expect(error).toMatchObject({
    message: "The file a.fits ends too early.",
    disposition: "invalid",
    fields: { file: "a.fits", offset: 5n },
  });
});

test("what cannot be given to a thread is refused at once, and nobody waits for it", async () => {
  const called = workers.run(jobs, "double", () => undefined);
  for (const each of called) await expect(each).rejects.toThrow(/could not be cloned/);
  expect(await Promise.all(workers.run(jobs, "double", 2))).toEqual([4, 4]);
});

test("any other error keeps its message", async () => {
  const [error] = await Promise.all(
    workers.run(jobs, "failOtherwise", 0).map((each) => each.catch((reason) => reason)),
  );
  expect(error).toMatchObject({ message: "no such thing", cause: { stack: expect.stringContaining("jobs.ts") } });
});

test("a thread that dies fails its call, and another takes its place", async () => {
  await using own = openWorkers(2);
  await expect(Promise.all(own.run(jobs, "die", 0))).rejects.toThrow("a thread ended before its work was done, with 3");
  expect(await Promise.all(own.run(jobs, "double", 4))).toEqual([8]);
});

test("a call whose threads are ended fails", async () => {
  const own = openWorkers(2);
  const [call] = own.run(jobs, "takeAll", portions(1).memory);
  const ended = call?.catch((reason: unknown) => reason);
  await own[Symbol.asyncDispose]();
  expect(await ended).toBeInstanceOf(Error);
});

test.each([0, -1, 1.5, Number.NaN])("%d threads are refused", (threads) => {
  expect(() => openWorkers(threads)).toThrow(expect.objectContaining({ code: "WORKER_COUNT" }));
});

test("one thread is the calling one", async () => {
  await withWorkers(undefined, async (own) => expect([own.threads, own.run(jobs, "double", 1)]).toEqual([1, []]));
});

test("portions are taken once each, by all threads together", async () => {
  const own = portions(1_000_000);
  let mine = 0;
  const take = async (): Promise<number> => {
    for (; own.next() !== undefined; mine += 1) if (mine === 20) own.stop();
    return mine;
  };
  const counts = await shareWork(workers, { module: jobs, name: "takeAll" }, own.memory, own, take, undefined);
  expect(counts).toHaveLength(3);
  expect(new Int32Array(own.memory)[0]).toBe(counts.reduce((a, b) => a + b, 0));
});

test("a failure of one stops the others, and is what is thrown", async () => {
  const own = portions(1);
  const takes = async (): Promise<never> => {
    throw new Error("mine");
  };
  await expect(shareWork(workers, { module: jobs, name: "notice" }, own.memory, own, takes, undefined)).rejects.toThrow(
    "mine",
  );
});

test("the signal stops all threads, with its reason", async () => {
  const own = portions(1);
  const abort = new AbortController();
  const takes = async (): Promise<number> => {
    abort.abort(new Error("enough"));
    return 0;
  };
  await expect(
    shareWork(workers, { module: jobs, name: "notice" }, own.memory, own, takes, abort.signal),
  ).rejects.toThrow("enough");
});

test("a thread that the system does not start says what to do", async () => {
  const script = join(root, "test/fixtures/threads/without-descriptors.ts");
  const run = promisify(execFile)("bash", [
    ...["-c", 'ulimit -n 64 && exec "$0" "$@"'],
    ...[process.execPath, "--conditions=firstlight-source", script],
  ]);
  expect(JSON.parse((await run).stdout)).toEqual({
    code: "WORKER_START",
    disposition: "retry",
    message: expect.stringMatching(
      /^A thread could not be started: .*EMFILE.*\. Use fewer threads, or allow the process more open files \(ulimit -n\) and memory\.$/,
    ),
  });
});
