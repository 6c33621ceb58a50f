import { FirstlightError } from "../../core/errors.ts";
import { Tag } from "../../scratch/tag.ts";
import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { objectKey } from "./object-key.ts";

/** Brings every product, whatever carries OUTPUT, to the object store: `{bucket}/{proposal}/{dataset}/{file}`. */
export class TransferL1Data extends WorkflowTaskBase<"metadataStore" | "transfer"> {
  static override readonly uses = ["metadataStore", "transfer"] as const;

  override async run(): Promise<void> {
    const paths = await this.paths([Tag.output()]);
    if (paths.length === 0) {
      throw new FirstlightError(
        "NO_PRODUCTS",
        `Recipe run ${this.recipeRunId} has made no product: no file carries OUTPUT. Let a task such as WriteL1Frame come before ${this.taskName}.`,
      );
    }
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    const bucket = recipeRunConfiguration(configuration).destinationBucket;
    this.progress.start(paths.length, "files");
    let brought = 0;
    await this.transfer.toObjectStore(
      paths.map((path) => ({ bucket, key: objectKey(this.constants, this.datasetId, path), path })),
      {
        label: `Recipe run ${this.recipeRunId}: products`,
        recipeRunId: this.recipeRunId,
        signal: this.signal,
        onProgress: ({ files }) => {
          this.progress.increment(files - brought);
          brought = files;
        },
      },
    );
    this.log.info(`Transferred ${paths.length} products`, { bucket });
  }
}
