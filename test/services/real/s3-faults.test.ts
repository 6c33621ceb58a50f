import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inParallel } from "../../../src/core/in-parallel.ts";
import { Secret } from "../../../src/core/secret.ts";
import type { Fault, FaultProxy, ProxiedRequest } from "../../servers/fault-proxy.ts";
import { faultProxy } from "../../servers/fault-proxy.ts";
import { freePorts } from "../../servers/free-ports.ts";
import { collectGarbage, startGateway } from "../../servers/rgw.ts";
import { describeWithRgw } from "../../servers/with-server.ts";
import { makeBucket, orphansOf, plainClient, quickRetry, type StoreAt, s3StoreAt } from "./s3-store-at.ts";

/** Of the random part; the whole of it is `FIRSTLIGHT_TEST_FAULTS=1000`. */
const rounds = Number(process.env.FIRSTLIGHT_TEST_FAULTS ?? 12);

const bucket = "faults";
/** Long enough for a busy machine, but where a test waits for it. */
const clientConfig = (read_timeout: number) => JSON.stringify({ read_timeout, retries: { max_attempts: 1 } });
const env = {
  S3_CLIENT_CONFIG: clientConfig(20),
  S3_UPLOAD_CONFIG: '{"multipart_chunksize": 5242880}',
  S3_DOWNLOAD_CONFIG: '{"multipart_chunksize": 5242880}',
};
const content = new Uint8Array(randomBytes(12 * 1024 * 1024 + 11));

const isPart = (number: number) => (request: ProxiedRequest) =>
  request.target.includes(`partNumber=${number}&`) ||
  request.target.includes(`partNumber=${number}%`) ||
  request.target.endsWith(`partNumber=${number}`);
const isCreate = ({ method, target }: ProxiedRequest) => method === "POST" && /[?&]uploads/.test(target);
const isComplete = ({ method, target }: ProxiedRequest) => method === "POST" && /[?&]uploadId=/.test(target);
const isGet = ({ method, target }: ProxiedRequest) => method === "GET" && !/[?&](uploads|list-type)/.test(target);
const isDelete = ({ method }: ProxiedRequest) => method === "DELETE";

/** Once, at the first request that it is meant for. */
function once(fault: Fault, isMeant: (request: ProxiedRequest) => boolean) {
  let done = false;
  return (request: ProxiedRequest): Fault | undefined => {
    if (done || !isMeant(request)) return undefined;
    done = true;
    return fault;
  };
}

describeWithRgw("S3 through a proxy that does harm", (url) => {
  const { hostname, port } = new URL(url);
  const openProxy = async (): Promise<FaultProxy> => {
    await makeBucket(url, bucket);
    const proxy = await faultProxy({ host: hostname, port: Number(port) });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    return proxy;
  };
  const storeThrough = (proxy: FaultProxy, options: StoreAt = {}) =>
    s3StoreAt(url, { port: proxy.port, host: "127.0.0.1", env, ...options });
  const storedAt = async (key: string): Promise<Uint8Array | undefined> => {
    const client = await plainClient(url);
    try {
      return await (await client.getObject({ Bucket: bucket, Key: key })).Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof Error && error.name === "NoSuchKey") return undefined;
      throw error;
    } finally {
      client.destroy();
    }
  };
  const folderOfTest = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), "firstlight-faults-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return folder;
  };

  test.for<readonly [title: string, fault: Fault, isMeant: (request: ProxiedRequest) => boolean]>([
    ["a part is cut off", { kind: "cutRequest", afterBytes: 1_000_000 }, isPart(2)],
    ["the answer to a part is lost", { kind: "cutAnswer", afterBytes: 0 }, isPart(2)],
    ["a part is stuck", { kind: "stallRequest", afterBytes: 1_000_000 }, isPart(3)],
    ["the answer to a part is stuck", { kind: "stallAnswer", afterBytes: 20 }, isPart(1)],
    ["a part is changed on its way", { kind: "corruptRequest", atBytes: 4_000_000 }, isPart(1)],
    ["a part is answered by 500", { kind: "answer", status: 500, code: "InternalError" }, isPart(1)],
    ["a part is answered by 503", { kind: "answer", status: 503, code: "SlowDown" }, isPart(3)],
    ["the answer to the beginning is lost", { kind: "cutAnswer", afterBytes: 10 }, isCreate],
    ["the answer to the beginning is changed", { kind: "corruptAnswer", atBytes: 250 }, isCreate],
    ["the answer to the end is lost", { kind: "cutAnswer", afterBytes: 10 }, isComplete],
    ["the end is changed", { kind: "corruptRequest", atBytes: 120 }, isComplete],
    ["what is read back is cut off", { kind: "cutAnswer", afterBytes: 2_000_000 }, isGet],
    ["what is read back is changed", { kind: "corruptAnswer", atBytes: 2_000_000 }, isGet],
  ])("an upload in parts is whole after %s", async ([title, fault, isMeant]) => {
    const proxy = await openProxy();
    const isStuck = fault.kind.startsWith("stall");
    await using store = storeThrough(proxy, { env: { ...env, S3_CLIENT_CONFIG: clientConfig(isStuck ? 3 : 20) } });
    proxy.choose = once(fault, isMeant);
    await store.put(bucket, title, content);
    expect(proxy.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(1);
    expect(Buffer.compare((await storedAt(title)) ?? Buffer.of(), content)).toBe(0);
    expect(await orphansOf(url, bucket)).toEqual([]);
    if (
      isStuck ||
      ![1, 2, 3].some((number) => proxy.requests.some((one) => one.fault !== undefined && isPart(number)(one)))
    )
      return;
    // What has arrived is not sent again.
    const sendings = [1, 2, 3].map((number) => proxy.requests.filter(isPart(number)).length);
    expect(sendings.toSorted()).toEqual([1, 1, 2]);
  });

  test.for<readonly [title: string, fault: Fault]>([
    ["is cut off", { kind: "cutAnswer", afterBytes: 3_000_000 }],
    ["is stuck", { kind: "stallAnswer", afterBytes: 3_000_000 }],
    ["is changed", { kind: "corruptAnswer", atBytes: 3_000_000 }],
    ["gets 500", { kind: "answer", status: 500, code: "InternalError" }],
    ["gets 503", { kind: "answer", status: 503, code: "SlowDown" }],
  ])("a download that %s comes out whole, as does an object that is read", async ([title, fault]) => {
    const proxy = await openProxy();
    await using store = storeThrough(proxy, { env: { ...env, S3_CLIENT_CONFIG: clientConfig(3) } });
    const key = `download that ${title}`;
    await store.put(bucket, key, content);
    const path = join(await folderOfTest(), "file");
    proxy.choose = once(fault, isGet);
    await store.download(bucket, key, path);
    expect(Buffer.compare(await readFile(path), content)).toBe(0);
    proxy.choose = once(fault, isGet);
    await using source = await store.get(bucket, key);
    const into = new Uint8Array(content.length);
    expect(await source.read(0, into)).toBe(content.length);
    expect(Buffer.compare(into, content)).toBe(0);
    expect(proxy.requests.filter(({ fault }) => fault !== undefined)).toHaveLength(2);
  });

  test.for<readonly [title: string, fault: Fault, isMeant: (request: ProxiedRequest) => boolean, expected: object]>([
    [
      "is refused",
      { kind: "answer", status: 403, code: "AccessDenied" },
      () => true,
      { code: "OBJECT_STORE_ACCESS_REFUSED", disposition: "invalid" },
    ],
    [
      "has a part refused",
      { kind: "answer", status: 403, code: "AccessDenied" },
      isPart(2),
      { code: "OBJECT_STORE_ACCESS_REFUSED", disposition: "invalid" },
    ],
    [
      "finds the server busy",
      { kind: "answer", status: 503, code: "SlowDown" },
      isPart(2),
      { code: "OBJECT_STORE_UNREACHABLE", disposition: "retry" },
    ],
    [
      "finds the server broken",
      { kind: "answer", status: 500, code: "InternalError" },
      isComplete,
      { code: "OBJECT_STORE_UNREACHABLE", disposition: "retry" },
    ],
    [
      "is cut off",
      { kind: "cutRequest", afterBytes: 1_000_000 },
      isPart(1),
      { code: "OBJECT_STORE_UNREACHABLE", disposition: "retry" },
    ],
    [
      "is changed whenever it is read back",
      { kind: "corruptAnswer", atBytes: 1_000 },
      isGet,
      { code: "OBJECT_DAMAGED", disposition: "retry" },
    ],
  ])("an upload that %s again and again fails, and leaves nothing", async ([title, fault, isMeant, expected]) => {
    const proxy = await openProxy();
    await using store = storeThrough(proxy, { retry: { ...quickRetry, tries: 2 } });
    proxy.choose = (request) => (isMeant(request) && !isDelete(request) ? fault : undefined);
    const key = `upload that ${title}`;
    await expect(store.put(bucket, key, content)).rejects.toMatchObject(expected);
    expect(await storedAt(key)).toBe(undefined);
    expect(await orphansOf(url, bucket)).toEqual([]);
    if (title === "is refused") expect(proxy.requests).toHaveLength(1);
  });

  test("a download that is changed again and again fails, and leaves no file", async () => {
    const proxy = await openProxy();
    await using store = storeThrough(proxy, { env: { ...env, S3_DOWNLOAD_CONFIG: '{"num_download_attempts": 2}' } });
    await store.put(bucket, "small", Buffer.from("content"));
    const folder = await folderOfTest();
    proxy.choose = (request) => (isGet(request) ? { kind: "corruptAnswer", atBytes: 3 } : undefined);
    await expect(store.download(bucket, "small", join(folder, "file"))).rejects.toMatchObject({
      code: "OBJECT_DAMAGED",
    });
    expect(await readdir(folder)).toEqual([]);
    await using source = await store.get(bucket, "small");
    await expect(source.read(0, new Uint8Array(7))).rejects.toMatchObject({ code: "OBJECT_DAMAGED" });
  });

  test("an upload that is stopped in the middle leaves nothing", async () => {
    const proxy = await openProxy();
    await using store = storeThrough(proxy);
    const stop = new AbortController();
    proxy.choose = (request) => {
      if (isPart(2)(request)) setImmediate(() => stop.abort());
      return undefined;
    };
    await expect(store.put(bucket, "stopped", content, { signal: stop.signal })).rejects.toMatchObject({
      name: "AbortError",
    });
    expect(await storedAt("stopped")).toBe(undefined);
    expect(await orphansOf(url, bucket)).toEqual([]);
  });

  test("a store that is closed in the middle of uploads takes them back first, and keeps what they were to replace", async () => {
    const proxy = await openProxy();
    await using store = storeThrough(proxy);
    await store.put(bucket, "closed 1", Buffer.from("old"));
    const closing = Promise.withResolvers<void>();
    proxy.choose = (request) => {
      if (isPart(2)(request)) closing.resolve();
      return undefined;
    };
    const puts = Promise.allSettled(["closed 1", "closed 2"].map((key) => store.put(bucket, key, content)));
    await closing.promise;
    await store[Symbol.asyncDispose]();
    expect(await orphansOf(url, bucket)).toEqual([]);
    const closed = { status: "rejected", reason: expect.objectContaining({ code: "SERVICE_CLOSED" }) };
    expect(await puts).toEqual([closed, closed]);
    expect(Buffer.from((await storedAt("closed 1")) ?? []).toString()).toBe("old");
    await expect(store.head(bucket, "closed 1")).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
  });

  test("an upload of a run that is stopped is taken back", async () => {
    const proxy = await openProxy();
    const stop = new AbortController();
    await using store = storeThrough(proxy, { retry: { ...quickRetry, signal: stop.signal } });
    proxy.choose = (request) => {
      if (isPart(2)(request)) setImmediate(() => stop.abort());
      return undefined;
    };
    await expect(store.put(bucket, "of a stopped run", content)).rejects.toMatchObject({ name: "AbortError" });
    expect(await storedAt("of a stopped run")).toBe(undefined);
    expect(await orphansOf(url, bucket)).toEqual([]);
  });

  test("what a killed writer left is removed, for the keys that are named only", async () => {
    await makeBucket(url, bucket);
    const client = await plainClient(url);
    for (const key of ["left/a b+c", "left/a b+c", "left/other"]) {
      const { UploadId } = await client.createMultipartUpload({ Bucket: bucket, Key: key });
      await client.uploadPart({ Bucket: bucket, Key: key, UploadId, PartNumber: 1, Body: Buffer.from("part") });
    }
    client.destroy();
    await using store = s3StoreAt(url);
    expect(await store.removeUnfinished?.(bucket, ["left/a b+c", "left/none"])).toBe(2);
    expect(await orphansOf(url, bucket)).toEqual(["left/other"]);
    expect(await store.removeUnfinished?.(bucket, ["left/other"])).toBe(1);
  });

  test("wrong keys, a missing bucket and a server that is not there are told apart, without the secret", async () => {
    const secret = "a-secret-that-is-not-the-right-one";
    await makeBucket(url, bucket);
    const said: string[] = [];
    const tell = (error: unknown) => {
      const { message, stack, fields } = error as Error & { readonly fields?: unknown };
      said.push(message, stack ?? "", JSON.stringify(fields));
      throw error;
    };
    await using wrong = s3StoreAt(url, { secretKey: new Secret(secret) });
    const refused = { code: "OBJECT_STORE_ACCESS_REFUSED", disposition: "invalid" };
    await expect(wrong.put(bucket, "k", Buffer.from("x")).catch(tell)).rejects.toMatchObject(refused);
    await expect(wrong.head(bucket, "k").catch(tell)).rejects.toMatchObject(refused);
    await using right = s3StoreAt(url);
    await expect(right.put("no-such-bucket", "k", Buffer.from("x"))).rejects.toMatchObject({
      code: "OBJECT_BUCKET_MISSING",
      disposition: "invalid",
    });
    await expect(right.put("no-such-bucket", "k", content)).rejects.toMatchObject({ code: "OBJECT_BUCKET_MISSING" });
    await expect(right.head("no-such-bucket", "k")).rejects.toMatchObject({
      code: "OBJECT_BUCKET_MISSING",
      message: expect.stringContaining("object-store-api"),
    });
    await expect(right.get("no-such-bucket", "k")).rejects.toMatchObject({ code: "OBJECT_BUCKET_MISSING" });
    expect(await right.head(bucket, "no such key")).toBe(undefined);
    await using overTls = s3StoreAt(url, { useSsl: true, retry: { ...quickRetry, tries: 1 } });
    await expect(overTls.head(bucket, "k")).rejects.toMatchObject({
      code: "OBJECT_STORE_UNREACHABLE",
      message: expect.stringMatching(/^[^\n]*OBJECT_STORE_USE_SSL is true[^\n]*$/),
    });
    const [nobody = 0] = await freePorts(1);
    await using gone = s3StoreAt(url, {
      port: nobody,
      secretKey: new Secret(secret),
      retry: { ...quickRetry, tries: 2 },
    });
    await expect(gone.put(bucket, "k", Buffer.from("x")).catch(tell)).rejects.toMatchObject({
      code: "OBJECT_STORE_UNREACHABLE",
      disposition: "retry",
    });
    expect(said.join("\n")).not.toContain(secret);
  });

  test("a gateway that is killed and started again in the middle of an upload costs the parts that were on their way", async () => {
    await makeBucket(url, bucket);
    const cluster = new URL(url).searchParams.get("cluster") ?? "";
    const [ownPort = 0] = await freePorts(1);
    let gateway = await startGateway(cluster, ownPort);
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    await using proxy = await faultProxy({ host: "127.0.0.1", port: ownPort });
    await using store = storeThrough(proxy, { retry: { ...quickRetry, maxDelaySeconds: 2, tries: 60 } });
    let restarted: Promise<void> | undefined;
    proxy.choose = (request) => {
      if (!isPart(2)(request)) return undefined;
      restarted ??= (async () => {
        await gateway[Symbol.asyncDispose]();
        gateway = await startGateway(cluster, ownPort);
      })();
      return undefined;
    };
    await store.put(bucket, "through a restart", content);
    await restarted;
    expect(Buffer.compare((await storedAt("through a restart")) ?? Buffer.of(), content)).toBe(0);
    expect(await orphansOf(url, bucket)).toEqual([]);
  });

  test(`of ${rounds} uploads and downloads among faults, what is reported is so, byte for byte`, {
    timeout: 120_000 + rounds * 20_000,
  }, async () => {
    const proxy = await openProxy();
    const folder = await folderOfTest();
    await using store = storeThrough(proxy, {
      retry: { ...quickRetry, tries: 4 },
      env: { ...env, S3_CLIENT_CONFIG: clientConfig(3) },
    });
    const random = randomFrom(20_260_101);
    const faults: readonly ((at: number) => Fault)[] = [
      (afterBytes) => ({ kind: "cutRequest", afterBytes }),
      (afterBytes) => ({ kind: "cutAnswer", afterBytes }),
      (afterBytes) => (random() < 0.3 ? { kind: "stallAnswer", afterBytes } : { kind: "cutAnswer", afterBytes }),
      (atBytes) => ({ kind: "corruptRequest", atBytes }),
      (atBytes) => ({ kind: "corruptAnswer", atBytes }),
      () => ({ kind: "answer", status: 500, code: "InternalError" }),
      () => ({ kind: "answer", status: 503, code: "SlowDown" }),
      () =>
        random() < 0.1
          ? { kind: "answer", status: 403, code: "AccessDenied" }
          : { kind: "answer", status: 503, code: "SlowDown" },
    ];
    proxy.choose = ({ bodyBytes }) => {
      if (random() > 0.15) return undefined;
      return faults[Math.floor(random() * faults.length)]?.(Math.floor(random() * Math.max(1000, bodyBytes)));
    };
    const tally = { stored: 0, fetched: 0, failed: {} as Record<string, number> };
    const fails = (error: unknown): undefined => {
      const { code = String(error), disposition } = error as { readonly code?: string; readonly disposition?: string };
      tally.failed[`${code} ${disposition}`] = (tally.failed[`${code} ${disposition}`] ?? 0) + 1;
      return undefined;
    };
    const cluster = new URL(url).searchParams.get("cluster");
    const client = await plainClient(url);
    onTestFinished(() => client.destroy());
    let begun = 0;
    const tell = () =>
      console.log(
        `faults, ${begun} of ${rounds} rounds begun: ${proxy.requests.filter(({ fault }) => fault !== undefined).length} of ${proxy.requests.length} requests; ${JSON.stringify(tally)}`,
      );
    await inParallel(
      Array.from({ length: rounds }, (_, i) => i),
      4,
      async (round) => {
        begun += 1;
        if (begun % 50 === 0) {
          // A long run that is stopped has said how far it came.
          tell();
          if (cluster !== null) await collectGarbage(cluster);
        }
        const bytes = content.subarray(0, random() < 0.5 ? Math.floor(random() * 100_000) : content.length - round);
        const [key, path] = [`random/${round}`, join(folder, String(round))];
        const stored = await store.put(bucket, key, bytes).catch(fails);
        if (stored === undefined) return;
        tally.stored += 1;
        expect(Buffer.compare((await storedAt(key)) ?? Buffer.of(), bytes), key).toBe(0);
        const fetched = await store.download(bucket, key, path).catch(fails);
        if (fetched === undefined) return;
        tally.fetched += 1;
        expect(
          createHash("sha256")
            .update(await readFile(path))
            .digest("hex"),
        ).toBe(stored.sha256);
        await rm(path);
      },
    );
    proxy.choose = () => undefined;
    tell();
    expect(await readdir(folder)).toEqual([]);
    // An error that cannot be retried comes of a refusal, or of a request that was changed on its way beyond what is signed.
    expect(Object.keys(tally.failed).filter((name) => !/ (retry|invalid|fatal)$/.test(name))).toEqual([]);
    expect(tally.stored).toBeGreaterThan(rounds / 2);
    // The proxy may have kept even the clearing away from the server.
    expect((await orphansOf(url, bucket)).filter((key) => !key.startsWith("random/"))).toEqual([]);
    const keys = Array.from({ length: rounds }, (_, round) => `random/${round}`);
    await store.removeUnfinished?.(bucket, keys);
    expect(await orphansOf(url, bucket)).toEqual([]);
    await store.delete(bucket, keys);
  });
});

/** Numbers from 0 to 1, the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
