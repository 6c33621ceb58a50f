import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import type { Bus } from "../../src/services/bus.ts";
import { fsObjectStore } from "../../src/services/drivers/fs/fs-object-store.ts";
import { fsTransfer } from "../../src/services/drivers/fs/fs-transfer.ts";
import { globusTransfer } from "../../src/services/drivers/globus/globus-transfer.ts";
import { objectStoreTransfer } from "../../src/services/drivers/object-store-transfer.ts";
import { sqliteBus } from "../../src/services/drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import type { OwnMetadataStore } from "../../src/services/metadata-store.ts";
import type { Transfer } from "../../src/services/transfer.ts";
import { landingTransfer } from "../../src/tasks/landing-transfer.ts";
import { rejected } from "../fixtures/thrown.ts";
import { amqpBusAt } from "./amqp-bus-at.ts";
import { graphqlStoreAt } from "./graphql-store-at.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Code without types may give anything. */
const none = undefined as never;
const nobody = "127.0.0.1:9";
const client = { clientId: "id", clientSecret: new Secret("hush") };

const globus = (): Transfer =>
  globusTransfer({ objectStoreEndpoint: "a", scratchEndpoint: "b", inbound: [client], outbound: [client] });

describe.each<readonly [name: string, open: (root: string) => Transfer]>([
  ["fs", (root) => fsTransfer({ root })],
  ["object-store", (root) => objectStoreTransfer({ store: fsObjectStore({ root }) })],
  ["globus", globus],
  ["fs for a task", (root) => landingTransfer(fsTransfer({ root }), { folder: root, land: async () => {} })],
])("a transfer of the driver %s refuses by name", (_, open) => {
  const how = { label: "x", recipeRunId: 1 };
  test.each<readonly [what: string, options: unknown]>([
    ...[undefined, null, "text", 5, [], {}].map((options) => ["of VERB", options] as const),
    ["label of VERB", { recipeRunId: 1 }],
    ["label of VERB", { ...how, label: 5 }],
    ["recipeRunId of VERB", { label: "x" }],
    ["recipeRunId of VERB", { ...how, recipeRunId: "1" }],
    ["recipeRunId of VERB", { ...how, recipeRunId: Number.NaN }],
    ["signal", { ...how, signal: 5 }],
    ["onProgress of VERB", { ...how, onProgress: "x" }],
    ["onFile of VERB", { ...how, onFile: {} }],
    ["landing of VERB", { ...how, landing: "x" }],
    ["landing.folder of VERB", { ...how, landing: {} }],
    ["landing.land of VERB", { ...how, landing: { folder: "/x" } }],
  ])("%s (%#)", async (what, options) => {
    await using folder = await temporaryFolder();
    await using transfer = open(folder.path);
    for (const verb of ["toScratch", "toObjectStore"] as const) {
      const error = await rejected(transfer[verb]([], options as never));
      expect(error).toMatchObject({ code: "SETTINGS_INVALID", disposition: "invalid" });
      expect(error.message).toContain(what.replace("VERB", verb));
    }
  });
});

const record = {
  recipeRunId: 1,
  inputDatasetId: 1,
  isTaskManual: false,
  taskName: "T",
  libraryVersions: {},
  workflowVersion: "1",
};
const circle: Record<string, unknown> = {};
circle.circle = circle;
const documented = { type: "observe_frames", document: "[]" };
const provenances = [
  ["A record of provenance", undefined],
  ["A record of provenance", "text"],
  ...[{}, circle, "1", 1.5, undefined, null].map((inputDatasetId) => ["inputDatasetId", { inputDatasetId }] as const),
  ["isTaskManual", { isTaskManual: 1 }],
  ["taskName", { taskName: undefined }],
  ["taskName", { taskName: {} }],
  ["workflowVersion", { workflowVersion: 5 }],
  ["codeVersion", { codeVersion: {} }],
  ["libraryVersions", { libraryVersions: undefined }],
  ["libraryVersions", { libraryVersions: ["x"] }],
] as const;
const recordOf = (change: unknown): never => (typeof change === "object" ? { ...record, ...change } : change) as never;
const registration = (change: object) => (store: OwnMetadataStore) =>
  store.register({ recipeRunId: 1, parts: [], ...change });

test.each<readonly [what: string, work: (store: OwnMetadataStore) => Promise<unknown>]>([
  ...provenances.map(
    ([what, change]) => [what, (store: OwnMetadataStore) => store.recordProvenance(recordOf(change))] as const,
  ),
  ["A registration", (store) => store.register(none)],
  ["A registration", registration({ parts: undefined })],
  ["A registration", registration({ parts: {} })],
  ...["1", 1.5, undefined, {}, circle].map((id) => ["recipeRunId", registration({ recipeRunId: id })] as const),
  ...[undefined, null, 5, "text"].map((part) => ["A part", registration({ parts: [part] })] as const),
  ...[undefined, 5, {}, "other"].map(
    (type) => ["The type of a part", registration({ parts: [{ ...documented, type }] })] as const,
  ),
  ...[undefined, null, 5, {}, []].map(
    (document) => ["document of the part", registration({ parts: [{ ...documented, document }] })] as const,
  ),
  ...["text", 5, []].map((configuration) => ["configuration", registration({ configuration })] as const),
  ["A status", (store) => store.statuses.create(none)],
  ["name of a status", (store) => store.statuses.create({ isComplete: true, description: "" } as never)],
  ["description of a status", (store) => store.statuses.create({ name: "x", isComplete: true } as never)],
  ["datasetId", (store) => store.expectedObjectCount({} as never)],
])("a metadata store of one's own refuses %s that is none by name (%#)", async (what, work) => {
  await using folder = await temporaryFolder();
  await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  await store.register({ recipeRunId: 1, parts: [] });
  const error = await rejected(work(store));
  expect(error).toMatchObject({ code: "METADATA_ARGUMENT_INVALID", disposition: "invalid" });
  expect(error.message).toContain(what);
  expect((await store.record(1)).provenances).toEqual([]);
  expect(await store.runs()).toEqual([1]);
});

test("a run whose id is no text either is not known", async () => {
  await using folder = await temporaryFolder();
  await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  for (const id of [Symbol("x"), Object.create(null)])
    expect(await rejected(store.recipeRun(id as never))).toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
});

test("no run is given a status whose id is none", async () => {
  await using folder = await temporaryFolder();
  await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
  await store.register({ recipeRunId: 1, parts: [] });
  for (const id of [{}, undefined, "1"])
    expect(await rejected(store.statuses.assign(1, id as never))).toMatchObject({ code: "RECIPE_RUN_STATUS_UNKNOWN" });
});

test.each(provenances)("nor does a server see a record whose %s is none (%#)", async (what, change) => {
  await using store = graphqlStoreAt(`http://${nobody}/`);
  const error = await rejected(store.recordProvenance(recordOf(change)));
  expect(error).toMatchObject({ code: "METADATA_ARGUMENT_INVALID" });
  expect(error.message).toContain(what);
});

describe.each<readonly [name: string, open: (root: string) => Bus]>([
  ["sqlite", (root) => sqliteBus({ path: join(root, "bus.sqlite") })],
  ["amqp", () => amqpBusAt(`amqp://u:p@${nobody}`, { exchange: "x" })],
])("a bus of the driver %s refuses by name", (_, open) => {
  test.each<readonly [what: string, work: (bus: Bus) => Promise<unknown>]>([
    ...[null, "text", 5, []].map(
      (how) => ["options of consume", async (bus: Bus) => bus.consume("q", how as never)] as const,
    ),
    ...[null, "text", {}].flatMap((given) => {
      const signal = given as never;
      return [
        ["signal", async (bus: Bus) => bus.consume("q", { signal })],
        ["signal", (bus: Bus) => bus.declare([], signal)],
        ["signal", (bus: Bus) => bus.publish([], signal)],
      ] as const;
    }),
  ])("%s that is none (%#)", async (what, work) => {
    await using folder = await temporaryFolder();
    await using bus = open(folder.path);
    const error = await rejected(work(bus));
    expect(error).toMatchObject({ code: "SETTINGS_INVALID", disposition: "invalid" });
    expect(error.message).toContain(what);
  });
});
