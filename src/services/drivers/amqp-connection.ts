import type { ChannelModel } from "amqplib";
import { FirstlightError, messageOf } from "../../core/errors.ts";
import { type Logger, silentLogger } from "../../core/log.ts";
import { type RetryOptions, retry, unlessAborted } from "../../core/retry.ts";
import type { Secret } from "../../core/secret.ts";
import { busClosed } from "./bus-errors.ts";

export interface AmqpConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: Secret;
  /** Default `/`. */
  readonly vhost?: string;
  /** By what the broker shows the connection. */
  readonly clientName?: string;
  /** How connecting is tried again. */
  readonly retry: RetryOptions;
  readonly log?: Logger;
}

/** One connection, made at first use, and anew after it was lost. */
export interface AmqpConnection {
  /** Once the signal fires, its reason is thrown; the broker is looked for further, as others may wait for it. */
  open(signal?: AbortSignal): Promise<ChannelModel>;
  /** Waits for no broker any more; a connection that is there stays. */
  giveUp(): void;
  close(): Promise<void>;
}

const connectTimeoutMs = 30_000;

export function amqpConnection(options: AmqpConnectionOptions): AmqpConnection {
  const closing = new AbortController();
  let connecting: Promise<ChannelModel> | undefined;
  return {
    async open(signal) {
      signal?.throwIfAborted();
      if (closing.signal.aborted && connecting === undefined) throw busClosed();
      connecting ??= connectWithRetry(options, closing.signal).then(
        (connection) => {
          connection.on("close", () => {
            connecting = undefined;
          });
          // The close event follows; without a listener this one would end the process.
          connection.on("error", (error) =>
            options.log?.warning(`The bus has dropped the connection: ${error.message}`),
          );
          return connection;
        },
        (error: unknown) => {
          connecting = undefined;
          throw error;
        },
      );
      return unlessAborted(connecting, signal);
    },
    giveUp: () => closing.abort(),
    async close() {
      closing.abort();
      const connection = await connecting?.catch(() => undefined);
      await connection?.close().catch(() => {});
    },
  };
}

async function connectWithRetry(options: AmqpConnectionOptions, closing: AbortSignal): Promise<ChannelModel> {
  const { host, port, username, vhost = "/", log = silentLogger } = options;
  const address = `${host}:${port}`;
  const signal = options.retry.signal === undefined ? closing : AbortSignal.any([closing, options.retry.signal]);
  try {
    return await retry(() => connectOnce(options, signal), {
      ...options.retry,
      signal,
      retriable: (error) => !isRefused(error),
      onWait: (wait) => {
        const seconds = wait.delaySeconds.toFixed(1);
        log.warning(
          `No connection to the bus at ${address} (${reasonOf(wait.error)}); trying again in ${seconds} s. RETRY_CONFIG limits the tries, MESH_CONFIG names another bus`,
          {
            attempt: wait.attempt,
          },
        );
        options.retry.onWait?.(wait);
      },
    });
  } catch (error) {
    if (closing.aborted) throw busClosed();
    signal.throwIfAborted();
    const refused = isRefused(error);
    throw new FirstlightError(
      refused ? "BUS_ACCESS_REFUSED" : "BUS_UNREACHABLE",
      refused
        ? `The bus at ${address} refuses the user ${username} on the virtual host ${vhost}: ${reasonOf(error)}. Check ISB_USERNAME and ISB_PASSWORD.`
        : `The bus at ${address} cannot be reached: ${reasonOf(error)}. Check the entry interservice-bus in MESH_CONFIG, and that RabbitMQ runs there.`,
      { disposition: refused ? "invalid" : "retry", fields: { host, port, username, vhost }, cause: error },
    );
  }
}

/** The signal ends the connecting, not the connection. */
async function connectOnce(
  { host, port, username, password, vhost = "/", clientName }: AmqpConnectionOptions,
  signal: AbortSignal,
): Promise<ChannelModel> {
  const { connect } = await import("amqplib");
  const abandoned = new AbortController();
  const abandon = (): void => abandoned.abort(signal.reason);
  signal.addEventListener("abort", abandon, { once: true });
  const socketOptions = {
    timeout: connectTimeoutMs,
    noDelay: true,
    // Node's own option of a socket: a firewall that swallows packets would else hold it for the whole timeout.
    signal: abandoned.signal,
    ...(clientName === undefined ? {} : { clientProperties: { connection_name: clientName } }),
  };
  try {
    signal.throwIfAborted();
    return await connect(
      { protocol: "amqp", hostname: host, port, username, password: password.reveal(), vhost },
      socketOptions,
    );
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}

function isRefused(error: unknown): boolean {
  return /ACCESS_REFUSED|ACCESS-REFUSED|NOT_ALLOWED|NOT-ALLOWED|\b(403|530)\b/.test(messageOf(error));
}

/** An attempt over several addresses (::1, then 127.0.0.1) fails with several errors, and says nothing itself. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return messageOf(error);
}
