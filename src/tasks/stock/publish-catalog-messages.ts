import { Tag } from "../../scratch/tag.ts";
import type { BusMessage } from "../../services/bus.ts";
import { catalogFrameMessage, catalogObjectMessage } from "../../services/messages.ts";
import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { objectKey } from "./object-key.ts";

/**
 * Tells the catalog of every product that was transferred: one message per frame, one per quality document, and before
 * them how many there will be. Ids follow from the content, so that a second attempt publishes the same messages.
 */
export class PublishCatalogMessages extends WorkflowTaskBase<"bus" | "metadataStore"> {
  static override readonly uses = ["bus", "metadataStore"] as const;

  override async run(): Promise<void> {
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    const bucket = recipeRunConfiguration(configuration).destinationBucket;
    const objectName = (path: string): string => objectKey(this.constants, this.datasetId, path);
    const frames = (await this.paths([Tag.output(), Tag.frame()])).map((path) =>
      catalogFrameMessage.create(this.recipeRunId, { bucket, objectName: objectName(path) }),
    );
    const quality = (await this.paths([Tag.output(), Tag.qualityData()])).map((path) =>
      catalogObjectMessage.create(this.recipeRunId, {
        bucket,
        objectName: objectName(path),
        objectType: "QDATA",
        groupId: this.datasetId,
      }),
    );
    const messages = [...frames, ...quality];
    this.progress.start(messages.length, "messages");
    await this.metadataStore.createReceiptAccount(this.datasetId, messages.length);
    await this.bus.declare([catalogFrameMessage.binding, catalogObjectMessage.binding]);
    await this.bus.publish(this.#counted(messages), this.signal);
  }

  *#counted(messages: readonly BusMessage[]): Iterable<BusMessage> {
    for (const message of messages) {
      yield message;
      this.progress.increment();
    }
  }
}
