import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { bytesSource, readAll } from "../../core/byte-source.ts";
import { isFirstlightError } from "../../core/errors.ts";
import type { ObjectSource, ObjectStore } from "../../services/object-store.ts";
import { objectStoreRefusals } from "./object-store-refusals.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { closingSeconds, withService } from "./with-service.ts";
import { within } from "./within.ts";

/**
 * What every object store does. The suite's keys begin with a random part, and are deleted at the end of each test. The bucket has to be
 * there. `makeFolderObject` makes what `removeFolderObjects` removes, which the interface itself cannot: a key that ends in `/`.
 */
export function objectStoreConformance(
  { describe, test, expect }: SuiteRunner,
  makeStore: () => Promise<ObjectStore>,
  bucket: string,
  makeFolderObject?: (key: string) => Promise<void>,
): void {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const sha256 = (content: Uint8Array) => createHash("sha256").update(content).digest("hex");

  const withStore = (name: string, body: (store: ObjectStore, prefix: string) => Promise<void>): unknown =>
    test(name, async () =>
      withService(await makeStore(), async (store) => {
        const prefix = `${randomUUID()}/`;
        try {
          await body(store, prefix);
        } finally {
          await store.delete(bucket, await keysOf(store, prefix));
        }
      }),
    );
  const stopped = (call: Promise<unknown>): Promise<unknown> =>
    within(
      closingSeconds,
      "A call ends with its signal, and throws its reason",
      expect(call).rejects.toMatchObject({ name: "AbortError" }),
    );
  async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of store.list(bucket, prefix)) keys.push(key);
    return keys;
  }
  async function contentOf(store: ObjectStore, key: string): Promise<Uint8Array> {
    await using source = await store.get(bucket, key);
    return readAll(source);
  }

  async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-objects-"));
    try {
      await body(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
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

    withStore("takes a file by its path, and a stream that uses one buffer again and again", async (store, prefix) => {
      const content = new Uint8Array(randomBytes(9 * 1024 * 1024 + 5));
      async function* stream(): AsyncIterable<Uint8Array> {
        const buffer = new Uint8Array(1024 * 1024);
        for (let offset = 0; offset < content.length; offset += buffer.length) {
          const piece = content.subarray(offset, offset + buffer.length);
          buffer.set(piece);
          yield buffer.subarray(0, piece.length);
        }
      }
      await withFolder(async (folder) => {
        await writeFile(join(folder, "file"), content);
        await store.put(bucket, `${prefix}file`, { path: join(folder, "file") });
        await store.put(bucket, `${prefix}stream`, stream());
        await store.put(
          bucket,
          `${prefix}short`,
          (async function* () {
            yield bytes("ab");
            yield bytes("c");
          })(),
        );
        expect(await readdir(folder)).toEqual(["file"]);
      });
      for (const name of ["file", "stream"]) {
        expect((await store.head(bucket, prefix + name))?.sha256).toBe(sha256(content));
        expect(Buffer.compare(await contentOf(store, prefix + name), content)).toBe(0);
      }
      expect(await contentOf(store, `${prefix}short`)).toEqual(bytes("abc"));
    });

    withStore("stores nothing of a file that is not there, and of a stream that fails", async (store, prefix) => {
      const missing = store.put(bucket, `${prefix}k`, { path: join(tmpdir(), randomUUID()) });
      await expect(missing).rejects.toMatchObject({ code: "OBJECT_STORE_FAILED" });
      async function* failing(): AsyncIterable<Uint8Array> {
        yield bytes("a");
        throw new RangeError("the stream broke");
      }
      await expect(store.put(bucket, `${prefix}k`, failing())).rejects.toMatchObject({ message: "the stream broke" });
      expect(await keysOf(store, prefix)).toEqual([]);
    });

    withStore(
      "takes the streams of Node and of the web, and no more of a file than its stream gives",
      async (store, prefix) => {
        await withFolder(async (folder) => {
          await writeFile(join(folder, "file"), "0123456789");
          const piped = new PassThrough();
          piped.end("piped");
          const streams: Record<string, [AsyncIterable<Uint8Array>, string]> = {
            readable: [Readable.from([bytes("hello"), bytes(" world")]), "hello world"],
            file: [createReadStream(join(folder, "file")), "0123456789"],
            range: [createReadStream(join(folder, "file"), { start: 5, end: 7 }), "567"],
            piped: [piped, "piped"],
            web: [new Blob(["of the web"]).stream(), "of the web"],
          };
          for (const [name, [stream, content]] of Object.entries(streams)) {
            expect((await store.put(bucket, prefix + name, stream)).sizeBytes).toBe(content.length);
            expect(await contentOf(store, prefix + name)).toEqual(bytes(content));
          }
        });
      },
    );

    withStore("refuses by name what is no source, and keeps the old object", async (store, prefix) => {
      const key = `${prefix}k`;
      await store.put(bucket, key, bytes("old"));
      const illegal: readonly (readonly [unknown, string])[] = [
        ["text", "a string"],
        [null, "null"],
        [undefined, "undefined"],
        [new Blob(["x"]), "Blob"],
        [new ArrayBuffer(1), "ArrayBuffer"],
        [new Float32Array(1), "Float32Array"],
        [{ name: "n", sizeBytes: 1.5, read: async () => 0 }, "an object with name, sizeBytes, read"],
        [{ path: 5 }, "an object with path"],
        [Readable.from(["text"]), "a piece of the stream is a string"],
      ];
      for (const [source, said] of illegal) {
        const error = await store.put(bucket, key, source as ObjectSource).catch((thrown: unknown) => thrown);
        expect(isFirstlightError(error, "OBJECT_SOURCE_ILLEGAL") && error.disposition).toBe("invalid");
        expect((error as Error).message.includes(said)).toBe(true);
      }
      const folder = store.put(bucket, key, { path: tmpdir() });
      await expect(folder).rejects.toMatchObject({ code: "OBJECT_STORE_FAILED", fields: { path: tmpdir() } });
      expect(await contentOf(store, key)).toEqual(bytes("old"));
    });

    withStore("brings an object to a file, in the place of an older one", async (store, prefix) => {
      const content = new Uint8Array(randomBytes(9 * 1024 * 1024 + 5));
      const put = await store.put(bucket, `${prefix}k`, content, { contentType: "a/b", metadata: { a: "1" } });
      await store.put(bucket, `${prefix}empty`, new Uint8Array(0));
      await withFolder(async (folder) => {
        const [path, empty] = [join(folder, "new/file"), join(folder, "empty")];
        expect(await store.download(bucket, `${prefix}k`, path)).toEqual(put);
        expect(Buffer.compare(await readFile(path), content)).toBe(0);
        await writeFile(empty, "older");
        expect((await store.download(bucket, `${prefix}empty`, empty)).sizeBytes).toBe(0);
        expect((await readFile(empty)).length).toBe(0);
        await writeFile(path, "stays");
        const key = `${prefix}nothing`;
        await expect(store.download(bucket, key, path)).rejects.toMatchObject({ code: "OBJECT_NOT_FOUND" });
        expect(await readFile(path, "utf8")).toBe("stays");
        expect((await readdir(folder, { recursive: true })).sort()).toEqual(["empty", "new", "new/file"]);
      });
    });

    withStore("brings nothing once the signal has fired", async (store, prefix) => {
      await store.put(bucket, `${prefix}k`, bytes("content"));
      await withFolder(async (folder) => {
        const fired = AbortSignal.abort();
        await stopped(store.download(bucket, `${prefix}k`, join(folder, "k"), fired));
        await stopped(store.get(bucket, `${prefix}k`, fired));
        expect(await readdir(folder)).toEqual([]);
      });
    });

    withStore("takes keys that a URL, a shell or XML would have to quote", async (store, prefix) => {
      const names = [
        "a b",
        "a+b",
        "a%20b",
        "ä/日本/𝛼",
        "q?x=1&y#z",
        "<&>\"'",
        "~!@$^*(){}[]|;:,",
        "e\u0301",
        "\u0001",
        "-",
        ".hidden",
      ];
      for (const name of names) await store.put(bucket, prefix + name, bytes(name));
      for (const name of names) expect(await contentOf(store, prefix + name)).toEqual(bytes(name));
      const inBytes = names.map((name) => prefix + name).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await keysOf(store, prefix)).toEqual(inBytes);
      expect(await keysOf(store, `${prefix}a+`)).toEqual([`${prefix}a+b`]);
      await store.delete(bucket, inBytes);
      expect(await keysOf(store, prefix)).toEqual([]);
    });

    for (const [what, options] of [
      ["a name in capitals", { metadata: { Group: "x" } }],
      ["a name of the driver's own", { metadata: { "firstlight-sha256": "x" } }],
      ["a value beyond ASCII", { metadata: { a: "é" } }],
      ["a value of two lines", { metadata: { a: "x\ny" } }],
      ["an empty value", { metadata: { a: "" } }],
      ["a value that is no text", { metadata: { a: 1 as unknown as string } }],
      ["too much of them", { metadata: { a: "x".repeat(1800) } }],
      ["a content type of two lines", { contentType: "a/b\r\nx: y" }],
    ] as const) {
      withStore(`refuses metadata that would not come back: ${what}`, async (store, prefix) => {
        const put = store.put(bucket, `${prefix}k`, bytes("x"), options);
        await expect(put).rejects.toMatchObject({ code: "OBJECT_METADATA_ILLEGAL", disposition: "invalid" });
        expect(await keysOf(store, prefix)).toEqual([]);
      });
    }

    withStore("lets the last of several writers of one key win, whole", async (store, prefix) => {
      const contents = [1, 2, 3].map((byte) => new Uint8Array(100_000).fill(byte));
      await Promise.allSettled(contents.map((content) => store.put(bucket, `${prefix}k`, content)));
      const found = await contentOf(store, `${prefix}k`);
      expect(contents.some((content) => Buffer.compare(content, found) === 0)).toBe(true);
      expect(await keysOf(store, prefix)).toEqual([`${prefix}k`]);
    });

    withStore("reads any part of an object", async (store, prefix) => {
      await store.put(bucket, `${prefix}k`, bytes("0123456789"));
      await using source = await store.get(bucket, `${prefix}k`);
      const into = new Uint8Array(4);
      expect(source.sizeBytes).toBe(10);
      expect(await source.read(3, into)).toBe(4);
      expect(into).toEqual(bytes("3456"));
      expect(await source.read(8, into)).toBe(2);
      expect(await source.read(10, into)).toBe(0);
      for (const offset of [-2, 0.5, Number.NaN]) {
        const illegal = { code: "OFFSET_ILLEGAL", disposition: "invalid" };
        await expect(source.read(offset, into)).rejects.toMatchObject(illegal);
      }
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

    withStore("stores what it has read of a source that changes, or keeps the old object", async (store, prefix) => {
      const key = `${prefix}k`;
      await store.put(bucket, key, bytes("old"));
      const sizeBytes = 9 * 1024 * 1024 + 5;
      let given = 0;
      const changing = {
        name: "changing",
        sizeBytes,
        async read(offset: number, into: Uint8Array) {
          const count = Math.min(into.length, sizeBytes - offset);
          into.fill(given < sizeBytes ? 1 : 2, 0, count);
          given += count;
          return count;
        },
      };
      const error = await store.put(bucket, key, changing).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      const isRefused = isFirstlightError(error, "OBJECT_SOURCE_CHANGED") && error.disposition === "retry";
      expect(isRefused || error === undefined).toBe(true);
      const expected = isRefused ? bytes("old") : new Uint8Array(sizeBytes).fill(1);
      expect(Buffer.compare(await contentOf(store, key), expected)).toBe(0);
    });

    withStore("stops at the signal where a stream does not go on", async (store, prefix) => {
      const stop = new AbortController();
      async function* stuck(): AsyncIterable<Uint8Array> {
        yield bytes("the beginning");
        setImmediate(() => stop.abort());
        await new Promise(() => {});
      }
      const put = store.put(bucket, `${prefix}k`, stuck(), { signal: stop.signal });
      await stopped(put);
      expect(await store.head(bucket, `${prefix}k`)).toBe(undefined);
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
      await stopped(store.put(bucket, `${prefix}k`, source, { signal: stop.signal }));
      expect(await store.head(bucket, `${prefix}k`)).toBe(undefined);
      expect(await keysOf(store, prefix)).toEqual([]);
    });

    withStore("stops at the signal where a source does not answer", async (store, prefix) => {
      const stop = new AbortController();
      const silent = {
        name: "silent",
        sizeBytes: 5,
        read: () => {
          setImmediate(() => stop.abort());
          return new Promise<number>(() => {});
        },
      };
      const put = store.put(bucket, `${prefix}k`, silent, { signal: stop.signal });
      await stopped(put);
      expect(await keysOf(store, prefix)).toEqual([]);
    });

    withStore("refuses by name a source that answers with no count of bytes", async (store, prefix) => {
      for (const count of [-1, 99, 1.5, Number.NaN, undefined]) {
        const source = { name: "wrong", sizeBytes: 5, read: async () => count as number };
        const illegal = { code: "OBJECT_SOURCE_ILLEGAL", disposition: "invalid" };
        await expect(store.put(bucket, `${prefix}k`, source)).rejects.toMatchObject(illegal);
      }
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
    });

    withStore("says that a bucket is not there, or makes it as it needs it", async (store) => {
      const absent = `absent-${randomUUID()}`;
      const asked = [
        () => Array.fromAsync(store.list(absent)),
        () => store.removeFolderObjects(absent, ""),
        () => store.delete(absent, ["k"]),
      ];
      const answers = new Set<string>();
      for (const ask of asked) {
        const error: unknown = await ask().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        if (error !== undefined && !isFirstlightError(error, "OBJECT_BUCKET_MISSING")) throw error;
        answers.add(error === undefined ? "made" : "missing");
      }
      expect(answers.size).toBe(1);
    });

    withStore("deletes several, and minds none that is not there", async (store, prefix) => {
      for (const name of ["a/b/c", "a/d", "e"]) await store.put(bucket, prefix + name, bytes(name));
      await store.delete(bucket, [`${prefix}a/b/c`, `${prefix}e`, `${prefix}nothing`]);
      expect(await keysOf(store, prefix)).toEqual([`${prefix}a/d`]);
      await store.put(bucket, `${prefix}a/b`, bytes("a key may take the place of a folder that has gone"));
    });
  });

  if (makeFolderObject !== undefined) {
    withStore("removes what stands for folders, and no object", async (store, prefix) => {
      for (const key of ["kept/object", "other"]) await store.put(bucket, prefix + key, bytes(key));
      const folders = ["a/", "a/b/", "c d+e/"].map((key) => prefix + key);
      for (const key of folders) await makeFolderObject(key);
      expect(await store.removeFolderObjects(bucket, prefix)).toEqual(folders);
      expect(await store.removeFolderObjects(bucket, prefix)).toEqual([]);
      expect(await keysOf(store, prefix)).toEqual([`${prefix}kept/object`, `${prefix}other`]);
    });
  }

  test("stops a put when it is closed, leaves nothing of it, and takes no other", async () => {
    const key = `${randomUUID()}/k`;
    const closed = { code: "SERVICE_CLOSED" };
    const store = await makeStore();
    const { promise: isAsked, resolve } = Promise.withResolvers<void>();
    const silent = {
      name: "silent",
      sizeBytes: 5,
      read: () => {
        resolve();
        return new Promise<number>(() => {});
      },
    };
    const putting = expect(store.put(bucket, key, silent)).rejects.toMatchObject(closed);
    await within(closingSeconds, "A put reads what it is given", Promise.race([isAsked, putting]));
    const contract = "A store that is closed ends the put that is under way, with SERVICE_CLOSED, and is closed then";
    await within(closingSeconds, contract, Promise.all([putting, store[Symbol.asyncDispose]()]));
    await expect(store.put(bucket, key, bytes("late"))).rejects.toMatchObject(closed);
    await expect(store.head(bucket, key)).rejects.toMatchObject(closed);
    await withService(await makeStore(), async (other) => {
      expect(await keysOf(other, key)).toEqual([]);
      expect((await other.removeUnfinished?.(bucket, [key])) ?? 0).toBe(0);
    });
  });

  test("ends what it lists and deletes when it is closed", async () => {
    const prefix = `${randomUUID()}/`;
    const keys = ["a", "b", "c"].map((name) => prefix + name);
    const closed = { code: "SERVICE_CLOSED" };
    const store = await makeStore();
    for (const key of keys) await store.put(bucket, key, bytes("x"));
    const listing = store.list(bucket, prefix)[Symbol.asyncIterator]();
    await listing.next();
    const deleting = store.delete(bucket, keys).then(
      () => undefined,
      (error: unknown) => error,
    );
    const contract = "A store that is closed ends what it deletes";
    const [ended] = await within(closingSeconds, contract, Promise.all([deleting, store[Symbol.asyncDispose]()]));
    await expect(listing.next()).rejects.toMatchObject(closed);
    await expect(store.delete(bucket, keys)).rejects.toMatchObject(closed);
    await withService(await makeStore(), async (other) => {
      // Whoever is quick enough has done it.
      if (ended === undefined) expect(await keysOf(other, prefix)).toEqual([]);
      else expect(isFirstlightError(ended, closed.code)).toBe(true);
      await other.delete(bucket, keys);
    });
  });

  withStore("removes nothing unfinished where there is nothing", async (store, prefix) => {
    await store.put(bucket, `${prefix}k`, bytes("x"));
    expect((await store.removeUnfinished?.(bucket, [`${prefix}k`, `${prefix}other`])) ?? 0).toBe(0);
    expect(await contentOf(store, `${prefix}k`)).toEqual(bytes("x"));
  });

  withStore("gives an address to get an object by, where it can", async (store, prefix) => {
    const key = `${prefix}a b+é`;
    await store.put(bucket, key, bytes("for everybody"), { contentType: "text/plain" });
    const address = await store.presign?.(bucket, key, { expiresSeconds: 60 });
    if (address === undefined) return;
    for (const expiresSeconds of [0, -1, Number.NaN, 1.5, 604_801]) {
      const illegal = { code: "OBJECT_EXPIRY_ILLEGAL", disposition: "invalid", fields: { expiresSeconds } };
      await expect(store.presign?.(bucket, key, { expiresSeconds })).rejects.toMatchObject(illegal);
    }
    const answer = await fetch(address);
    expect([answer.status, await answer.text()]).toEqual([200, "for everybody"]);
    const tampered = await fetch(address.replace(/(?<=Signature=.{8})./, (digit) => (digit === "0" ? "1" : "0")));
    expect(tampered.status).toBe(403);
    await tampered.arrayBuffer();
  });

  objectStoreRefusals(expect, withStore, bucket);
}
