import { expect, test } from "vitest";
import { sharedSync } from "../../src/core/shared-sync.ts";

/** A disk that says when it is asked, and ends when it is told. */
function slowDisk() {
  const asked: { readonly path: string; readonly end: PromiseWithResolvers<void> }[] = [];
  const sync = (path: string): Promise<void> => {
    const end = Promise.withResolvers<void>();
    asked.push({ path, end });
    return end.promise;
  };
  return { asked, sync: sharedSync(sync) };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test("who asks while a folder is synced waits for the next time, and all of them for the same", async () => {
  const { asked, sync } = slowDisk();
  const done: string[] = [];
  const first = sync("a").then(() => done.push("first"));
  await turns();
  const later = ["second", "third"].map((name) => sync("a").then(() => done.push(name)));
  await turns();
  expect(asked).toHaveLength(1);
  asked[0]?.end.resolve();
  await first;
  await turns();
  expect(done).toEqual(["first"]);
  expect(asked).toHaveLength(2);
  asked[1]?.end.resolve();
  await Promise.all(later);
  expect(done).toEqual(["first", "second", "third"]);
});

test("another folder waits for nobody, and an error is told to those who waited for it", async () => {
  const { asked, sync } = slowDisk();
  const failing = sync("a");
  const other = sync("b");
  await turns();
  const next = sync("a");
  expect(asked.map(({ path }) => path)).toEqual(["a", "b"]);
  asked[0]?.end.reject(new Error("the disk is gone"));
  asked[1]?.end.resolve();
  await expect(failing).rejects.toThrow("the disk is gone");
  await other;
  await turns();
  asked[2]?.end.resolve();
  await next;
});
