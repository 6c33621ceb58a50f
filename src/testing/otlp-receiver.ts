import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { codeOf, FirstlightError, messageOf } from "../core/errors.ts";
import type { OtlpProtocol, TelemetrySignal } from "../telemetry/otlp-target.ts";
import { pointsOf, type ReceivedPoint } from "./otlp-points.ts";
import { otlpRequests, readProtobuf } from "./otlp-protobuf.ts";
import { type ReceivedSpan, spansOf } from "./otlp-spans.ts";
import type { Raw } from "./otlp-values.ts";

export interface OtlpReceiverOptions {
  /** Default: any that is free. */
  readonly port?: number;
  /**
   * What goes wrong with a request, of whose spans and points nothing is then kept. What it throws, such as a test's own assertion, comes
   * out of `until`, or else of the receiver's disposal; the sender gets 500 (INTERNAL).
   */
  readonly onRequest?: (request: OtlpRequest) => OtlpFault | undefined;
}

export interface OtlpRequest {
  readonly signal: TelemetrySignal;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Uncompressed. */
  readonly body: Buffer;
}

/**
 * An answer in place of the receiver's own: a status of HTTP, for which gRPC gets the code that stands for it, and for `Retry-After` a
 * RetryInfo; no answer at all; the connection cut; or bytes that are no answer.
 */
export type OtlpFault =
  | { readonly status: 400 | 401 | 429 | 500 | 503; readonly retryAfterSeconds?: number; readonly body?: string }
  | "stall"
  | "cut"
  | "garbage";

/** A collector in this process: what it was sent, decoded, and as it came. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  readonly points: readonly ReceivedPoint[];
  /** The bodies of all requests, uncompressed. */
  readonly bodies: readonly Buffer[];
  readonly headers: readonly Readonly<Record<string, unknown>>[];
  readonly protocols: ReadonlySet<OtlpProtocol>;
  /** The settings by which traces and metrics are sent here. */
  env(protocol: OtlpProtocol): Readonly<Record<string, string>>;
  /** Resolves once it holds: now, or after a request that comes. Rejects with what `onRequest` or `holds` throws, or has thrown. */
  until(holds: () => boolean, signal?: AbortSignal): Promise<void>;
}

/** RESOURCE_EXHAUSTED, UNAVAILABLE and so on: what OTLP takes HTTP's statuses for. */
const grpcCodes = { 400: 3, 401: 16, 429: 8, 500: 13, 503: 14 } as const;
const garbage = Buffer.from("\u0007\uffff this is no answer \uffff");

/**
 * Takes OTLP over gRPC without TLS and over HTTP, in protobuf and in JSON, all at one port of this machine. For tests: start what is to
 * be looked at with `env` of it. What is no OTLP, such as JSON cut short, bad gzip or a span without times, is answered with 400
 * (INVALID_ARGUMENT), and no span or point of it is kept.
 *
 * @throws FirstlightError SERVER_CANNOT_LISTEN
 */
export async function otlpReceiver({ port = 0, onRequest }: OtlpReceiverOptions = {}): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const points: ReceivedPoint[] = [];
  const bodies: Buffer[] = [];
  const headers: Readonly<Record<string, unknown>>[] = [];
  const protocols = new Set<OtlpProtocol>();
  const waiting = new Set<() => void>();
  const thrown: Thrown = { first: undefined };

  function fail(error: unknown): void {
    thrown.first ??= { error, isTold: false };
    for (const look of waiting) look();
  }

  function take(request: OtlpRequest): OtlpFault | undefined {
    headers.push(request.headers);
    bodies.push(request.body);
    protocols.add(request.protocol);
    let fault: OtlpFault | undefined;
    try {
      fault = onRequest?.(request);
    } catch (error) {
      fail(error);
      return { status: 500, body: `The test's own onRequest threw: ${messageOf(error)}` };
    }
    if (fault === undefined) {
      try {
        const raw =
          request.protocol === "http/json"
            ? (JSON.parse(request.body.toString()) as Raw)
            : readProtobuf(request.body, otlpRequests[request.signal]);
        if (request.signal === "traces") spans.push(...spansOf(raw));
        else points.push(...pointsOf(raw));
      } catch (error) {
        fault = nonsense(error);
      }
    }
    for (const look of waiting) look();
    return fault;
  }

  const plain = createHttpServer((request, response) => void answerHttp(request, response, take).catch(fail));
  const framed = createHttp2Server();
  framed.on("stream", (stream, given) => void answerGrpc(stream, given, take).catch(fail));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    // gRPC begins with the preface of HTTP/2 (RFC 9113 §3.4).
    socket.once("readable", () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      socket.unshift(first);
      (first.toString("latin1").startsWith("PRI ") ? framed : plain).emit("connection", socket);
    });
  });
  await listen(server.listen(port, "127.0.0.1"), port);
  const listening = (server.address() as AddressInfo).port;
  return {
    port: listening,
    spans,
    points,
    bodies,
    headers,
    protocols,
    env(protocol) {
      const endpoint = protocol === "grpc" ? `127.0.0.1:${listening}` : `http://127.0.0.1:${listening}`;
      return {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: endpoint,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      };
    },
    until: (holds, signal) => untilItHolds(holds, waiting, thrown, signal),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
      if (thrown.first?.isTold === false) throw thrown.first.error;
    },
  };
}

/** What the test's own function threw first, and whether the test was told. */
interface Thrown {
  first: { readonly error: unknown; isTold: boolean } | undefined;
}

async function untilItHolds(
  holds: () => boolean,
  waiting: Set<() => void>,
  thrown: Thrown,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (thrown.first !== undefined) {
      thrown.first.isTold = true;
      reject(thrown.first.error);
      return;
    }
    try {
      if (holds()) resolve();
    } catch (error) {
      reject(error);
    }
  };
  const onAbort = (): void => reject(signal?.reason);
  waiting.add(look);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    look();
    await promise;
  } finally {
    waiting.delete(look);
    signal?.removeEventListener("abort", onAbort);
  }
}

function nonsense(error: unknown): OtlpFault {
  return { status: 400, body: `This is no request of OTLP: ${messageOf(error)}` };
}

type Take = (request: OtlpRequest) => OtlpFault | undefined;

async function answerHttp(request: IncomingMessage, response: ServerResponse, take: Take): Promise<void> {
  const [, name] = /^\/v1\/(traces|metrics)$/.exec((request.url ?? "").split("?")[0] ?? "") ?? [];
  const sent = await bodyOf(request);
  if (sent === undefined) return;
  if (request.method !== "POST" || name === undefined) {
    response.writeHead(404).end();
    return;
  }
  const form = request.headers["content-type"] ?? "";
  const protocol = form.includes("json") ? "http/json" : "http/protobuf";
  const body = uncompressed(sent, request.headers["content-encoding"] === "gzip");
  const fault = Buffer.isBuffer(body)
    ? take({ signal: name as TelemetrySignal, protocol, headers: request.headers, body })
    : body;
  if (fault === "stall") return;
  if (fault === "cut") request.socket.destroy();
  else if (fault === "garbage") response.writeHead(200, { "content-type": form }).end(garbage);
  else if (fault !== undefined) {
    const after = fault.retryAfterSeconds;
    response.writeHead(fault.status, after === undefined ? {} : { "retry-after": String(after) }).end(fault.body);
  } else response.writeHead(200, { "content-type": form }).end(form.includes("json") ? "{}" : "");
}

/** Each call is one stream of HTTP/2 with one message, five bytes before it (gRPC's PROTOCOL-HTTP2). */
async function answerGrpc(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, take: Take): Promise<void> {
  stream.on("error", () => undefined);
  const framed = await bodyOf(stream);
  if (framed === undefined) return;
  const body = messageIn(framed);
  const signal = String(headers[":path"]).includes("trace") ? "traces" : "metrics";
  const fault = Buffer.isBuffer(body) ? take({ signal, protocol: "grpc", headers, body }) : body;
  if (stream.destroyed) return;
  if (fault === "stall") return;
  if (fault === "cut") {
    stream.session?.destroy();
    return;
  }
  const trailers =
    typeof fault === "object"
      ? {
          "grpc-status": String(grpcCodes[fault.status]),
          "grpc-message": encodeURIComponent(fault.body ?? ""),
          ...retryInfo(grpcCodes[fault.status], fault.retryAfterSeconds),
        }
      : { "grpc-status": "0" };
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  if (fault === undefined) stream.end(Buffer.alloc(5));
  else if (fault === "garbage") stream.end(garbage);
  else stream.end();
}

/** When the call may be made again: google.rpc.RetryInfo as a detail of google.rpc.Status, in Protocol Buffers. */
function retryInfo(code: number, seconds: number | undefined): Readonly<Record<string, string>> {
  if (seconds === undefined) return {};
  const held = (number: number, bytes: Uint8Array) => Buffer.of((number << 3) | 2, ...varint(bytes.length), ...bytes);
  const counted = (number: number, value: number) => Buffer.of(number << 3, ...varint(value));
  const duration = Buffer.concat([
    counted(1, Math.trunc(seconds)),
    counted(2, Math.round((seconds - Math.trunc(seconds)) * 1e9)),
  ]);
  const type = Buffer.from("type.googleapis.com/google.rpc.RetryInfo");
  const any = Buffer.concat([held(1, type), held(2, held(1, duration))]);
  const status = Buffer.concat([counted(1, code), held(3, any)]);
  return { "grpc-status-details-bin": status.toString("base64").replace(/=+$/, "") };
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

/** Undefined where the other side went away before it was whole. */
async function bodyOf(stream: Readable): Promise<Buffer | undefined> {
  try {
    return Buffer.concat(await stream.toArray());
  } catch {
    return undefined;
  }
}

function messageIn(framed: Buffer): Buffer | OtlpFault {
  if (framed.length < 5 || framed.length !== 5 + framed.readUInt32BE(1)) {
    return nonsense(new Error(`${framed.length} bytes are not one message with its length before it`));
  }
  return uncompressed(framed.subarray(5), framed[0] === 1);
}

function uncompressed(body: Buffer, isCompressed: boolean): Buffer | OtlpFault {
  try {
    return isCompressed ? gunzipSync(body) : body;
  } catch (error) {
    return nonsense(error);
  }
}

async function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  try {
    await once(server, "listening");
  } catch (error) {
    const advice = codeOf(error) === "EADDRINUSE" ? "Take another port, or stop who has it." : "Take another port.";
    throw new FirstlightError(
      "SERVER_CANNOT_LISTEN",
      `Nothing can listen at port ${port}: ${messageOf(error)}. ${advice}`,
      {
        disposition: "invalid",
        fields: { port },
        cause: error,
      },
    );
  }
}
