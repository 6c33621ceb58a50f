import { z } from "zod";
import { FirstlightError } from "../core/errors.ts";
import type { BusMessage, QueueBinding } from "./bus.ts";
import { messageIdOf } from "./message-id.ts";

const conversation = { conversationId: z.string().min(1) };
const counted = { incrementDatasetCatalogReceiptCount: z.boolean().default(true) };

/** A frame has come to the object store and shall be catalogued. */
export const catalogFrameMessage = messageModel(
  "CatalogFrameMessage",
  { routingKey: "catalog.frame.m", queue: "catalog.frame.q" },
  { objectName: z.string().min(1), bucket: z.string().min(1), ...counted },
);

/** Something else of a dataset has come to the object store: a movie, its quality data. `groupId` is the dataset id. */
export const catalogObjectMessage = messageModel(
  "CatalogObjectMessage",
  { routingKey: "catalog.object.m", queue: "catalog.object.q" },
  {
    objectType: z.string().min(1),
    objectName: z.string().min(1),
    bucket: z.string().min(1),
    groupId: z.string().min(1),
    groupName: z.string().min(1).default("DATASET"),
    ...counted,
  },
);

/** Quality data has come to the object store and shall become a report. */
export const createQualityReportMessage = messageModel(
  "CreateQualityReportMessage",
  { routingKey: "create.quality.report.m", queue: "create.quality.report.q" },
  { datasetId: z.string().min(1), bucket: z.string().min(1), objectName: z.string().min(1), ...counted },
);

/** A task has failed for good. */
export const recipeRunFailureMessage = messageModel(
  "RecipeRunFailureMessage",
  { routingKey: "recipe.run.failure.m", queue: "recipe.run.failure.q" },
  {
    workflowName: z.string(),
    workflowVersion: z.string(),
    taskName: z.string(),
    // Python publishes what it does not know as null.
    dagRunId: z.string().nullish(),
    logUrl: z.string().nullish(),
  },
);

/** Every message that the facility knows. */
export const messageModels = [
  catalogFrameMessage,
  catalogObjectMessage,
  createQualityReportMessage,
  recipeRunFailureMessage,
] as const;

type Fields = Readonly<Record<string, unknown>>;

/** One kind of message: where it goes, what its body holds, and how one is made. Fields beyond the model's are kept. */
export interface MessageModel<Shape extends z.ZodRawShape> {
  readonly name: string;
  readonly binding: QueueBinding;
  /**
   * A message of a recipe run, which is its conversation. Its id follows from binding and body: made again it carries the
   * same one.
   *
   * @throws FirstlightError MESSAGE_INVALID
   */
  create(recipeRunId: number, fields: z.input<z.ZodObject<Shape>> & Fields): BusMessage;
  /**
   * Reads the body of a message that has come in.
   *
   * @throws FirstlightError MESSAGE_INVALID
   */
  parse(body: unknown): z.output<z.ZodObject<Shape>> & { readonly conversationId: string } & Fields;
}

function messageModel<Shape extends z.ZodRawShape>(
  name: string,
  binding: QueueBinding,
  shape: Shape,
): MessageModel<Shape> {
  const schema = z.looseObject({ ...conversation, ...shape });
  const check = (body: unknown): Fields => {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data as Fields;
    throw new FirstlightError("MESSAGE_INVALID", `This is no ${name}:\n${z.prettifyError(parsed.error)}`, {
      disposition: "invalid",
      fields: { name, issues: parsed.error.issues },
    });
  };
  return {
    name,
    binding,
    create(recipeRunId, fields) {
      if (!Number.isSafeInteger(recipeRunId) || recipeRunId < 0) {
        throw new FirstlightError(
          "MESSAGE_INVALID",
          `This is no ${name}: its conversation is a recipe run, whose id is a whole number from 0, and ${recipeRunId} is none.`,
          { disposition: "invalid", fields: { name, recipeRunId } },
        );
      }
      const body = check({ ...fields, conversationId: String(recipeRunId) });
      return { binding, body, messageId: messageIdOf(binding.routingKey, body) };
    },
    parse: (body) => check(body) as ReturnType<MessageModel<Shape>["parse"]>,
  };
}
