/** A message as it goes over the wire: which exchange and queue it belongs to follows from the binding. */
export interface BusMessage {
  readonly binding: QueueBinding;
  /** JSON object, and nothing else (`BUS_ARGUMENT_INVALID`); fields beyond the model's are kept. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The same message published twice carries the same id: consumers may drop the second. 1 to 255 bytes. */
  readonly messageId: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface QueueBinding {
  readonly routingKey: string;
  readonly queue: string;
  /**
   * Where a message goes that is rejected and not requeued; it is declared with the queue. The Python stack's queues have none, and
   * to declare one of them with it is a conflict.
   */
  readonly deadLetter?: Omit<QueueBinding, "deadLetter">;
}

/** A message taken from a queue; it stays the consumer's until `ack` or `reject`. */
export interface Delivery {
  readonly body: Readonly<Record<string, unknown>>;
  /** Of a message that came without one, as Python's do: the id that follows from its routing key and body. */
  readonly messageId: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  /**
   * How often it was handed to a consumer, this time included. Undefined where the queue does not count: a classic queue tells a first
   * delivery (1) from a later one and no more. Quorum queues and `sqlite` count, also what a consumer held when it died.
   */
  readonly deliveries: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /**
   * Done: it is not delivered again. Throws `BUS_DELIVERY_EXPIRED` once it was settled, once the consumption that delivered it has
   * ended, or the connection that it came over.
   */
  ack(): Promise<void>;
  /** Refused: dropped, or moved to the queue's dead letters, unless `requeue` is true. Throws as `ack` does. */
  reject(options?: { readonly requeue?: boolean }): Promise<void>;
}

export type StoredMessageState = "ready" | "taken" | "acknowledged" | "rejected";

/** A message as a bus of one's own keeps it. */
export interface StoredMessage {
  readonly messageId: string;
  readonly routingKey: string;
  readonly queue: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly state: StoredMessageState;
  /** ISO 8601 in UTC. */
  readonly publishedAt: string;
}

/**
 * The interservice bus: durable, at least once. A lost connection is made again, with all that was declared, as often as the
 * retries allow: publishing and consuming go on. Nothing is opened before the first call. Disposing it waits for what is being
 * published, though for a source that gives nothing no longer than a second (`SERVICE_CLOSED`), and gives unacknowledged messages back.
 */
export interface Bus extends AsyncDisposable {
  /** Which driver this is, as the settings name those of the library. */
  readonly name: string;
  /**
   * Declares the exchange, the queues and their bindings; harmless when they are there with the same properties, else
   * `BUS_TOPOLOGY_CONFLICT`. Names and routing keys have at most 255 bytes (`BUS_ARGUMENT_INVALID`). Throws `BUS_CONNECTION_LOST`
   * where the retries are used up.
   */
  declare(bindings: readonly QueueBinding[], signal?: AbortSignal): Promise<void>;
  /**
   * Resolves when the broker has taken responsibility for every message. They go out in order, and what was unconfirmed when a
   * connection was lost goes out again with the same ids. An exchange that is not there is `BUS_EXCHANGE_MISSING`, of which no message is
   * at fault. A message that no queue takes is `BUS_UNROUTABLE`; it and what is wrong with a message itself (`BUS_MESSAGE_REFUSED`,
   * `BUS_ARGUMENT_INVALID`) have its id in their fields. When it throws, the other messages may have been taken or not; publishing them
   * again does no harm, as ids are the caller's and deterministic. The signal ends it at once.
   */
  publish(messages: Iterable<BusMessage> | AsyncIterable<BusMessage>, signal?: AbortSignal): Promise<void>;
  /**
   * Messages of a queue as they come, until the signal fires or the loop is left; what is unacknowledged then goes back to the
   * queue. At most `prefetch` (default 10, 1 to 65535) are unacknowledged at a time. Throws `BUS_QUEUE_MISSING` for a queue that is not
   * there, or no longer; `BUS_CONNECTION_LOST` where the retries are used up.
   */
  consume(
    queue: string,
    options?: { readonly prefetch?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Delivery>;

  /** Only a bus of one's own: every message that it ever took, or those of one recipe run, in the order of publishing. */
  messages?(filter?: { readonly conversationId?: string }): AsyncIterable<StoredMessage>;
}
