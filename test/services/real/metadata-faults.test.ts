import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sqliteMetadataStore } from "../../../src/services/drivers/sqlite-metadata-store.ts";
import type { MetadataStore, OwnMetadataStore } from "../../../src/services/metadata-store.ts";
import { metadataStoreConformance } from "../../../src/testing/conformance/metadata-store-conformance.ts";
import { faultyProxy } from "../faulty-proxy.ts";
import { graphqlStoreAt, quickRetry } from "../graphql-store-at.ts";
import { type MortalMetadataServer, mortalMetadataServer } from "../mortal-metadata-server.ts";
import { temporaryFolder } from "../temporary-folder.ts";

// Enough for a server that is restarted on a machine with other work to do.
const patient = { ...quickRetry, delaySeconds: 0.05, tries: 2000 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let records: OwnMetadataStore;
let server: MortalMetadataServer;
beforeAll(async () => {
  folder = await temporaryFolder();
  const path = join(folder.path, "metadata.sqlite");
  records = sqliteMetadataStore({ path });
  server = await mortalMetadataServer(path);
  await server.answering();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await records?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const open = () => graphqlStoreAt(server.url, { retry: patient });

const provenance = (recipeRunId: number, taskName: string) => ({
  recipeRunId,
  inputDatasetId: 1,
  isTaskManual: false,
  taskName,
  libraryVersions: { firstlight: "0.1.0" },
  workflowVersion: "1.0",
});

describe("a server that is killed between calls", () => {
  let calls = 0;
  /** Every third call finds the server dead, and the connection with it. */
  async function openMortal(): Promise<MetadataStore> {
    const store = open();
    const mortally =
      <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        calls += 1;
        if (calls % 3 === 0) await server.killed();
        return work(...args);
      };
    return {
      ...store,
      recipeRun: mortally(store.recipeRun),
      inputDataset: mortally(store.inputDataset),
      setStatus: mortally(store.setStatus),
      recordProvenance: mortally(store.recordProvenance),
      createReceiptAccount: mortally(store.createReceiptAccount),
    };
  }
  metadataStoreConformance({ describe, test, expect }, { open: openMortal, register: (run) => records.register(run) });

  test("was killed indeed", () => {
    expect(server.deaths()).toBeGreaterThan(3);
  });
});

test("of what was recorded while the server was killed three times, none is lost", async () => {
  const [writers, each] = [8, 15];
  await records.register({ recipeRunId: 1, parts: [] });
  const names: string[] = [];
  let done = false;
  const before = server.deaths();
  const write = async (writer: number): Promise<void> => {
    await using store = open();
    for (let i = 0; i < each; i += 1) {
      const name = `${writer}-${i}`;
      await store.recordProvenance(provenance(1, name));
      await store.setStatus(1, i % 2 === 0 ? "TRIALSUCCESS" : "INPROGRESS");
      names.push(name);
    }
  };
  const kill = async (): Promise<void> => {
    for (const share of [0.2, 0.45, 0.7]) {
      while (names.length < share * writers * each && !done) await sleep(5);
      await server.killed();
    }
  };
  await Promise.all([
    Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))).finally(() => {
      done = true;
    }),
    kill(),
  ]);
  const { provenances, status } = await records.record(1);
  const found = provenances.map(({ taskName }) => taskName);
  expect(server.deaths() - before).toBe(3);
  expect(names.length).toBe(writers * each);
  expect(new Set(found)).toEqual(new Set(names));
  expect(status).toBe("TRIALSUCCESS");
  // A record whose answer was lost stands there twice: of each writer's, at most one per death.
  expect(found.length - names.length).toBeLessThanOrEqual(3 * writers);
});

describe("a network that fails", () => {
  test("in every way, one after the other: every call is answered in the end", async () => {
    await using proxy = await faultyProxy(new URL(server.url));
    await using store = graphqlStoreAt(proxy.url, { retry: patient, requestTimeoutMs: 2000 });
    await records.register({ recipeRunId: 2, parts: [] });
    const faults = ["404", "502", "503", "refuse", "cut request", "cut answer", "stall"] as const;
    for (const fault of faults) {
      for (const burst of [1, 4]) {
        proxy.fail(fault, fault === "stall" ? 1 : burst);
        await store.recordProvenance(provenance(2, `${fault} ${burst}`));
        expect((await store.recipeRun(2)).recipeRunId).toBe(2);
        await store.setStatus(2, "INPROGRESS");
      }
    }
    expect(proxy.met()).toBe(6 * (1 + 4) + 2);
    const found = (await records.record(2)).provenances.map(({ taskName }) => taskName);
    expect([...new Set(found)]).toEqual(faults.flatMap((fault) => [1, 4].map((burst) => `${fault} ${burst}`)));
    // Only where the answer was lost, or late, may the server have done more than was seen.
    const twice = found.filter((name, i) => found.indexOf(name) !== i);
    expect(twice.filter((name) => !/^(cut answer|stall)/.test(name))).toEqual([]);
  });

  test("for longer than the tries: the call fails, and works once the network does", async () => {
    await using proxy = await faultyProxy(new URL(server.url));
    await using store = graphqlStoreAt(proxy.url, { retry: quickRetry });
    await records.register({ recipeRunId: 3, parts: [] });
    proxy.fail("cut answer", 3);
    await expect(store.recipeRun(3)).rejects.toMatchObject({ code: "METADATA_STORE_UNREACHABLE" });
    expect((await store.recipeRun(3)).recipeRunId).toBe(3);
  });

  test("by being slow: an answer in small pieces is an answer", async () => {
    await using proxy = await faultyProxy(new URL(server.url));
    const document = `[{"bucket": "raw", "object_keys": ["${"x".repeat(20_000)}"]}]`;
    await records.register({ recipeRunId: 4, parts: [{ type: "observe_frames", document }] });
    await using store = graphqlStoreAt(proxy.url, { retry: patient });
    proxy.fail("trickle", 1);
    expect((await store.inputDataset(4)).parts[0]?.document).toBe(document);
    expect(proxy.met()).toBe(1);
  });
});
