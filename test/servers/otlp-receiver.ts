import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import type { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { otlpRequests, readProtobuf } from "./otlp-protobuf.ts";

export type OtlpAttributes = Readonly<Record<string, unknown>>;

export interface ReceivedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly status: "UNSET" | "OK" | "ERROR";
  readonly statusMessage: string | undefined;
  readonly attributes: OtlpAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: OtlpAttributes }[];
  readonly resource: OtlpAttributes;
  readonly scope: string;
}

export interface ReceivedPoint {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum";
  readonly value: number;
  readonly attributes: OtlpAttributes;
  readonly resource: OtlpAttributes;
}

/** A collector in this process: what it was sent, decoded, and as it came. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly port: number;
  readonly spans: ReceivedSpan[];
  readonly points: ReceivedPoint[];
  /** The bodies of all requests, uncompressed. */
  readonly bodies: Buffer[];
  readonly headers: Readonly<Record<string, unknown>>[];
  /** Content types, or `grpc`, of the requests. */
  readonly forms: Set<string>;
}

interface Raw {
  readonly [name: string]: unknown;
}

/** OTLP over HTTP/1.1: protobuf and JSON. */
export async function startOtlpHttp(): Promise<OtlpReceiver> {
  const server = createHttpServer((request, response) => {
    void bodyOf(request).then((body) => {
      const form = request.headers["content-type"] ?? "";
      const [path] = (request.url ?? "").split("?");
      const signal = path === "/v1/traces" ? "traces" : path === "/v1/metrics" ? "metrics" : undefined;
      if (signal === undefined) {
        response.writeHead(404).end();
        return;
      }
      receiver.headers.push(request.headers);
      take(receiver, signal, form, body);
      response.writeHead(200, { "content-type": form }).end(form.includes("json") ? "{}" : "");
    });
  });
  const receiver = await listen(server);
  return receiver;
}

/** OTLP over gRPC without TLS: each call is one HTTP/2 stream with one message, five bytes before it. */
export async function startOtlpGrpc(): Promise<OtlpReceiver> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createHttp2Server();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    void bodyOf(stream).then((framed) => {
      const message = framed.subarray(5, 5 + framed.readUInt32BE(1));
      const body = framed[0] === 1 ? gunzipSync(message) : message;
      receiver.headers.push(headers);
      take(receiver, String(headers[":path"]).includes("trace") ? "traces" : "metrics", "grpc", body);
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.alloc(5));
    });
  });
  const receiver = await listen(server);
  return {
    ...receiver,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await receiver[Symbol.asyncDispose]();
    },
  };
}

async function listen(server: Server): Promise<OtlpReceiver> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    port: (server.address() as AddressInfo).port,
    spans: [],
    points: [],
    bodies: [],
    headers: [],
    forms: new Set(),
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function bodyOf(stream: Readable | IncomingMessage): Promise<Buffer> {
  const body = Buffer.concat(await stream.toArray());
  return "headers" in stream && stream.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

function take(receiver: OtlpReceiver, signal: "traces" | "metrics", form: string, body: Buffer): void {
  receiver.bodies.push(body);
  receiver.forms.add(form);
  const request = form.includes("json")
    ? (JSON.parse(body.toString()) as Raw)
    : readProtobuf(body, otlpRequests[signal]);
  if (signal === "traces") receiver.spans.push(...spansOf(request));
  else receiver.points.push(...pointsOf(request));
}

function spansOf(request: Raw): ReceivedSpan[] {
  return list(request.resourceSpans).flatMap((byResource) =>
    list(byResource.scopeSpans).flatMap((byScope) =>
      list(byScope.spans).map((span) => {
        const status = (span.status ?? {}) as Raw;
        return {
          name: String(span.name),
          traceId: String(span.traceId),
          spanId: String(span.spanId),
          parentSpanId: span.parentSpanId ? String(span.parentSpanId) : undefined,
          kind: Number(span.kind),
          startNs: BigInt(span.startTimeUnixNano as string),
          endNs: BigInt(span.endTimeUnixNano as string),
          status: (["UNSET", "OK", "ERROR"] as const)[Number(status.code ?? 0)] ?? "UNSET",
          statusMessage: status.message ? String(status.message) : undefined,
          attributes: attributesOf(span),
          events: list(span.events).map((event) => ({ name: String(event.name), attributes: attributesOf(event) })),
          resource: attributesOf(byResource.resource as Raw),
          scope: String((byScope.scope as Raw).name),
        };
      }),
    ),
  );
}

function pointsOf(request: Raw): ReceivedPoint[] {
  return list(request.resourceMetrics).flatMap((byResource) =>
    list(byResource.scopeMetrics).flatMap((byScope) =>
      list(byScope.metrics).flatMap((metric) => {
        const kind = metric.gauge === undefined ? "sum" : "gauge";
        return list((metric[kind] as Raw | undefined)?.dataPoints).map((point) => ({
          name: String(metric.name),
          unit: String(metric.unit ?? ""),
          kind: kind as "sum" | "gauge",
          value: Number(point.asDouble ?? point.asInt),
          attributes: attributesOf(point),
          resource: attributesOf(byResource.resource as Raw),
        }));
      }),
    ),
  );
}

function attributesOf(holder: Raw): OtlpAttributes {
  return Object.fromEntries(list(holder.attributes).map(({ key, value }) => [String(key), plain(value as Raw)]));
}

function plain(value: Raw): unknown {
  if (value.arrayValue !== undefined) return list((value.arrayValue as Raw).values).map(plain);
  if (value.intValue !== undefined) return Number(value.intValue);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}

function list(value: unknown): readonly Raw[] {
  return (value ?? []) as readonly Raw[];
}
