import { relative } from "node:path";
import type { PutOptions } from "../../services/object-store.ts";
import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { type Product, productsOf } from "./product.ts";

/** Products that tell of the whole dataset, and what the object store is told of each: no transfer could tell it. */
const described = {
  movie: { contentType: "video/mp4", objecttype: "MOVIE" },
  quality: { contentType: "application/json", objecttype: "QDATA" },
} as const;

/**
 * Brings every product, whatever carries OUTPUT, to the object store: `{bucket}/{proposal}/{dataset}/{file}`. Movie and quality
 * data are put there with content type and metadata (`groupname`, `groupid`, `objecttype`), all others go by the transfer; the objects
 * that a transfer makes of folders are removed again. Brought again, a product replaces the one of its key.
 *
 * @throws FirstlightError NO_PRODUCTS, PRODUCTS_COLLIDE, TRANSFER_FAILED, and what the object store throws
 */
export class TransferL1Data extends WorkflowTaskBase<"metadataStore" | "objectStore" | "transfer"> {
  static override readonly uses = ["metadataStore", "objectStore", "transfer"] as const;

  override async run(): Promise<void> {
    const products = await productsOf(this.scratch, this.constants, this.datasetId);
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    const bucket = recipeRunConfiguration(configuration).destinationBucket;
    this.progress.start(products.length, "files");
    const put = products.filter(({ kind }) => kind in described);
    const transferred = products.filter(({ kind }) => !(kind in described));
    await this.span("Put", () => this.#put(bucket, put));
    await this.span("Transfer", () => this.#transfer(bucket, transferred, put.length));
    // A folder of the file system is no object, and another run may be about to write into it.
    const folders = this.transfer.name === "fs" ? [] : products.map(({ key }) => `${key.split("/", 1)[0]}/`);
    for (const folder of new Set(folders)) {
      await this.objectStore.removeFolderObjects(bucket, folder, this.signal);
    }
    for (const { path } of products) this.context.lineage.noteRead(relative(this.scratch.folder, path));
    this.log.info(`Transferred ${products.length} products`, { bucket });
  }

  async #put(bucket: string, products: readonly Product[]): Promise<void> {
    const keys = products.map(({ key }) => key);
    await this.objectStore.removeUnfinished?.(bucket, keys, this.signal);
    for (const { key, path, kind } of products) {
      const options = this.#describe(kind);
      if (options === undefined) continue;
      await this.objectStore.put(bucket, key, { path }, options);
      this.progress.increment();
    }
  }

  #describe(kind: Product["kind"]): PutOptions | undefined {
    if (kind !== "movie" && kind !== "quality") return undefined;
    const { contentType, objecttype } = described[kind];
    return {
      contentType,
      metadata: { groupname: "DATASET", groupid: this.datasetId, objecttype },
      signal: this.signal,
    };
  }

  async #transfer(bucket: string, products: readonly Product[], before: number): Promise<void> {
    if (products.length === 0) return;
    await this.transfer.toObjectStore(
      products.map(({ key, path }) => ({ bucket, key, path })),
      {
        label: `Transfer Output Objects for Recipe Run ${this.recipeRunId}`,
        recipeRunId: this.recipeRunId,
        signal: this.signal,
        onProgress: ({ files }) => this.progress.reach(before + files),
      },
    );
  }
}
