import { expect, test } from "vitest";
import { inParallel } from "../../../src/core/in-parallel.ts";
import type { ObjectStore } from "../../../src/services/object-store.ts";
import { faultProxy } from "../../servers/fault-proxy.ts";
import { describeWithRgw } from "../../servers/with-server.ts";
import { makeBucket, orphansOf, plainClient, s3StoreAt } from "./s3-store-at.ts";

const bucket = "many";
/** More than one answer holds, and one request takes: 1,000 keys. */
const count = 1_050;
/** Of keys that XML, a URL or a form spells otherwise. */
const odd = ["ü☄ 😀", "a+b", "a b", "50%25", "q?x=1&y", "<a>&amp;", "'\"", "#", "tab\t"].map((name) => `p/odd/${name}`);
const plain = Array.from({ length: count }, (_, n) => `p/${String(n).padStart(5, "0")}`);
/** What a file manager leaves. */
const folders = Array.from({ length: 20 }, (_, n) => `p/folder ${n}/`);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

describeWithRgw("thousands of objects on S3", (url) => {
  test("are listed page by page as they are asked for, and removed by the thousand", async () => {
    await makeBucket(url, bucket);
    const client = await plainClient(url);
    await inParallel([...plain, ...odd, ...folders], 32, (Key) =>
      client.putObject({ Bucket: bucket, Key, Body: new Uint8Array(0) }),
    );
    const { hostname, port } = new URL(url);
    await using proxy = await faultProxy({ host: hostname, port: Number(port) });
    await using store = s3StoreAt(url, { host: "127.0.0.1", port: proxy.port });
    let seen = 0;
    /** How many requests of that kind came since it was last asked. */
    const asked = (isMeant: (target: string) => boolean): number => {
      const since = proxy.requests.slice(seen);
      seen = proxy.requests.length;
      return since.filter(({ target }) => isMeant(target)).length;
    };
    const isList = (target: string): boolean => target.includes("list-type=2");
    const isDelete = (target: string): boolean => /[?&]delete/.test(target);

    for await (const { key } of store.list(bucket, "p/0")) if (key === "p/00009") break;
    expect(asked(isList)).toBe(1);
    expect(await keysOf(store, "p/0")).toEqual(plain);
    expect(asked(isList)).toBe(2);
    const stop = new AbortController();
    await expect(keysOf(store, "p/", stop)).rejects.toMatchObject({ name: "AbortError" });
    expect(asked(isList)).toBe(1);

    // Folder objects are no objects of ours, and are listed to nobody.
    expect(await keysOf(store, "p/")).toEqual([...plain, ...odd].sort(byBytes));
    asked(isList);
    expect((await store.removeFolderObjects(bucket, "p/")).toSorted(byBytes)).toEqual(folders.toSorted(byBytes));
    expect(asked(isDelete)).toBe(1);
    expect(await store.removeFolderObjects(bucket, "p/")).toEqual([]);
    expect(await keysOf(store, "p/")).toEqual([...plain, ...odd].sort(byBytes));

    asked(isDelete);
    await store.delete(bucket, [...plain, ...odd, "p/never-there"]);
    // That with a tab, which XML cannot spell, goes by itself.
    expect(asked(isDelete)).toBe(2);
    expect(await keysOf(store, "p/")).toEqual([]);
    const { KeyCount } = await client.listObjectsV2({ Bucket: bucket });
    expect(KeyCount).toBe(0);
    client.destroy();
  });
});

describeWithRgw("more unfinished uploads than a page of S3 holds", (url) => {
  test("are removed to the last, with keys that a URL spells otherwise", async () => {
    const uploads = "many-uploads";
    // The list begins with the first, and a page of it ends with the second.
    const keys = ["u/a%7Eb", "u/a+b"];
    await makeBucket(url, uploads);
    const client = await plainClient(url);
    await inParallel(Array.from({ length: count }), 32, (_, index) =>
      client.createMultipartUpload({ Bucket: uploads, Key: keys[index % 10 === 0 ? 0 : 1] }),
    );
    await client.createMultipartUpload({ Bucket: uploads, Key: "u/a b" });
    client.destroy();
    await using store = s3StoreAt(url);
    expect(await store.removeUnfinished?.(uploads, keys)).toBe(count);
    expect(await orphansOf(url, uploads)).toEqual(["u/a b"]);
  });
});

/** With `stop`, it is stopped at the first key. */
async function keysOf(store: ObjectStore, prefix: string, stop?: AbortController): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(bucket, prefix, stop?.signal)) {
    keys.push(key);
    stop?.abort();
  }
  return keys;
}
