import { createHash, randomBytes, randomUUID } from "node:crypto";
import { bytesSource, readAll } from "../../core/byte-source.ts";
import type { ObjectStore } from "../../services/object-store.ts";
import type { SuiteRunner } from "./suite-runner.ts";

/** What every object store does. The suite's keys begin with a random part, and are deleted at the end of each test. */
export function objectStoreConformance(
  { describe, test, expect }: SuiteRunner,
  makeStore: () => Promise<ObjectStore>,
  bucket: string,
): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

  const withStore = (name: string, body: (store: ObjectStore, prefix: string) => Promise<void>): unknown =>
    test(name, async () => {
      await using store = await makeStore();
      const prefix = `${randomUUID()}/`;
      try {
        await body(store, prefix);
      } finally {
        await store.delete(bucket, await keysOf(store, prefix));
      }
    });
  async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(bucket, prefix)) keys.push(key);
    return keys;
  }
  async function contentOf(store: ObjectStore, key: string): Promise<Uint8Array> {
    await using source = await store.get(bucket, key);
    return readAll(source);
  }

  describe("putting and getting", () => {
    withStore("gives back every byte, and says length, hash, type and metadata", async (store, prefix) => {
      const content = new Uint8Array(randomBytes(3 * 1024 * 1024 + 17));
      const key = `${prefix}p/d/file.fits`;
      const metadata = { groupname: "DATASET", groupid: "AAAAAA", objecttype: "FRAME" };
      const put = await store.put(bucket, key, content, { contentType: "image/fits", metadata });
      const expected = {
        bucket,
        key,
        sizeBytes: content.length,
        sha256: sha256(content),
        contentType: "image/fits",
        metadata,
      };
      expect(put).toEqual(expected);
      expect(await store.head(bucket, key)).toEqual(expected);
      expect(Buffer.compare(await contentOf(store, key), content)).toBe(0);
    });

    withStore("takes an empty object, and one from a source", async (store, prefix) => {
      await store.put(bucket, `${prefix}empty`, new Uint8Array(0));
      await store.put(bucket, `${prefix}source`, bytesSource(bytes("from a source")));
      expect((await contentOf(store, `${prefix}empty`)).length).toBe(0);
      expect(await contentOf(store, `${prefix}source`)).toEqual(bytes("from a source"));
    });

    withStore("reads any part of an object", async (store, prefix) => {
      await store.put(bucket, `${prefix}k`, bytes("0123456789"));
      await using source = await store.get(bucket, `${prefix}k`);
      const into = new Uint8Array(4);
      expect(source.sizeBytes).toBe(10);
      expect(await source.read(3, into)).toBe(4);
      expect(into).toEqual(bytes("3456"));
      expect(await source.read(8, into)).toBe(2);
    });

    withStore("replaces an object with all that is known of it", async (store, prefix) => {
      const key = `${prefix}k`;
      await store.put(bucket, key, bytes("old"), { contentType: "a/b", metadata: { a: "1" } });
      await store.put(bucket, key, bytes("new"));
      expect(await contentOf(store, key)).toEqual(bytes("new"));
      const head = await store.head(bucket, key);
      expect(head?.metadata).toEqual({});
      expect(head?.sha256).toBe(sha256(bytes("new")));
    });

    withStore("keeps the old object when the new one ends too early", async (store, prefix) => {
      const key = `${prefix}k`;
      await store.put(bucket, key, bytes("old"));
      const short = { ...bytesSource(bytes("ab")), sizeBytes: 5 };
      await expect(store.put(bucket, key, short)).rejects.toMatchObject({ code: "OBJECT_SOURCE_TRUNCATED" });
      expect(await contentOf(store, key)).toEqual(bytes("old"));
      expect((await store.head(bucket, key))?.sha256).toBe(sha256(bytes("old")));
      expect(await keysOf(store, prefix)).toEqual([key]);
    });

    withStore("stops at the signal and stores nothing", async (store, prefix) => {
      const stop = new AbortController();
      const source = {
        ...bytesSource(new Uint8Array(8 * 1024 * 1024)),
        read: async (_offset: number, into: Uint8Array) => {
          stop.abort();
          return into.length;
        },
      };
      await expect(store.put(bucket, `${prefix}k`, source, { signal: stop.signal })).rejects.toMatchObject({
        name: "AbortError",
      });
      expect(await store.head(bucket, `${prefix}k`)).toBe(undefined);
      expect(await keysOf(store, prefix)).toEqual([]);
    });

    withStore("says which object is not there", async (store, prefix) => {
      const key = `${prefix}nothing`;
      await expect(store.get(bucket, key)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND", fields: { bucket, key } });
      expect(await store.head(bucket, key)).toBe(undefined);
    });
  });

  describe("listing and deleting", () => {
    withStore(
      "lists in the order of the keys' bytes, below a prefix that may end inside a name",
      async (store, prefix) => {
        const keys = ["a/b", "a-b", "a.b", "ab/c", "ab", "é", "z", "a/a/a"].map((key) => prefix + key);
        for (const key of keys) if (key !== `${prefix}ab`) await store.put(bucket, key, bytes(key));
        const expected = ["a-b", "a.b", "a/a/a", "a/b", "ab/c", "z", "é"].map((key) => prefix + key);
        expect(await keysOf(store, prefix)).toEqual(expected);
        expect(await keysOf(store, `${prefix}a`)).toEqual(expected.slice(0, 5));
        expect(await keysOf(store, `${prefix}a/`)).toEqual(expected.slice(2, 4));
      },
    );

    withStore("lists nothing where there is nothing", async (store, prefix) => {
      expect(await keysOf(store, `${prefix}none`)).toEqual([]);
      for await (const object of store.list("no-such-bucket")) throw new Error(object.key);
    });

    withStore("deletes several, and minds none that is not there", async (store, prefix) => {
      for (const name of ["a/b/c", "a/d", "e"]) await store.put(bucket, prefix + name, bytes(name));
      await store.delete(bucket, [`${prefix}a/b/c`, `${prefix}e`, `${prefix}nothing`]);
      expect(await keysOf(store, prefix)).toEqual([`${prefix}a/d`]);
      await store.put(bucket, `${prefix}a/b`, bytes("a key may take the place of a folder that has gone"));
    });
  });

  for (const key of ["", "/a", "a//b", "a/", "../a", "a/../../b", "./a", "a\0b"]) {
    withStore(`refuses the key ${JSON.stringify(key)} everywhere`, async (store) => {
      const illegal = { code: "OBJECT_KEY_ILLEGAL", disposition: "invalid" };
      await expect(store.put(bucket, key, bytes("x"))).rejects.toMatchObject(illegal);
      await expect(store.get(bucket, key)).rejects.toMatchObject(illegal);
      await expect(store.head(bucket, key)).rejects.toMatchObject(illegal);
      await expect(store.delete(bucket, [key])).rejects.toMatchObject(illegal);
    });
  }
}
