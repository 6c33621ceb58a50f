import { tracingChannel } from "node:diagnostics_channel";
import { type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { messageOf } from "../core/errors.ts";
import { tracer } from "../core/telemetry.ts";

/** What ioredis tells of a command or a transaction; the arguments, which it tells too, stay here. */
interface RedisMessage {
  readonly command?: string;
  readonly batchSize?: number;
  readonly database: number;
  readonly serverAddress: string;
  readonly serverPort: number | undefined;
  readonly error?: unknown;
}

/** A span for each command within a task's span, and each transaction, from the tracing channels of ioredis. */
export function traceRedis(): () => void {
  const spans = new WeakMap<object, Span>();
  const listeners = {
    start(message: RedisMessage): void {
      // Of what belongs to no task, such as a connection's own beginnings, nobody asks.
      if (trace.getActiveSpan() === undefined) return;
      const name = message.command?.toUpperCase() ?? "MULTI";
      spans.set(
        message,
        tracer().startSpan(name, {
          kind: SpanKind.CLIENT,
          attributes: {
            "db.system.name": "redis",
            "db.operation.name": name,
            "db.namespace": String(message.database),
            ...(message.batchSize === undefined ? {} : { "db.operation.batch.size": message.batchSize }),
            "server.address": message.serverAddress,
            ...(message.serverPort === undefined ? {} : { "server.port": message.serverPort }),
          },
        }),
      );
    },
    end(): void {},
    asyncStart(): void {},
    asyncEnd(message: RedisMessage): void {
      spans.get(message)?.end();
    },
    error(message: RedisMessage): void {
      spans.get(message)?.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(message.error) });
    },
  };
  const channels = ["ioredis:command", "ioredis:batch"].map((name) => tracingChannel<unknown, RedisMessage>(name));
  for (const channel of channels) channel.subscribe(listeners);
  return () => {
    for (const channel of channels) channel.unsubscribe(listeners);
  };
}
