import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Clock, systemClock } from "../../core/clock.ts";
import { formatPythonJson } from "../../core/python-json.ts";
import { requireCount, requireObject, requireSignal, requireText } from "../../core/require-option.ts";
import { type Database, type Row, sqliteFile } from "../../core/sqlite-file.ts";
import { traceHeaders } from "../../core/trace-context.ts";
import { untilAborted } from "../../core/until-aborted.ts";
import type { Bus, BusMessage, Delivery, QueueBinding, StoredMessage, StoredMessageState } from "../bus.ts";
import { requireBindings, requireConsumption, requireMessage, requireMessages } from "./bus-arguments.ts";
import {
  busClosed,
  busDeliveryExpired,
  busQueueMissing,
  busTopologyConflict,
  busUnroutable,
  closedQueue,
  parseBody,
} from "./bus-errors.ts";
import { untilClosed } from "./until-closed.ts";

export interface SqliteBusOptions {
  readonly path: string;
  /** Dates what is published and ends leases; the processes that share the file need the same time. */
  readonly clock?: Clock;
  /** How long a message stays with a consumer that has stopped giving a sign of life. */
  readonly leaseMs?: number;
}

// A message stays after it was acknowledged: it is the record of what was published, and why a second time adds nothing.
const schema = `
CREATE TABLE IF NOT EXISTS bindings (routing_key TEXT NOT NULL, queue TEXT NOT NULL, PRIMARY KEY (routing_key, queue)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letters (queue TEXT PRIMARY KEY, routing_key TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
  sequence INTEGER PRIMARY KEY, queue TEXT NOT NULL, routing_key TEXT NOT NULL, message_id TEXT NOT NULL,
  conversation_id TEXT, body TEXT NOT NULL, headers TEXT NOT NULL, published_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'ready', deliveries INTEGER NOT NULL DEFAULT 0, lease TEXT, leased_until_ms INTEGER,
  UNIQUE (queue, message_id)) STRICT;
CREATE INDEX IF NOT EXISTS messages_to_deliver ON messages (queue, sequence) WHERE state IN ('ready', 'taken');
CREATE INDEX IF NOT EXISTS messages_by_conversation ON messages (conversation_id, sequence)`;

const publishBatch = 500;
const pollMs = 100;

/** Messages in one SQLite file on a local disk, shared by the processes of this machine. A message published again is taken once. */
export function sqliteBus(options: SqliteBusOptions): Bus {
  requireObject("options of sqliteBus", options);
  const { path, clock = systemClock, leaseMs = 60_000 } = options;
  requireText("path", path);
  requireCount("leaseMs", leaseMs, 1);
  const file = sqliteFile({ path, title: "message bus", schemaVersion: 2, schema, onNetwork: "set BUS_DRIVER=amqp" });
  const closing = new AbortController();
  const publishing = new Set<Promise<void>>();
  const leases = new Set<string>();
  // What a consumer does may be lost: then the message is delivered again.
  const consuming = <T>(work: (database: Database) => T): Promise<T> => file.write(work, { mayBeLost: true });
  const endLease = async (lease: string): Promise<void> => {
    if (leases.delete(lease)) await consuming((database) => giveBack(database, lease));
  };

  async function publish(
    messages: Iterable<BusMessage> | AsyncIterable<BusMessage>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for await (const batch of batches(untilAborted(untilClosed(messages, closing.signal), signal))) {
      signal?.throwIfAborted();
      await file.write((database) => insertMessages(database, batch, clock.now()));
    }
  }

  async function* consume(queue: string, prefetch: number, stop: AbortSignal): AsyncIterable<Delivery> {
    requireConsumption(queue, prefetch);
    const lease = randomUUID();
    const held = new Set<number>();
    const settle = async (row: Row, state: StoredMessageState): Promise<void> => {
      const settled = leases.has(lease) && (await consuming((db) => settleMessage(db, row, lease, state, clock.now())));
      held.delete(Number(row.sequence));
      if (!settled) throw busDeliveryExpired(queue, messageIdOf(row));
    };
    leases.add(lease);
    // A failing renewal shows at the next call anyway, and at worst as a second delivery.
    const renew = () =>
      consuming((database) => renewLease(database, lease, clock.now().getTime() + leaseMs)).catch(() => {});
    const renewal = setInterval(renew, leaseMs / 3).unref();
    try {
      while (!stop.aborted) {
        const rows = await consuming((database) =>
          takeMessages(database, queue, { lease, nowMs: clock.now().getTime(), leaseMs, count: prefetch - held.size }),
        );
        for (const row of rows) held.add(Number(row.sequence));
        for (const row of rows) {
          if (stop.aborted) return;
          yield {
            body: parseBody(String(row.body)) ?? {},
            messageId: messageIdOf(row),
            routingKey: String(row.routing_key),
            redelivered: Number(row.deliveries) > 1,
            deliveries: Number(row.deliveries),
            headers: parseBody(String(row.headers)) ?? {},
            ack: () => settle(row, "acknowledged"),
            reject: (options) => settle(row, options?.requeue === true ? "ready" : "rejected"),
          };
        }
        if (rows.length === 0) await sleep(pollMs, undefined, { signal: stop }).catch(() => {});
      }
    } finally {
      clearInterval(renewal);
      await endLease(lease);
    }
  }

  return {
    name: "sqlite",
    async declare(bindings, signal) {
      requireBindings(bindings);
      requireSignal(signal);
      signal?.throwIfAborted();
      await file.write((database) => {
        for (const binding of bindings) declareQueue(database, binding);
      });
    },
    async publish(messages, signal) {
      if (closing.signal.aborted) throw busClosed();
      requireMessages(messages);
      requireSignal(signal);
      const work = publish(messages, signal);
      publishing.add(work);
      await work.finally(() => publishing.delete(work));
    },
    consume(queue, how = {}) {
      requireObject("options of consume", how);
      const { prefetch = 10, signal } = how;
      requireSignal(signal);
      const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
      return closing.signal.aborted ? closedQueue() : consume(queue, prefetch, stop);
    },
    async *messages(which = {}) {
      requireObject("what messages is asked for", which);
      const { conversationId } = which;
      for (let last = -1; ; ) {
        const rows = await file.read((database) => storedMessages(database, conversationId, last));
        if (rows.length === 0) return;
        for (const row of rows) yield storedMessage(row);
        last = Number(rows.at(-1)?.sequence);
      }
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await Promise.allSettled(publishing);
      for (const lease of leases) await endLease(lease);
      await file[Symbol.asyncDispose]();
    },
  };
}

async function* batches(messages: Iterable<BusMessage> | AsyncIterable<BusMessage>): AsyncIterable<BusMessage[]> {
  let batch: BusMessage[] = [];
  for await (const message of messages) {
    batch.push(message);
    if (batch.length < publishBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A queue may have several keys, but one place for its dead letters, or none. */
function declareQueue(database: Database, { routingKey, queue, deadLetter }: QueueBinding): void {
  if (deadLetter !== undefined) declareQueue(database, deadLetter);
  const isKnown = database.one("SELECT 1 FROM bindings WHERE queue = ?", queue) !== undefined;
  const key = deadLetter?.routingKey;
  const known = database.one("SELECT routing_key FROM dead_letters WHERE queue = ?", queue)?.routing_key;
  if (isKnown && known !== key) throw busTopologyConflict(queue, `its dead letters go to ${known ?? "nowhere"}`);
  database.run("INSERT OR IGNORE INTO bindings VALUES (?, ?)", routingKey, queue);
  if (key !== undefined) database.run("INSERT OR IGNORE INTO dead_letters VALUES (?, ?)", queue, key);
}

function insertMessages(database: Database, messages: readonly BusMessage[], at: Date): void {
  const trace = traceHeaders();
  for (const message of messages) {
    const text = requireMessage(message);
    const { binding, body, messageId, headers } = message;
    const conversation = typeof body.conversationId === "string" ? body.conversationId : null;
    const texts = [text, formatPythonJson({ ...trace, ...headers }), at.toISOString()] as const;
    if (!route(database, binding.routingKey, [messageId, conversation, ...texts])) throw busUnroutable(message);
  }
}

/** Puts a message into the queues of a routing key; false where there is none. */
function route(database: Database, routingKey: string, values: readonly (string | null)[]): boolean {
  const queues = database.all("SELECT queue FROM bindings WHERE routing_key = ?", routingKey);
  for (const { queue } of queues) {
    database.run(
      "INSERT OR IGNORE INTO messages (queue, routing_key, message_id, conversation_id, body, headers, published_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
      String(queue),
      routingKey,
      ...values,
    );
  }
  return queues.length > 0;
}

/** Stands between the id of a dead letter and the queue that it comes from; the separator of units of ASCII. */
const deadLetterMark = "\u001f";

/** The id that a message was published with. */
function messageIdOf(row: Row): string {
  const id = String(row.message_id);
  const isDead = parseBody(String(row.headers))?.["x-first-death-queue"] !== undefined;
  return isDead && id.includes(deadLetterMark) ? id.slice(0, id.lastIndexOf(deadLetterMark)) : id;
}

/** As RabbitMQ does it, which tells in headers where a dead letter comes from. */
function routeDeadLetter(database: Database, row: Row, at: Date): void {
  const queue = String(row.queue);
  const key = database.one("SELECT routing_key FROM dead_letters WHERE queue = ?", queue)?.routing_key;
  if (key === undefined) return;
  const headers = {
    "x-first-death-queue": queue,
    "x-first-death-reason": "rejected",
    ...parseBody(String(row.headers)),
  };
  const conversation = row.conversation_id === null ? null : String(row.conversation_id);
  // Two queues may have one place for their dead letters, and messages of the same id.
  const id = messageIdOf(row) + deadLetterMark + queue;
  const values = [id, conversation, String(row.body), formatPythonJson(headers), at.toISOString()];
  route(database, String(key), values);
}

interface Taking {
  readonly lease: string;
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly count: number;
}

function takeMessages(database: Database, queue: string, { lease, nowMs, leaseMs, count }: Taking): readonly Row[] {
  if (count <= 0) return [];
  if (database.one("SELECT 1 FROM bindings WHERE queue = ?", queue) === undefined) throw busQueueMissing(queue);
  const rows = database.all(
    "SELECT sequence FROM messages WHERE queue = ? AND (state = 'ready' OR state = 'taken' AND leased_until_ms < ?) ORDER BY sequence LIMIT ?",
    queue,
    nowMs,
    count,
  );
  return rows.flatMap(({ sequence }) =>
    database.all(
      "UPDATE messages SET state = 'taken', deliveries = deliveries + 1, lease = ?, leased_until_ms = ? WHERE sequence = ? RETURNING *",
      lease,
      nowMs + leaseMs,
      Number(sequence),
    ),
  );
}

function settleMessage(database: Database, row: Row, lease: string, state: StoredMessageState, at: Date): boolean {
  const changed = database.run(
    "UPDATE messages SET state = ?, lease = NULL, leased_until_ms = NULL WHERE sequence = ? AND lease = ?",
    state,
    Number(row.sequence),
    lease,
  );
  if (changed === 1 && state === "rejected") routeDeadLetter(database, row, at);
  return changed === 1;
}

function renewLease(database: Database, lease: string, untilMs: number): void {
  database.run("UPDATE messages SET leased_until_ms = ? WHERE state = 'taken' AND lease = ?", untilMs, lease);
}

function giveBack(database: Database, lease: string): void {
  database.run(
    "UPDATE messages SET state = 'ready', lease = NULL, leased_until_ms = NULL WHERE state = 'taken' AND lease = ?",
    lease,
  );
}

function storedMessages(database: Database, conversationId: string | undefined, after: number): readonly Row[] {
  const where = conversationId === undefined ? "" : "AND conversation_id = ?";
  return database.all(
    `SELECT * FROM messages WHERE sequence > ? ${where} ORDER BY sequence LIMIT 500`,
    after,
    ...(conversationId === undefined ? [] : [conversationId]),
  );
}

function storedMessage(row: Row): StoredMessage {
  return {
    messageId: messageIdOf(row),
    routingKey: String(row.routing_key),
    queue: String(row.queue),
    body: parseBody(String(row.body)) ?? {},
    state: String(row.state) as StoredMessageState,
    publishedAt: String(row.published_at),
  };
}
