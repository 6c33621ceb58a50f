import { relative } from "node:path";
import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { productsOf } from "./product.ts";

/**
 * Brings every product, whatever carries OUTPUT, to the object store: `{bucket}/{proposal}/{dataset}/{file}`. Brought again, a
 * product replaces the one of its key.
 *
 * @throws FirstlightError NO_PRODUCTS, PRODUCTS_COLLIDE, TRANSFER_FAILED
 */
export class TransferL1Data extends WorkflowTaskBase<"metadataStore" | "transfer"> {
  static override readonly uses = ["metadataStore", "transfer"] as const;

  override async run(): Promise<void> {
    const products = await productsOf(this.scratch, this.constants, this.datasetId);
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    const bucket = recipeRunConfiguration(configuration).destinationBucket;
    this.progress.start(products.length, "files");
    await this.transfer.toObjectStore(
      products.map(({ key, path }) => ({ bucket, key, path })),
      {
        label: `Recipe run ${this.recipeRunId}: products`,
        recipeRunId: this.recipeRunId,
        signal: this.signal,
        onProgress: ({ files }) => this.progress.reach(files),
      },
    );
    for (const { path } of products) this.context.lineage.noteRead(relative(this.scratch.folder, path));
    this.log.info(`Transferred ${products.length} products`, { bucket });
  }
}
