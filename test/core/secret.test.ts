import { inspect } from "node:util";
import { expect, test } from "vitest";
import { createLogger } from "../../src/core/log.ts";
import { Secret } from "../../src/core/secret.ts";

const secret = new Secret("hunter2");

test("reveal gives the value away", () => {
  expect(secret.reveal()).toBe("hunter2");
});

test.each<[string, () => string]>([
  ["String()", () => String(secret)],
  ["a template", () => `${secret}`],
  ["JSON", () => JSON.stringify({ secret })],
  ["util.inspect", () => inspect({ secret }, { depth: 9, showHidden: true })],
  ["util.inspect of own properties", () => inspect({ ...secret })],
  ["structuredClone", () => inspect(structuredClone({ secret }), { showHidden: true })],
  ["an error's fields", () => inspect(Object.assign(new Error("no"), { fields: { secret } }), { showHidden: true })],
])("%s does not show it", (_, print) => {
  expect(print()).not.toContain("hunter2");
});

test("a log line does not show it", () => {
  const lines: string[] = [];
  createLogger({ level: "INFO", pretty: false, write: (line) => lines.push(line) }).info("connecting", { key: secret });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("[secret]");
  expect(lines[0]).not.toContain("hunter2");
});
