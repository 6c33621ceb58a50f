/** A message as it goes over the wire: which exchange and queue it belongs to follows from the binding. */
export interface BusMessage {
  readonly binding: QueueBinding;
  /** JSON object; fields beyond the model's are kept. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The same message published twice carries the same id: consumers may drop the second. */
  readonly messageId: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface QueueBinding {
  readonly routingKey: string;
  readonly queue: string;
}

/** A message taken from a queue; it stays the consumer's until `ack` or `reject`. */
export interface Delivery {
  readonly body: Readonly<Record<string, unknown>>;
  readonly messageId: string;
  readonly routingKey: string;
  readonly redelivered: boolean;
  readonly headers: Readonly<Record<string, unknown>>;
  ack(): Promise<void>;
  reject(options?: { readonly requeue?: boolean }): Promise<void>;
}

/**
 * The interservice bus: durable, at least once. `publish` resolves when the broker has taken responsibility for every
 * message (publisher confirms), in order; a message that no queue takes is an error. Publishing again after a crash does
 * no harm: ids are the caller's and deterministic.
 */
export interface Bus extends AsyncDisposable {
  readonly name: "sqlite" | "amqp";
  /** Declares the exchange, the queues and their bindings; harmless when they are there with the same properties. */
  declare(bindings: readonly QueueBinding[]): Promise<void>;
  publish(messages: Iterable<BusMessage> | AsyncIterable<BusMessage>, signal?: AbortSignal): Promise<void>;
  /** Messages of a queue as they come, until the signal fires. At most `prefetch` are unacknowledged. */
  consume(
    queue: string,
    options?: { readonly prefetch?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<Delivery>;
}
