import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolders } from "../../core/file.ts";
import type { ObjectStore } from "../../services/object-store.ts";
import type { Transfer, TransferLanding, TransferProgress } from "../../services/transfer.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { closingSeconds, withService } from "./with-service.ts";
import { within } from "./within.ts";

const sha256OfProduct = "a8792157cb4f27fb949c035f45518c61e884bb86e6f420204379c2baa8beb66e";

export interface TransferFixture {
  readonly openTransfer: () => Promise<Transfer>;
  /** The object store between which and scratch it copies. */
  readonly openStore: () => Promise<ObjectStore>;
  /** The transfer goes past the store, which therefore knows no hash of what came by it. */
  readonly storeKnowsNoHash?: boolean;
}

/** What every transfer does, seen through the object store on the one side and the file system on the other. */
export function transferConformance(
  { describe, test, expect }: SuiteRunner,
  { openTransfer, openStore, storeKnowsNoHash = false }: TransferFixture,
  bucket: string,
): void {
  interface Context {
    readonly transfer: Transfer;
    readonly store: ObjectStore;
    readonly scratch: string;
    /** Of keys; ends in a slash. */
    readonly prefix: string;
  }
  const bytes = (text: string) => new TextEncoder().encode(text);
  const options = { label: "test", recipeRunId: 1 };
  const withBoth = (name: string, body: (context: Context) => Promise<void>): unknown =>
    test(name, async () =>
      withService(await openTransfer(), async (transfer) =>
        withService(await openStore(), (store) => inFolders(transfer, store, body)),
      ),
    );
  async function inFolders(transfer: Transfer, store: ObjectStore, body: (context: Context) => Promise<void>) {
    const scratch = await mkdtemp(join(tmpdir(), "firstlight-transfer-"));
    const prefix = `${randomUUID()}/`;
    try {
      await body({ transfer, store, scratch, prefix });
    } finally {
      const keys: string[] = [];
      for await (const { key } of store.list(bucket, prefix)) keys.push(key);
      await store.delete(bucket, keys);
      await rm(scratch, { recursive: true });
    }
  }
  const contents = async (folder: string): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found[path.slice(folder.length + 1)] = await readFile(path, "utf8");
    }
    return found;
  };

  const object = async (store: ObjectStore, key: string): Promise<string> => {
    await using source = await store.get(bucket, key);
    const into = new Uint8Array(source.sizeBytes);
    await source.read(0, into);
    return new TextDecoder().decode(into);
  };

  describe("to scratch", () => {
    withBoth(
      "lets the landing give every file its name, and leaves nothing of one that may not come",
      async (context) => {
        const { transfer, store, scratch, prefix } = context;
        for (const name of ["a", "b"]) await store.put(bucket, prefix + name, bytes(`content ${name}`));
        const folder = join(scratch, "on-the-way");
        await makeFolders(folder);
        const landed: string[] = [];
        let isShut = false;
        const landing: TransferLanding = {
          folder,
          async land(temporary, path) {
            if (isShut) throw new Error("shut");
            landed.push(await readFile(temporary, "utf8"));
            await rename(temporary, path);
          },
        };
        const item = (name: string) => ({ bucket, key: prefix + name, path: join(scratch, "sub", name) });
        await transfer.toScratch([item("a")], { ...options, landing });
        isShut = true;
        await expect(transfer.toScratch([item("b")], { ...options, landing })).rejects.toMatchObject({});
        expect(landed).toEqual(["content a"]);
        expect(await readFile(join(scratch, "sub", "a"), "utf8")).toBe("content a");
        expect(await readdir(folder)).toEqual([]);
        expect((await readdir(join(scratch, "sub"))).filter((name) => !name.startsWith("."))).toEqual(["a"]);
        // The other way nobody has a say.
        await transfer.toObjectStore([{ ...item("a"), key: `${prefix}c` }], { ...options, landing });
        expect(await object(store, `${prefix}c`)).toBe("content a");
      },
    );
    withBoth("brings the files, and says how far it is", async ({ transfer, store, scratch, prefix }) => {
      const progress: TransferProgress[] = [];
      for (const name of ["a", "b"]) await store.put(bucket, prefix + name, bytes(`content ${name}`));
      await transfer.toScratch(
        ["a", "b"].map((name) => ({ bucket, key: prefix + name, path: join(scratch, "sub", `${name}.fits`) })),
        { ...options, onProgress: (state) => progress.push(state) },
      );
      expect(await contents(scratch)).toEqual({ "sub/a.fits": "content a", "sub/b.fits": "content b" });
      expect(progress.at(-1)).toEqual({ files: 2, totalFiles: 2, bytes: 18 });
    });

    withBoth("brings all below a prefix", async ({ transfer, store, scratch, prefix }) => {
      for (const name of ["d/a", "d/e/b", "other"]) await store.put(bucket, prefix + name, bytes(name));
      await transfer.toScratch([{ bucket, key: `${prefix}d`, path: scratch, recursive: true }], options);
      expect(await contents(scratch)).toEqual({ a: "d/a", "e/b": "d/e/b" });
    });

    withBoth("counts a file as missing where a folder is asked for, and a folder where a file is", async (context) => {
      const { transfer, store, scratch, prefix } = context;
      for (const name of ["file", "folder/a"]) await store.put(bucket, prefix + name, bytes(name));
      const [from, to] = [join(scratch, "from"), join(scratch, "to")];
      await makeFolders(join(from, "folder"));
      for (const name of ["file", "folder/a"]) await writeFile(join(from, name), name);
      for (const [name, recursive] of [
        ["file", true],
        ["folder", false],
      ] as const) {
        const inbound = { bucket, key: prefix + name, path: join(to, name), recursive };
        const outbound = { bucket, key: `${prefix}out/${name}`, path: join(from, name), recursive };
        const missing = { code: "TRANSFER_FAILED", fields: { recipeRunId: 1 } };
        await expect(transfer.toScratch([inbound], options)).rejects.toMatchObject(missing);
        await expect(transfer.toObjectStore([outbound], options)).rejects.toMatchObject(missing);
      }
      for await (const { key } of store.list(bucket, `${prefix}out`)) throw new Error(`${key} was copied`);
      await expect(readdir(to)).rejects.toMatchObject({ code: "ENOENT" });
    });

    withBoth("refuses two sources of one place, however it is spelt", async ({ transfer, store, scratch, prefix }) => {
      for (const name of ["a", "b"]) await store.put(bucket, prefix + name, bytes(name));
      const item = (name: string, path: string) => ({ bucket, key: prefix + name, path });
      for (const path of [`/${scratch}/x`, `${scratch}/./x`, `${scratch}/y/../x`]) {
        const both = [item("a", join(scratch, "x")), item("b", path)];
        await expect(transfer.toScratch(both, options)).rejects.toMatchObject({ code: "TRANSFER_FAILED" });
      }
      expect(await contents(scratch)).toEqual({});
    });

    withBoth("leaves alone what is there already, and replaces what is not the same", async (context) => {
      const { transfer, store, scratch, prefix } = context;
      const items = ["same", "other"].map((name) => ({ bucket, key: prefix + name, path: join(scratch, name) }));
      for (const { key } of items) await store.put(bucket, key, bytes("right"));
      await writeFile(join(scratch, "same"), "right");
      await writeFile(join(scratch, "other"), "wrong");
      const before = await stat(join(scratch, "same"));
      await transfer.toScratch(items, options);
      const after = await stat(join(scratch, "same"));
      expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
      expect(await contents(scratch)).toEqual({ same: "right", other: "right" });
    });

    withBoth("names every missing file, and brings nothing", async ({ transfer, store, scratch, prefix }) => {
      await store.put(bucket, `${prefix}present`, bytes("x"));
      const items = ["present", "gone-1", "gone-2"].map((name) => ({
        bucket,
        key: prefix + name,
        path: join(scratch, name),
      }));
      const error: unknown = await transfer.toScratch(items, options).catch((thrown: unknown) => thrown);
      expect([(error as { code?: unknown }).code, await contents(scratch)]).toEqual(["TRANSFER_FAILED", {}]);
      expect(["gone-1", "gone-2", "present"].map((name) => String(error).includes(name))).toEqual([true, true, false]);
    });

    withBoth(
      "gives files that may be written without harm to the objects",
      async ({ transfer, store, scratch, prefix }) => {
        await store.put(bucket, `${prefix}k`, bytes("object"));
        await transfer.toScratch([{ bucket, key: `${prefix}k`, path: join(scratch, "k") }], options);
        await writeFile(join(scratch, "k"), "mine");
        await using source = await store.get(bucket, `${prefix}k`);
        const into = new Uint8Array(6);
        await source.read(0, into);
        expect(into).toEqual(bytes("object"));
      },
    );

    withBoth("stops at the signal, and leaves no file in part", async ({ transfer, store, scratch, prefix }) => {
      const stop = new AbortController();
      const items = ["a", "b", "c"].map((name) => ({ bucket, key: prefix + name, path: join(scratch, name) }));
      for (const { key } of items) await store.put(bucket, key, bytes("content"));
      const stopped = transfer.toScratch(items, { ...options, signal: stop.signal, onProgress: () => stop.abort() });
      const refused = expect(stopped).rejects.toMatchObject({ name: "AbortError" });
      await within(closingSeconds, "A transfer ends with its signal, and throws its reason", refused);
      const found = await contents(scratch);
      expect(Object.keys(found).length < 3).toBe(true);
      expect(Object.values(found).filter((text) => text !== "content")).toEqual([]);
      await transfer.toScratch(items, options);
      expect(Object.keys(await contents(scratch)).sort()).toEqual(["a", "b", "c"]);
    });
  });

  withBoth("stops when it is closed, leaves no file in part, and takes no other", async (context) => {
    const { store, scratch, prefix } = context;
    const transfer = await openTransfer();
    const items = ["a", "b", "c"].map((name) => ({ bucket, key: prefix + name, path: join(scratch, name) }));
    for (const { key } of items) await store.put(bucket, key, bytes("content"));
    const closed = { code: "SERVICE_CLOSED" };
    let closing: Promise<void> | undefined;
    const onProgress = (): void => {
      closing ??= Promise.resolve(transfer[Symbol.asyncDispose]());
    };
    const contract = "A transfer that is closed ends what is under way, with SERVICE_CLOSED, and is closed then";
    const stopped = expect(transfer.toScratch(items, { ...options, onProgress })).rejects.toMatchObject(closed);
    await within(closingSeconds, contract, stopped);
    await within(closingSeconds, contract, closing ?? Promise.resolve());
    expect(Object.values(await contents(scratch)).filter((text) => text !== "content")).toEqual([]);
    await expect(transfer.toScratch(items, options)).rejects.toMatchObject(closed);
    await expect(transfer.toObjectStore(items, options)).rejects.toMatchObject(closed);
  });

  describe("to the object store", () => {
    withBoth(
      "stores files that the store then has, with length and hash",
      async ({ transfer, store, scratch, prefix }) => {
        await writeFile(join(scratch, "x.fits"), "product");
        const items = [{ bucket, key: `${prefix}p/d/x.fits`, path: join(scratch, "x.fits") }];
        await transfer.toObjectStore(items, options);
        await transfer.toObjectStore(items, options);
        const head = await store.head(bucket, `${prefix}p/d/x.fits`);
        expect(head?.sizeBytes).toBe(7);
        expect(head?.sha256).toBe(storeKnowsNoHash ? undefined : sha256OfProduct);
        expect(await object(store, items[0]?.key ?? "")).toBe("product");
      },
    );

    withBoth("replaces an object, whatever was known of it", async ({ transfer, store, scratch, prefix }) => {
      await store.put(bucket, `${prefix}k`, bytes("stale!!"), { metadata: { a: "1" } });
      await writeFile(join(scratch, "x"), "product");
      await transfer.toObjectStore([{ bucket, key: `${prefix}k`, path: join(scratch, "x") }], options);
      expect((await store.head(bucket, `${prefix}k`))?.sha256).toBe(storeKnowsNoHash ? undefined : sha256OfProduct);
      expect(await object(store, `${prefix}k`)).toBe("product");
    });

    withBoth("stores a folder", async ({ transfer, store, scratch, prefix }) => {
      await writeFile(join(scratch, "a"), "1");
      await writeFile(join(scratch, "b"), "2");
      await transfer.toObjectStore([{ bucket, key: `${prefix}f`, path: scratch, recursive: true }], options);
      const keys: string[] = [];
      for await (const { key } of store.list(bucket, prefix)) keys.push(key);
      expect(keys).toEqual([`${prefix}f/a`, `${prefix}f/b`]);
    });

    withBoth("names a missing file", async ({ transfer, scratch, prefix }) => {
      const path = join(scratch, "gone");
      await expect(transfer.toObjectStore([{ bucket, key: `${prefix}k`, path }], options)).rejects.toMatchObject({
        code: "TRANSFER_FAILED",
      });
    });
  });
}
