import type { BusMessage } from "../../services/bus.ts";
import { catalogFrameMessage, catalogObjectMessage } from "../../services/messages.ts";
import { recipeRunConfiguration } from "../../services/recipe-run-configuration.ts";
import { WorkflowTaskBase } from "../workflow-task-base.ts";
import { type Product, productsOf } from "./product.ts";

/**
 * Tells the catalog of the products that were transferred: one message per frame and dataset extra, one per movie and quality
 * document, and before them how many there will be. Ids follow from the content, so that a second attempt publishes the
 * same messages.
 *
 * @throws FirstlightError NO_PRODUCTS, PRODUCTS_COLLIDE, and what the bus throws
 */
export class PublishCatalogMessages extends WorkflowTaskBase<"bus" | "metadataStore"> {
  static override readonly uses = ["bus", "metadataStore"] as const;

  override async run(): Promise<void> {
    const { configuration } = await this.metadataStore.recipeRun(this.recipeRunId);
    const bucket = recipeRunConfiguration(configuration).destinationBucket;
    const products = await productsOf(this.scratch, this.constants, this.datasetId);
    const messages = products.flatMap((product) => this.#messageOf(product, bucket) ?? []);
    // Frames before what is about them all.
    messages.sort((one, other) => rankOf(one) - rankOf(other));
    this.progress.start(messages.length, "messages");
    await this.metadataStore.createReceiptAccount(this.datasetId, messages.length);
    await this.bus.declare([catalogFrameMessage.binding, catalogObjectMessage.binding]);
    await this.bus.publish(this.#counted(messages), this.signal);
    this.log.info(`Published ${messages.length} catalog messages`, { datasetId: this.datasetId });
  }

  #messageOf({ kind, key }: Product, bucket: string): BusMessage | undefined {
    if (kind === "other" || kind === "provenance") return undefined;
    const place = { bucket, objectName: key };
    if (kind === "frame" || kind === "extra") return catalogFrameMessage.create(this.recipeRunId, place);
    const objectType = kind === "movie" ? "MOVIE" : "QDATA";
    return catalogObjectMessage.create(this.recipeRunId, { ...place, objectType, groupId: this.datasetId });
  }

  *#counted(messages: readonly BusMessage[]): Iterable<BusMessage> {
    for (const message of messages) {
      yield message;
      this.progress.increment();
    }
  }
}

function rankOf({ binding }: BusMessage): number {
  return binding.routingKey === catalogFrameMessage.binding.routingKey ? 0 : 1;
}
