import { formatFrames } from "../../services/input-dataset.ts";
import type { MetadataStore, RecipeRunRegistration } from "../../services/metadata-store.ts";
import type { SuiteRunner } from "./suite-runner.ts";
import { withService } from "./with-service.ts";

export interface MetadataStoreFixture {
  /** Every store that it opens sees the same records. */
  readonly open: () => Promise<MetadataStore>;
  /** Puts a recipe run there by whatever way the facility has. */
  readonly register: (run: RecipeRunRegistration) => Promise<void>;
}

/** What every metadata store does. */
export function metadataStoreConformance(
  { describe, test, expect }: SuiteRunner,
  { open, register }: MetadataStoreFixture,
): void {
  const document = formatFrames([{ bucket: "raw", objectKeys: ["a.fits", "b.fits"] }]);
  let lastId = Math.floor(Math.random() * 1e9);
  const withRun = (name: string, body: (store: MetadataStore, recipeRunId: number) => Promise<void>): unknown =>
    test(name, async () => {
      lastId += 1;
      await register({
        recipeRunId: lastId,
        parts: [{ type: "observe_frames", document }],
        configuration: { teardown_enabled: false, future: [1] },
      });
      await withService(await open(), (store) => body(store, lastId));
    });
  const provenance = (recipeRunId: number, taskName: string) => ({
    recipeRunId,
    inputDatasetId: 1,
    isTaskManual: taskName === "Manual",
    taskName,
    libraryVersions: { firstlight: "0.1.0", zod: "4.6.7" },
    workflowVersion: "1.0.0",
  });

  describe("recipe runs", () => {
    withRun("has the configuration and the input dataset as they were registered", async (store, recipeRunId) => {
      const run = await store.recipeRun(recipeRunId);
      const dataset = await store.inputDataset(recipeRunId);
      expect(run.recipeRunId).toBe(recipeRunId);
      expect(run.configuration).toEqual({ teardown_enabled: false, future: [1] });
      expect(run.provenances).toEqual([]);
      expect(dataset.inputDatasetId).toBe(run.inputDatasetId);
      expect(dataset.isActive).toBe(true);
      expect(dataset.parts.map((part) => [part.type, part.document])).toEqual([["observe_frames", document]]);
    });

    withRun("does not take a text for the number of a run, as JavaScript may give it", async (store, recipeRunId) => {
      const text = `${recipeRunId}` as unknown as number;
      const unknown = { code: "RECIPE_RUN_NOT_FOUND" };
      await expect(store.recipeRun(text)).rejects.toMatchObject(unknown);
      await expect(store.inputDataset(text)).rejects.toMatchObject(unknown);
      await expect(store.setStatus(text, "INPROGRESS")).rejects.toMatchObject(unknown);
    });

    test("names a recipe run that nobody has registered", async () =>
      withService(await open(), async (store) => {
        const unknown = { code: "RECIPE_RUN_NOT_FOUND", fields: { recipeRunId: 2 ** 40 } };
        await expect(store.recipeRun(2 ** 40)).rejects.toMatchObject(unknown);
        await expect(store.inputDataset(2 ** 40)).rejects.toMatchObject(unknown);
        await expect(store.setStatus(2 ** 40, "INPROGRESS")).rejects.toMatchObject(unknown);
        await expect(store.recordProvenance(provenance(2 ** 40, "A"))).rejects.toMatchObject(unknown);
      }));

    withRun("sets every status, whether it was ever used before or not", async (store, recipeRunId) => {
      for (const status of ["INPROGRESS", "TRIALSUCCESS", "INPROGRESS", "COMPLETEDSUCCESSFULLY"] as const) {
        await store.setStatus(recipeRunId, status);
        if (store.record !== undefined) expect((await store.record(recipeRunId)).status).toBe(status);
      }
    });

    withRun("refuses a status that is none, and leaves the run as it was", async (store, recipeRunId) => {
      await store.setStatus(recipeRunId, "INPROGRESS");
      for (const status of [undefined, null, "", "DONE", "toString", 1]) {
        await expect(store.setStatus(recipeRunId, status as unknown as "INPROGRESS")).rejects.toMatchObject({
          code: "METADATA_ARGUMENT_INVALID",
          disposition: "invalid",
        });
      }
      if (store.record !== undefined) expect((await store.record(recipeRunId)).status).toBe("INPROGRESS");
    });

    withRun("records provenance of each task, in order", async (store, recipeRunId) => {
      await store.recordProvenance(provenance(recipeRunId, "Parse"));
      await store.recordProvenance({ ...provenance(recipeRunId, "Manual"), codeVersion: "abc" });
      const run = await store.recipeRun(recipeRunId);
      expect(run.provenances.map(({ isTaskManual }) => isTaskManual)).toEqual([false, true]);
      expect(new Set(run.provenances.map(({ recipeRunProvenanceId }) => recipeRunProvenanceId)).size).toBe(2);
      if (store.record !== undefined) {
        expect((await store.record(recipeRunId)).provenances).toEqual([
          provenance(recipeRunId, "Parse"),
          { ...provenance(recipeRunId, "Manual"), codeVersion: "abc" },
        ]);
      }
    });

    withRun("shows to one client what another has written", async (store, recipeRunId) => {
      await withService(await open(), (other) => other.recordProvenance(provenance(recipeRunId, "Parse")));
      expect((await store.recipeRun(recipeRunId)).provenances.length).toBe(1);
    });

    withRun("answers nothing more once it is closed, not even what it was asked before", async (store, recipeRunId) => {
      await store.recipeRun(recipeRunId);
      await store[Symbol.asyncDispose]();
      await expect(store.recipeRun(recipeRunId)).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    });

    withRun("expects as many objects of a dataset as was said last", async (store, recipeRunId) => {
      const datasetId = `DATASET-${recipeRunId}`;
      await store.createReceiptAccount(datasetId, 3);
      await store.createReceiptAccount(datasetId, 5);
      if (store.expectedObjectCount !== undefined) {
        expect(await store.expectedObjectCount(datasetId)).toBe(5);
        expect(await store.expectedObjectCount(`${datasetId}-other`)).toBe(undefined);
      }
    });

    withRun("refuses to expect a number of objects that is none", async (store, recipeRunId) => {
      const datasetId = `REFUSED-${recipeRunId}`;
      for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31]) {
        await expect(store.createReceiptAccount(datasetId, count)).rejects.toMatchObject({
          code: "METADATA_ARGUMENT_INVALID",
          disposition: "invalid",
        });
      }
      await store.createReceiptAccount(datasetId, 0);
    });
  });
}
