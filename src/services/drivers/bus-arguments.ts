import { FirstlightError, isFirstlightError } from "../../core/errors.ts";
import { formatPythonJson } from "../../core/python-json.ts";
import type { BusMessage, QueueBinding } from "../bus.ts";
import { busMessageRefused } from "./bus-errors.ts";

// What each driver refuses before it asks a broker or a file: those would refuse it too, again and again, as if the fault were theirs.

/** Names and ids go over AMQP as short strings (AMQP 0-9-1 §4.2.5.3), in bytes of UTF-8. */
const mostBytes = 255;

/** The client of AMQP encodes headers in 65 536 bytes, of which this leaves enough to those of a trace. A frame would hold twice as many. */
const mostHeaderBytes = 64_000;

/** RabbitMQ takes no larger ones, unless it is told to. */
const mostBodyBytes = 128 * 2 ** 20;

/** `basic.qos` carries it in 16 bits. */
const mostPrefetch = 65_535;

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireBindings(bindings: readonly QueueBinding[]): void {
  const given: unknown = bindings;
  if (!Array.isArray(given)) throw invalid("What is declared", given, "give a list of bindings");
  for (const binding of bindings) {
    if (!isObject(binding)) throw invalid("A binding", binding, "give an object with queue and routingKey");
    const { routingKey, queue, deadLetter } = binding;
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
  const what = "The name of the exchange (ISB_EXCHANGE)";
  requireName(what, exchange);
  // Of the broker's own, one is what is wanted: durable and direct.
  if (exchange.startsWith("amq.") && exchange !== "amq.direct") {
    throw invalid(
      what,
      exchange,
      "those that begin with amq. are the broker's own, of which only amq.direct can serve",
    );
  }
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
 * The JSON text of the body of a message that can be published, and consumed again. What is thrown has the message's id in its fields.
 *
 * @throws FirstlightError BUS_ARGUMENT_INVALID, JSON_INVALID
 */
export function requireMessage(message: BusMessage): string {
  if (!isObject(message)) throw invalid("A message", message, "give an object with binding, messageId and body");
  const { binding, messageId, body, headers = {} } = message;
  requireName("The id of a message", messageId, 1, messageId);
  if (!isObject(binding)) {
    throw invalid(`The binding of the message ${messageId}`, binding, "give that of its queue", messageId);
  }
  requireName(`The routing key of the message ${messageId}`, binding.routingKey, 0, messageId);
  requireHeaders(message, headers);
  const text = jsonOf(message);
  const bodyBytes = Buffer.byteLength(text);
  if (bodyBytes > mostBodyBytes) {
    throw busMessageRefused(message, `its body has ${bodyBytes} bytes, and ${mostBodyBytes} are the most`);
  }
  if (text.startsWith("{")) return text;
  const found = Array.isArray(body) ? "an array" : text;
  throw invalid(
    `The body of the message ${messageId}`,
    found,
    "consumers take JSON objects only; put it into a field of one",
    messageId,
  );
}

/** @throws FirstlightError BUS_ARGUMENT_INVALID */
export function requireMessages(messages: Iterable<BusMessage> | AsyncIterable<BusMessage>): void {
  if (isObject(messages) && (Symbol.asyncIterator in messages || Symbol.iterator in messages)) return;
  throw invalid("What is published", messages, "give a list of messages, or what gives them one after the other");
}

function requireHeaders(message: BusMessage, headers: Readonly<Record<string, string>>): void {
  const { messageId } = message;
  if (!isObject(headers))
    throw invalid(`The headers of the message ${messageId}`, headers, "give an object", messageId);
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    requireName(`The name of a header of the message ${messageId}`, name, 1, messageId);
    if (typeof value !== "string")
      throw invalid(`The header ${name} of the message ${messageId}`, value, "give a text", messageId);
    // A length of one byte, a type, and a length of four.
    sizeBytes += 6 + Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (sizeBytes <= mostHeaderBytes) return;
  throw busMessageRefused(message, `its headers have ${sizeBytes} bytes, and ${mostHeaderBytes} are the most`);
}

function jsonOf({ messageId, body }: BusMessage): string {
  try {
    return formatPythonJson(body);
  } catch (error) {
    if (!isFirstlightError(error, "JSON_INVALID")) throw error;
    throw new FirstlightError("JSON_INVALID", `The body of the message ${messageId} cannot be sent. ${error.message}`, {
      disposition: "invalid",
      fields: { ...error.fields, messageId },
      cause: error,
    });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function requireName(what: string, value: string, leastBytes = 1, messageId?: string): void {
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : -1;
  if (bytes >= leastBytes && bytes <= mostBytes) return;
  const found = bytes > mostBytes ? `, and this one has ${bytes}` : "";
  throw invalid(what, value, `give a text of ${leastBytes} to ${mostBytes} bytes in UTF-8${found}`, messageId);
}

/** An object without a prototype has no text. */
function kindOf(value: object | null): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : "an object";
}

/** @param messageId of the message that it is about */
function invalid(what: string, value: unknown, problem: string, messageId?: string): FirstlightError {
  const text = typeof value === "string" ? `'${value}'` : typeof value === "object" ? kindOf(value) : String(value);
  const shown = text.length <= 80 ? text : `${text.slice(0, 60).toWellFormed()}…'`;
  return new FirstlightError("BUS_ARGUMENT_INVALID", `${what} cannot be ${shown}: ${problem}.`, {
    disposition: "invalid",
    fields: { what, ...(messageId === undefined ? {} : { messageId }) },
  });
}
