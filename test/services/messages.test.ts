import { expect, test } from "vitest";
import { catalogFrameMessage, catalogObjectMessage, recipeRunFailureMessage } from "../../src/services/messages.ts";

const frame = { objectName: "p/d/x.fits", bucket: "data" };

test("a message made again carries the same id, another body another one", () => {
  const { messageId } = catalogFrameMessage.create(7, frame);
  expect(catalogFrameMessage.create(7, { bucket: "data", objectName: "p/d/x.fits" }).messageId).toBe(messageId);
  expect(catalogFrameMessage.create(8, frame).messageId).not.toBe(messageId);
  expect(catalogFrameMessage.create(7, { ...frame, bucket: "other" }).messageId).not.toBe(messageId);
});

test("the id is the same in whatever order the fields come, nested ones and those in lists too", () => {
  const extra = { a: 1, b: { c: [{ d: 1, e: 2 }], f: null } };
  const turned = { b: { f: null, c: [{ e: 2, d: 1 }] }, a: 1 };
  const { messageId } = catalogFrameMessage.create(7, { ...frame, extra });
  expect(catalogFrameMessage.create(7, { ...frame, extra: turned }).messageId).toBe(messageId);
  expect(catalogFrameMessage.create(7, { ...frame, extra: { ...extra, b: { c: [], f: null } } }).messageId).not.toBe(
    messageId,
  );
});

test("the id of a flat body is what it always was", () => {
  expect(catalogFrameMessage.create(7, frame).messageId).toBe("48d85e23-bb26-886f-8d40-b9eff259d41e");
});

test("what Python publishes as null is absent", () => {
  const body = {
    conversationId: "7",
    workflowName: "w",
    workflowVersion: "1",
    taskName: "T",
    dagRunId: null,
    logUrl: null,
  };
  expect(recipeRunFailureMessage.parse(body)).toEqual(body);
});

test.each([Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY])("a message of the recipe run %d is refused", (id) => {
  expect(() => catalogFrameMessage.create(id, frame)).toThrow(
    expect.objectContaining({ code: "MESSAGE_INVALID", message: expect.stringContaining(String(id)) }),
  );
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
