import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { sqliteMetadataStore } from "../../src/services/drivers/sqlite-metadata-store.ts";
import { ScienceTaskL0ToL1Base } from "../../src/tasks/science-task.ts";
import { serveMetadata } from "../../src/testing/serve-metadata.ts";
import { tmpRun } from "../../src/testing/tmp-run.ts";
import { graphqlStoreAt } from "../services/graphql-store-at.ts";
import { temporaryFolder } from "../services/temporary-folder.ts";
import { describeWith, numpy } from "./fits-oracle.ts";
import { runPython } from "./python/python-oracle.ts";

const token = "oracle-token";
const words = 'Grüße ☉ \u{1f31e} "\\/ \n\t\u0001';
const python = { ...numpy, name: "Python", probe: ["-c", "import http.server"], debianPackage: "python3" };

/** The shapes of the Python stack's models. */
const shapes = {
  status: { recipeRunStatusId: null },
  run: {
    recipeInstance: { recipeId: null, inputDatasetId: null },
    recipeInstanceId: null,
    recipeRunProvenances: [{ recipeRunProvenanceId: null, isTaskManual: null }],
    configuration: null,
  },
  dataset: {
    recipeInstance: {
      inputDataset: {
        inputDatasetId: null,
        isActive: null,
        inputDatasetInputDatasetParts: [
          {
            inputDatasetPart: {
              inputDatasetPartId: null,
              inputDatasetPartDocument: null,
              inputDatasetPartType: { inputDatasetPartTypeName: null },
            },
          },
        ],
      },
    },
  },
};

interface Answer {
  readonly status: number;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly errors?: readonly { readonly message: string }[];
}

/** A task whose work is known, and recorded. */
class MakeDark extends ScienceTaskL0ToL1Base<"metadataStore"> {
  static override readonly uses = ["metadataStore"] as const;
  override async run() {
    await this.metadataStore.setStatus(this.recipeRunId, "INPROGRESS");
    await this.metadataStore.createReceiptAccount("AAAAAA", 12);
  }
}

describeWith(python, () => {
  test("Python's queries are answered by our server, and find what our tasks recorded", async () => {
    await using folder = await temporaryFolder();
    await using store = sqliteMetadataStore({ path: join(folder.path, "metadata.sqlite") });
    await using server = await serveMetadata({ store, authToken: token });
    const document = '[{"bucket": "raw", "object_keys": ["Größe_☉.fits"]}]';
    const configuration = { tile_size: 64, note: words };
    await store.register({ recipeRunId: 1, parts: [{ type: "observe_frames", document }], configuration });
    const ask = async (...calls: readonly object[]) =>
      (await runPython("metadata.py", ["ask", server.url, token], calls)) as readonly Answer[];
    const runs = { base: "recipeRuns", kind: "query", params: { recipeRunId: 1 } };
    const statusNamed = (recipeRunStatusName: string) => ({
      base: "recipeRunStatuses",
      kind: "query",
      params: { recipeRunStatusName },
      response: [shapes.status],
    });
    const mutation = (base: string, params: object, response: object) => ({ base, kind: "mutation", params, response });

    await using metadataStore = graphqlStoreAt(server.url, { authToken: new Secret(token) });
    await using run = await tmpRun({ services: { metadataStore } });
    await run.run(MakeDark, { workflowVersion: "3.1" });
    const [bare, dataset, inProgress, complete] = await ask(
      { ...runs, response: [shapes.run] },
      { ...runs, response: [shapes.dataset] },
      statusNamed("INPROGRESS"),
      statusNamed("COMPLETEDSUCCESSFULLY"),
    );
    const inputDatasetId = (await store.recipeRun(1)).inputDatasetId;
    const row = (bare!.data!.recipeRuns as readonly Record<string, unknown>[])[0]!;
    expect(row).toEqual({
      recipeInstance: { recipeId: 1, inputDatasetId },
      recipeInstanceId: 1,
      recipeRunProvenances: [{ recipeRunProvenanceId: 1, isTaskManual: false }],
      configuration: expect.any(String),
    });
    expect(JSON.parse(String(row.configuration))).toEqual(configuration);
    expect(dataset?.data).toMatchObject({
      recipeRuns: [
        {
          recipeInstance: {
            inputDataset: {
              inputDatasetId,
              isActive: true,
              inputDatasetInputDatasetParts: [
                {
                  inputDatasetPart: {
                    inputDatasetPartDocument: document,
                    inputDatasetPartType: { inputDatasetPartTypeName: "observe_frames" },
                  },
                },
              ],
            },
          },
        },
      ],
    });
    expect(inProgress?.data?.recipeRunStatuses).toHaveLength(1);
    expect(complete?.data?.recipeRunStatuses).toEqual([]);

    const creation = {
      recipeRunStatusName: "COMPLETEDSUCCESSFULLY",
      isComplete: true,
      recipeRunStatusDescription: words,
    };
    const [created] = await ask(mutation("createRecipeRunStatus", creation, shapes.status));
    const { recipeRunStatusId } = created!.data!.createRecipeRunStatus as { recipeRunStatusId: number };
    const provenance = {
      inputDatasetId,
      isTaskManual: true,
      recipeRunId: 1,
      taskName: words,
      libraryVersions: JSON.stringify({ numpy: "2.0" }),
      workflowVersion: "1.0",
      codeVersion: null,
    };
    const answers = await ask(
      mutation("updateRecipeRun", { recipeRunId: 1, recipeRunStatusId }, { recipeRunId: null }),
      mutation("createRecipeRunProvenance", provenance, { recipeRunProvenanceId: null, isTaskManual: null }),
      mutation(
        "createDatasetCatalogReceiptAccount",
        { datasetId: "AAAAAA", expectedObjectCount: 7 },
        { datasetCatalogReceiptAccountId: null },
      ),
    );
    expect(answers).toMatchObject([
      { status: 200, data: { updateRecipeRun: { recipeRunId: 1 } } },
      { data: { createRecipeRunProvenance: { recipeRunProvenanceId: 2, isTaskManual: true } } },
      { data: { createDatasetCatalogReceiptAccount: { datasetCatalogReceiptAccountId: expect.any(Number) } } },
    ]);
    const { status, provenances } = await store.record(1);
    expect(status).toBe("COMPLETEDSUCCESSFULLY");
    expect(provenances).toMatchObject([
      { taskName: "MakeDark", workflowVersion: "3.1" },
      { taskName: words, libraryVersions: { numpy: "2.0" }, isTaskManual: true },
    ]);
    expect(provenances[1]).not.toHaveProperty("codeVersion");
    expect(await store.expectedObjectCount("AAAAAA")).toBe(7);

    const [unknown] = await ask({ ...runs, params: { recipeRunId: 2 }, response: [shapes.run] });
    expect(unknown?.data).toEqual({ recipeRuns: [] });
    const refused = await runPython(
      "metadata.py",
      ["ask", server.url, "another"],
      [{ ...runs, response: [shapes.run] }],
    );
    expect(refused).toMatchObject([{ status: 401 }]);
  });

  describe("a server of Python's", () => {
    let url: string;
    let end: () => Promise<void>;
    beforeAll(async () => {
      const program = fileURLToPath(new URL("python/metadata.py", import.meta.url));
      const child = spawn(python.command, [program, "serve", token], { stdio: ["ignore", "pipe", "inherit"] });
      end = async () => {
        const exited = once(child, "exit");
        child.kill();
        await exited;
      };
      const [port] = await once(child.stdout, "data");
      url = `http://127.0.0.1:${Number(port)}/graphql`;
    });
    afterAll(() => end());

    test("understands every operation of ours, and we its answers", async () => {
      await using store = graphqlStoreAt(url, { authToken: new Secret(token) });
      const before = await store.recipeRun(1);
      expect(before).toEqual({
        recipeRunId: 1,
        recipeInstanceId: 11,
        recipeId: 12,
        inputDatasetId: 21,
        configuration: { teardown_enabled: false, tile_size: 64 },
        provenances: [],
      });
      const { parts } = await store.inputDataset(1);
      expect(parts).toMatchObject([{ inputDatasetPartId: 31, type: "observe_frames" }]);
      expect(JSON.parse(parts[0]?.document ?? "")).toEqual([{ bucket: "raw", object_keys: ["Größe_☉.fits"] }]);
      await store.setStatus(1, "INPROGRESS");
      await store.setStatus(1, "TRIALSUCCESS");
      await store.setStatus(1, "INPROGRESS");
      const record = {
        recipeRunId: 1,
        inputDatasetId: 21,
        isTaskManual: true,
        taskName: words,
        libraryVersions: { [words]: words },
        workflowVersion: "1.0",
      };
      await store.recordProvenance(record);
      await store.recordProvenance({ ...record, codeVersion: "abc" });
      await store.createReceiptAccount("AAAAAA", 5);
      expect((await store.recipeRun(1)).provenances).toEqual([
        { recipeRunProvenanceId: 40, isTaskManual: true },
        { recipeRunProvenanceId: 41, isTaskManual: true },
      ]);

      const kept = (await (await fetch(url)).json()) as {
        run: { recipeRunStatusId: number; recipeRunProvenances: readonly Record<string, unknown>[] };
        statuses: object;
        receipts: object;
        calls: readonly (readonly [string, string, string, object])[];
      };
      expect(kept.statuses).toEqual({ INPROGRESS: 100, TRIALSUCCESS: 101 });
      expect(kept.run.recipeRunStatusId).toBe(100);
      expect(kept.receipts).toEqual([{ datasetId: "AAAAAA", expectedObjectCount: 5 }]);
      const [first, second] = kept.run.recipeRunProvenances;
      expect(first).toMatchObject({ taskName: words, workflowVersion: "1.0", inputDatasetId: 21 });
      expect(JSON.parse(String(first?.libraryVersions))).toEqual({ [words]: words });
      expect([first, second].map((one) => one?.codeVersion)).toEqual([undefined, "abc"]);
      expect(new Set(kept.calls.map(([operation, base, wrapper]) => [operation, base, wrapper].join(" ")))).toEqual(
        new Set([
          "query recipeRuns filterParams",
          "query recipeRunStatuses filterParams",
          "createRecipeRunStatus createRecipeRunStatus createParams",
          "updateRecipeRun updateRecipeRun updateParams",
          "createRecipeRunProvenance createRecipeRunProvenance createParams",
          "createDatasetCatalogReceiptAccount createDatasetCatalogReceiptAccount createParams",
        ]),
      );
    });

    test("refuses a run that it does not know and a token that is another's, and we say so", async () => {
      await using store = graphqlStoreAt(url, { authToken: new Secret(token) });
      for (const asked of [store.recipeRun(2), store.inputDataset(2), store.setStatus(2, "INPROGRESS")]) {
        await expect(asked).rejects.toMatchObject({ code: "RECIPE_RUN_NOT_FOUND" });
      }
      await using stranger = graphqlStoreAt(url, { authToken: new Secret("another") });
      await expect(stranger.recipeRun(1)).rejects.toMatchObject({ code: "METADATA_STORE_ACCESS_REFUSED" });
    });
  });
});
