import { type Attributes, type Context, type Span, SpanStatusCode, trace } from "@opentelemetry/api";
import { afterEach, expect, test } from "vitest";
import { withSpan } from "../../src/core/telemetry.ts";

afterEach(() => trace.disable());

/** A tracer that writes down what is asked of it. */
function record(): string[] {
  const said: string[] = [];
  const span = {
    setStatus: ({ code, message }: { code: SpanStatusCode; message?: string }) =>
      said.push(`status ${SpanStatusCode[code]}${message === undefined ? "" : ` ${message}`}`),
    recordException: (error: Error) => said.push(`exception ${error.message}`),
    end: () => said.push("end"),
  } as unknown as Span;
  const startActiveSpan = (
    name: string,
    options: { attributes?: Attributes },
    work: ((span: Span) => unknown) | Context,
  ) => {
    said.push(`start ${name} ${JSON.stringify(options.attributes)}`);
    return (work as (span: Span) => unknown)(span);
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan: () => span, startActiveSpan }) as never });
  return said;
}

test("a span ends OK with its work", async () => {
  const said = record();
  expect(await withSpan("Run", { "task.name": "A" }, async () => 5)).toBe(5);
  expect(said).toEqual(['start Run {"task.name":"A"}', "status OK", "end"]);
});

test("a span records what its work throws, ends, and throws it on", async () => {
  const said = record();
  const error = new Error("no");
  await expect(withSpan("Run", {}, () => Promise.reject(error))).rejects.toBe(error);
  expect(said).toEqual(["start Run {}", "exception no", "status ERROR no", "end"]);
});

test("without an SDK the work is done all the same", async () => {
  expect(await withSpan("Run", {}, async () => 5)).toBe(5);
});
