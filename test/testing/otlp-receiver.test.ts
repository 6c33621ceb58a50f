import { once } from "node:events";
import { connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OtlpReceiver, otlpReceiver } from "../../src/testing/otlp-receiver.ts";

let receiver: OtlpReceiver;
const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);

beforeEach(async () => {
  receiver = await otlpReceiver();
  process.on("unhandledRejection", onUncaught);
});
afterEach(async () => {
  await receiver[Symbol.asyncDispose]();
  process.off("unhandledRejection", onUncaught);
  expect(uncaught.splice(0)).toEqual([]);
});

const json = { "content-type": "application/json" };
const protobuf = { "content-type": "application/x-protobuf" };
const spanOf = (span: object): string => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
const good = spanOf({ name: "good", startTimeUnixNano: "1", endTimeUnixNano: "2" });

const post = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>, to = receiver) =>
  await fetch(`http://127.0.0.1:${to.port}/v1/traces`, { method: "POST", body, headers });

/** The status of gRPC that a call with these bytes ends with. */
async function call(body: Uint8Array, to = receiver): Promise<unknown> {
  const session = connect(`http://127.0.0.1:${to.port}`);
  try {
    const stream = session.request({
      ":method": "POST",
      ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.end(body);
    stream.resume();
    const [trailers] = await once(stream, "trailers");
    return (trailers as Record<string, unknown>)["grpc-status"];
  } finally {
    session.destroy();
  }
}

const framed = (message: Buffer, flag = 0): Buffer => {
  const before = Buffer.alloc(5);
  before.writeUInt8(flag);
  before.writeUInt32BE(message.length, 1);
  return Buffer.concat([before, message]);
};

describe("nonsense over HTTP is answered with 400, and the receiver goes on", () => {
  test.each([
    ["JSON cut short", "{nope", json],
    ["null", "null", json],
    ["no list", '{"resourceSpans":"x"}', json],
    ["null in a list", '{"resourceSpans":[null]}', json],
    ["a span without times", spanOf({ name: "x" }), json],
    ["one whose time is none", spanOf({ startTimeUnixNano: "soon", endTimeUnixNano: "2" }), json],
    ["bad gzip", "xx", { ...protobuf, "content-encoding": "gzip" }],
    ["gzip cut short", gzipSync(good).subarray(0, 20), { ...json, "content-encoding": "gzip" }],
    ["protobuf that ends within a number", Buffer.of(255, 255, 255), protobuf],
    ["a message longer than the bytes", Buffer.of(10, 100, 1), protobuf],
    ["a number without end", Buffer.alloc(40, 255), protobuf],
    ["a group", Buffer.of(11, 12), protobuf],
  ])("%s", async (_, body, headers) => {
    const answer = await post(body, headers);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("no request of OTLP")]);
    expect(receiver.spans).toEqual([]);
    expect((await post(good, json)).status).toBe(200);
    expect(receiver.spans.map(({ name, scope }) => [name, scope])).toEqual([["good", ""]]);
  });
});

describe("nonsense over gRPC is an INVALID_ARGUMENT", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["fewer bytes than stand before a message", Buffer.from("ab")],
    ["a message cut short", framed(Buffer.alloc(20)).subarray(0, 9)],
    ["bad gzip", framed(Buffer.from("xx"), 1)],
    ["no protobuf", framed(Buffer.of(255, 255))],
  ])("%s", async (_, body) => {
    expect(await call(body)).toBe("3");
    expect(await call(framed(Buffer.alloc(0)))).toBe("0");
  });
});

test("what is neither HTTP nor gRPC ends its own connection only", async () => {
  for (const bytes of ["PRI nonsense that no server of HTTP/2 takes", "nonsense\r\n\r\n"]) {
    const socket = connectTcp(receiver.port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.write(bytes);
    await once(socket, "close");
  }
  expect((await post(good, json)).status).toBe(200);
});

describe("what onRequest throws", () => {
  const failing = () =>
    otlpReceiver({
      onRequest: () => {
        throw new Error("as the test asserts");
      },
    });

  test("comes out of until, once and again, and not of the disposal then", async () => {
    const other = await failing();
    const waiting = expect(other.until(() => false)).rejects.toThrow("as the test asserts");
    expect((await post(good, json, other)).status).toBe(500);
    await waiting;
    await expect(other.until(() => true)).rejects.toThrow("as the test asserts");
    expect(await call(framed(Buffer.alloc(0)), other)).toBe("13");
    await other[Symbol.asyncDispose]();
    expect(other.spans).toEqual([]);
  });

  test("comes out of the disposal where nobody waited", async () => {
    const other = await failing();
    expect(await call(framed(Buffer.alloc(0)), other)).toBe("13");
    await expect(other[Symbol.asyncDispose]()).rejects.toThrow("as the test asserts");
  });
});

test("what until's own question throws comes out of it", async () => {
  let asked = 0;
  const waiting = receiver.until(() => {
    asked += 1;
    if (asked > 1) throw new Error("as the test asserts");
    return false;
  });
  const told = expect(waiting).rejects.toThrow("as the test asserts");
  expect((await post(good, json)).status).toBe(200);
  await told;
});
