import { FirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import { type RetryOptions, retry } from "../../../core/retry.ts";
import type { Secret } from "../../../core/secret.ts";
import { busClosed } from "../bus-errors.ts";
import { type AmqpLink, watchLink } from "./amqp-link.ts";

export interface AmqpConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: Secret;
  /** Default `/`. */
  readonly vhost?: string;
  /** By what the broker shows the connection. */
  readonly clientName?: string;
  /** How connecting is tried again, and publishing and consuming after a connection was lost. */
  readonly retry: RetryOptions;
  readonly log?: Logger;
}

const connectTimeoutMs = 30_000;
/** A broker that has fallen silent is taken for lost after at most twice as long. */
const heartbeatSeconds = 60;
const mostHangUps = 3;

/**
 * A new connection to the broker, for which it is tried by `retry`. The signal ends the trying, not the connection.
 * Throws `BUS_UNREACHABLE`, `BUS_ACCESS_REFUSED`, and `SERVICE_CLOSED` once the signal has fired.
 */
export async function connectAmqp(options: AmqpConnectionOptions, closing: AbortSignal): Promise<AmqpLink> {
  const { host, port, username, vhost = "/", log = silentLogger } = options;
  const address = `${host}:${port}`;
  const signal = options.retry.signal === undefined ? closing : AbortSignal.any([closing, options.retry.signal]);
  let hangUps = 0;
  /** A virtual host may be on its way up; one that is still not there after a few tries is not to come. */
  const isHopeless = (error: unknown): boolean => isRefused(error) || hangUps >= mostHangUps;
  try {
    const tryOnce = () =>
      connectOnce(options, signal).catch((error: unknown) => {
        hangUps = isHangUp(error) ? hangUps + 1 : 0;
        throw error;
      });
    return await retry(tryOnce, {
      ...options.retry,
      signal,
      retriable: (error) => !isHopeless(error),
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
    const refused = isRefused(error) || isHangUp(error);
    throw new FirstlightError(
      refused ? "BUS_ACCESS_REFUSED" : "BUS_UNREACHABLE",
      refused
        ? `The bus at ${address} refuses the user ${username} on the virtual host ${vhost}: ${reasonOf(error)}. Check ISB_USERNAME and ISB_PASSWORD, that the virtual host is there, and the limits of connections of both: a bus that publishes and consumes has two.`
        : `The bus at ${address} cannot be reached: ${reasonOf(error)}. Check the entry interservice-bus in MESH_CONFIG, and that RabbitMQ runs there.`,
      { disposition: refused ? "invalid" : "retry", fields: { host, port, username, vhost }, cause: error },
    );
  }
}

async function connectOnce(
  { host, port, username, password, vhost = "/", clientName }: AmqpConnectionOptions,
  signal: AbortSignal,
): Promise<AmqpLink> {
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
    const model = await connect(
      {
        protocol: "amqp",
        hostname: host,
        port,
        username,
        password: password.reveal(),
        vhost,
        heartbeat: heartbeatSeconds,
      },
      socketOptions,
    );
    return watchLink(model);
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}

function isRefused(error: unknown): boolean {
  return /ACCESS_REFUSED|ACCESS-REFUSED|NOT_ALLOWED|NOT-ALLOWED|\b(403|530)\b/.test(messageOf(error));
}

/** What amqplib makes of the broker's refusal to open a virtual host (530: not found, no connection left; 541: down), of which it keeps no word. */
function isHangUp(error: unknown): boolean {
  return messageOf(error).startsWith("Expected ConnectionOpenOk; got <ConnectionClose");
}

function reasonOf(error: unknown): string {
  if (isHangUp(error))
    return "the virtual host is not there, or down, or no connection more is allowed there or to the user (max-connections)";
  return messageOf(error);
}
