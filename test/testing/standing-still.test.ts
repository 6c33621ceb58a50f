import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import type { Bus } from "../../src/services/bus.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { ObjectStore } from "../../src/services/object-store.ts";
import { busConformance } from "../../src/testing/conformance/bus-conformance.ts";
import { metadataStoreConformance } from "../../src/testing/conformance/metadata-store-conformance.ts";
import { objectStoreConformance } from "../../src/testing/conformance/object-store-conformance.ts";
import type { SuiteRunner } from "../../src/testing/conformance/suite-runner.ts";
import { transferConformance } from "../../src/testing/conformance/transfer-conformance.ts";
import type * as patience from "../../src/testing/conformance/within.ts";
import { outcomeOf } from "./outcome-of.ts";

// The suites are patient, as servers may be slow. These drivers stand still for good.
vi.mock("../../src/testing/conformance/within.ts", async (original) => {
  const { within } = await original<typeof patience>();
  return {
    within: (seconds: number, contract: string, work: Promise<unknown>) => within(seconds / 5, contract, work),
  };
});

const folder = await mkdtemp(join(tmpdir(), "firstlight-still-"));
afterAll(() => rm(folder, { recursive: true }));
const [root, busPath, recordsPath] = ["objects", "bus", "records"].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

describe("a driver that stands still fails by name", () => {
  const never = (): Promise<never> => new Promise(() => {});
  const objects = (change: (store: ObjectStore) => Partial<ObjectStore>) => (runner: SuiteRunner) =>
    objectStoreConformance(
      runner,
      async () => {
        const store = fsObjectStore({ root });
        return { ...store, ...change(store) };
      },
      "data",
    );
  const bus = (change: (bus: Bus) => Partial<Bus>) => (runner: SuiteRunner) =>
    busConformance(runner, async () => {
      const made = sqliteBus({ path: busPath });
      return { ...made, ...change(made) };
    });
  const stays = { [Symbol.asyncDispose]: async () => {} };

  test.concurrent.each<readonly [fault: string, suite: (runner: SuiteRunner) => void, only: RegExp, said: RegExp]>([
    [
      "and lets a put wait on when it is closed",
      objects(() => stays),
      /^stops a put when it is closed/,
      /A store that is closed ends the put that is under way, with SERVICE_CLOSED/,
    ],
    [
      "and never has closed a store",
      objects(() => ({ [Symbol.asyncDispose]: never })),
      /^lists nothing where/,
      /A service that is closed ends what it waits for/,
    ],
    [
      "and does not heed the signal of a put",
      objects((store) => ({ put: (bucket, key, source) => store.put(bucket, key, source) })),
      /^stops at the signal where a stream does not go on/,
      /A call ends with its signal/,
    ],
    [
      "and lets a publish wait on when it is closed",
      bus(() => stays),
      /^closes while a source gives it nothing/,
      /A bus that is closed ends a publish whose source gives nothing, with SERVICE_CLOSED/,
    ],
    [
      "and does not heed the signal of a publish",
      bus((made) => ({ publish: (messages) => made.publish(messages) })),
      /^stops at the signal where the messages do not come/,
      /Publishing ends with its signal/,
    ],
    [
      "and does not heed the signal of a consumer",
      bus((made) => ({ consume: (queue) => made.consume(queue) })),
      /^ends when the signal fires/,
      /Consuming ends with its signal/,
    ],
    [
      "and delivers nothing",
      bus((made) => ({ publish: async () => {}, consume: (queue) => made.consume(queue) })),
      /^takes messages from an async iterable/,
      /A message that was published is delivered/,
    ],
    [
      "and never has closed a metadata store",
      (runner) =>
        metadataStoreConformance(runner, {
          register: never,
          open: async () => ({ ...sqliteMetadataStore({ path: recordsPath }), [Symbol.asyncDispose]: never }),
        }),
      /^names a recipe run that nobody/,
      /A service that is closed ends what it waits for/,
    ],
    [
      "and does not heed the signal of a transfer",
      (runner) =>
        transferConformance(
          runner,
          {
            openTransfer: async () => ({ ...fsTransfer({ root }), toScratch: never }),
            openStore: async () => fsObjectStore({ root }),
          },
          "data",
        ),
      /^stops at the signal/,
      /A transfer ends with its signal/,
    ],
  ])("%s", { timeout: 120_000 }, async (_, suite, only, said) => {
    const { passed, failed } = await outcomeOf(suite, only);
    expect(passed).toEqual([]);
    expect(failed).toEqual([expect.stringMatching(said)]);
  });
});
