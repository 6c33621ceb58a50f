import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { createLogger } from "../../../src/core/log.ts";
import { objectStoreTransfer } from "../../../src/services/drivers/object-store-transfer.ts";
import type { ObjectStore } from "../../../src/services/object-store.ts";
import { objectStoreConformance } from "../../../src/testing/conformance/object-store-conformance.ts";
import { transferConformance } from "../../../src/testing/conformance/transfer-conformance.ts";
import { describeWithRgw } from "../../servers/with-server.ts";
import { makeBucket, plainClient, s3StoreAt } from "./s3-store-at.ts";

/** Every request that a store makes, of a bucket. */
const verbs: Readonly<Record<string, (store: ObjectStore, bucket: string) => Promise<unknown>>> = {
  put: (store, bucket) => store.put(bucket, "k", Buffer.from("x")),
  "put in parts": (store, bucket) => store.put(bucket, "k", new Uint8Array(6 * 1024 * 1024)),
  "put a stream": (store, bucket) => store.put(bucket, "k", Readable.from([Buffer.from("x")])),
  get: (store, bucket) => store.get(bucket, "k"),
  download: (store, bucket) => store.download(bucket, "k", join(tmpdir(), randomUUID())),
  head: (store, bucket) => store.head(bucket, "k"),
  list: (store, bucket) => Array.fromAsync(store.list(bucket)),
  "delete one": (store, bucket) => store.delete(bucket, ["k"]),
  "delete one that XML cannot spell": (store, bucket) => store.delete(bucket, ["a\tb"]),
  "delete many": (store, bucket) => store.delete(bucket, ["k", "l", "a\tb"]),
  "remove folder objects": (store, bucket) => store.removeFolderObjects(bucket, ""),
  "remove what is unfinished": async (store, bucket) => store.removeUnfinished?.(bucket, ["k"]),
};

describeWithRgw("s3 object store", (url) => {
  const bucket = "conformance";
  const withBucket = async () => {
    await makeBucket(url, bucket);
    return s3StoreAt(url, { env: { S3_UPLOAD_CONFIG: '{"multipart_chunksize": 5242880}' } });
  };

  describe("a bucket that is not there is OBJECT_BUCKET_MISSING, at once, to", () => {
    const env = { S3_UPLOAD_CONFIG: '{"multipart_threshold": 5242880, "multipart_chunksize": 5242880}' };
    const missing = (bucket: string) => ({
      code: "OBJECT_BUCKET_MISSING",
      disposition: "invalid",
      message: expect.stringMatching(new RegExp(`has no bucket ${bucket}\\..*object-store-api`)),
      fields: { bucket },
    });
    const lines: string[] = [];
    const log = createLogger({ level: "WARNING", pretty: false, write: (line) => lines.push(line) });

    test.each(Object.entries(verbs))("%s", async (_, ask) => {
      const absent = `absent-${randomUUID()}`;
      lines.length = 0;
      await using store = s3StoreAt(url, { env, log });
      await expect(ask(store, absent)).rejects.toMatchObject(missing(absent));
      expect(lines).toEqual([]);
    });

    test("a range of an object whose bucket has gone", async () => {
      const gone = `gone-${randomUUID()}`;
      await makeBucket(url, gone);
      await using store = s3StoreAt(url, { env });
      await store.put(gone, "k", Buffer.from("0123456789"));
      await using source = await store.get(gone, "k");
      await store.delete(gone, ["k"]);
      const client = await plainClient(url);
      await client.deleteBucket({ Bucket: gone });
      client.destroy();
      await expect(source.read(3, new Uint8Array(4))).rejects.toMatchObject(missing(gone));
      for (const ask of Object.values(verbs)) await expect(ask(store, gone)).rejects.toMatchObject(missing(gone));
    });

    test("who uses an address that was given for it; to give one asks nobody", async () => {
      await using store = s3StoreAt(url);
      const address = (await store.presign?.(`absent-${randomUUID()}`, "k")) ?? "";
      const answer = await fetch(address);
      expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining("NoSuchBucket")]);
    });
  });

  describe("conformance", () => {
    objectStoreConformance({ describe, test, expect }, withBucket, bucket, async (key) => {
      const client = await plainClient(url);
      await client.putObject({ Bucket: bucket, Key: key, Body: new Uint8Array(0) });
      client.destroy();
    });
  });

  describe("transfer over it", () => {
    transferConformance(
      { describe, test, expect },
      {
        openTransfer: async () => objectStoreTransfer({ store: await withBucket(), parallel: 2 }),
        openStore: withBucket,
      },
      bucket,
    );
  });
});
