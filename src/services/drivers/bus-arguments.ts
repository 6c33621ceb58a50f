import { FirstlightError } from "../../core/errors.ts";
import { formatPythonJson } from "../../core/python-json.ts";
import type { BusMessage, QueueBinding } from "../bus.ts";

// What each driver refuses before it asks a broker or a file: those would refuse it too, again and again, as if the fault were theirs.

/** Names and ids go over AMQP as short strings (AMQP 0-9-1 §4.2.5.3), in bytes of UTF-8. */
const mostBytes = 255;

/** `basic.qos` carries it in 16 bits. */
const mostPrefetch = 65_535;

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireBindings(bindings: readonly QueueBinding[]): void {
  for (const { routingKey, queue, deadLetter } of bindings) {
    requireName("The name of a queue", queue);
    requireName(`The routing key of the queue ${queue}`, routingKey, 0);
    if (queue.startsWith("amq.")) {
      throw invalid("The name of a queue", queue, "those that begin with amq. are the broker's own");
    }
    if (deadLetter !== undefined) requireBindings([deadLetter]);
  }
}

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireExchange(exchange: string): void {
  requireName("The name of the exchange (ISB_EXCHANGE)", exchange);
}

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireVhost(vhost = "/"): void {
  requireName("The name of the virtual host", vhost);
}

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireConsumption(queue: string, prefetch: number): void {
  requireName("The name of a queue", queue);
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= mostPrefetch) return;
  throw invalid(`prefetch, for the queue ${queue},`, prefetch, `give a whole number from 1 to ${mostPrefetch}`);
}

/**
 * The JSON text of the body of a message that can be published, and consumed again.
 *
 * @throws FirstlightError BUS_ARGUMENT_INVALID, JSON_INVALID
 */
export function requireMessage({ binding, messageId, body }: BusMessage): string {
  requireName("The id of a message", messageId);
  requireName(`The routing key of the message ${messageId}`, binding.routingKey, 0);
  const text = formatPythonJson(body);
  if (text.startsWith("{")) return text;
  const found = Array.isArray(body) ? "an array" : text;
  throw invalid(
    `The body of the message ${messageId}`,
    found,
    "consumers take JSON objects only; put it into a field of one",
  );
}

function requireName(what: string, value: string, leastBytes = 1): void {
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : -1;
  if (bytes >= leastBytes && bytes <= mostBytes) return;
  const found = bytes > mostBytes ? `, and this one has ${bytes}` : "";
  throw invalid(what, value, `give a text of ${leastBytes} to ${mostBytes} bytes in UTF-8${found}`);
}

function invalid(what: string, value: unknown, problem: string): FirstlightError {
  const text = typeof value === "string" ? `'${value}'` : String(value);
  const shown = text.length <= 80 ? text : `${text.slice(0, 60).toWellFormed()}…'`;
  return new FirstlightError("BUS_ARGUMENT_INVALID", `${what} cannot be ${shown}: ${problem}.`, {
    disposition: "invalid",
    fields: { what },
  });
}
