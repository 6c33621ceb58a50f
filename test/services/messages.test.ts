import { expect, test } from "vitest";
import { catalogFrameMessage, catalogObjectMessage } from "../../src/services/messages.ts";

const frame = { objectName: "p/d/x.fits", bucket: "data" };

test("a message made again carries the same id, another body another one", () => {
  const { messageId } = catalogFrameMessage.create(7, frame);
  expect(catalogFrameMessage.create(7, { bucket: "data", objectName: "p/d/x.fits" }).messageId).toBe(messageId);
  expect(catalogFrameMessage.create(8, frame).messageId).not.toBe(messageId);
  expect(catalogFrameMessage.create(7, { ...frame, bucket: "other" }).messageId).not.toBe(messageId);
});

test("fields that the model does not know are kept, going out and coming in", () => {
  const { body } = catalogFrameMessage.create(7, { ...frame, extra: { a: 1 } });
  expect(body).toMatchObject({ conversationId: "7", extra: { a: 1 } });
  expect(catalogFrameMessage.parse(body)).toEqual(body);
});

test("the conversation is the recipe run, whatever the fields say", () => {
  expect(catalogFrameMessage.create(7, { ...frame, conversationId: "8" }).body.conversationId).toBe("7");
});

test("a body that does not fit is refused by the message's name and the field's", () => {
  expect(() => catalogObjectMessage.parse({ conversationId: "7", ...frame, groupId: "A" })).toThrow(
    expect.objectContaining({
      code: "MESSAGE_INVALID",
      message: expect.stringMatching(/CatalogObjectMessage[\s\S]*objectType/),
    }),
  );
});
