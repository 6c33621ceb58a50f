import { Duplex } from "node:stream";
import type { ChannelModel } from "amqplib";
import { FirstlightError, messageOf } from "../../../core/errors.ts";
import { type Logger, silentLogger } from "../../../core/log.ts";
import { requirePort } from "../../../core/require-option.ts";
import { type RetryOptions, retry, unlessAborted } from "../../../core/retry.ts";
import { requireSecret, type Secret } from "../../../core/secret.ts";
import { plainHost, requireHost } from "../../../core/server-url.ts";
import { requireVhost } from "../bus-arguments.ts";
import { busClosed } from "../bus-errors.ts";
import { goodbyeMs } from "./amqp-channel.ts";

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

/** One connection, made at first use, and anew after it was lost. */
export interface AmqpConnection {
  readonly address: string;
  /** Once the signal fires, its reason is thrown; the broker is looked for further, as others may wait for it. */
  open(signal?: AbortSignal): Promise<ChannelModel>;
  /** Waits for no broker any more; a connection that is there stays. */
  giveUp(): void;
  close(): Promise<void>;
}

const connectTimeoutMs = 30_000;
/** A broker that has fallen silent is taken for lost after at most twice as long. */
const heartbeatSeconds = 60;
const mostHangUps = 3;

/** @param restore is called with every connection but the first, before anybody uses it */
export function amqpConnection(
  given: AmqpConnectionOptions,
  restore: (connection: ChannelModel) => Promise<void>,
): AmqpConnection {
  const options = { ...given, host: plainHost(given.host) };
  const { log = silentLogger } = options;
  const closing = new AbortController();
  const address = `${options.host}:${options.port}`;
  let connecting: Promise<ChannelModel> | undefined;
  let connections = 0;

  const connectAndRestore = async (): Promise<ChannelModel> => {
    for (;;) {
      const connection = await connectWithRetry(options, closing.signal);
      let isThere = true;
      connection.on("close", () => {
        isThere = false;
        connecting = undefined;
      });
      // The close event follows; without a listener this one would end the process.
      connection.on("error", (error) =>
        log.warning(`The bus at ${address} has dropped the connection: ${error.message}`),
      );
      connection.on("blocked", (reason) =>
        log.warning(
          `The bus at ${address} takes no messages for now: ${String(reason)}. Publishing waits; free memory or disk there`,
        ),
      );
      connection.on("unblocked", () => log.info(`The bus at ${address} takes messages again`));
      connections += 1;
      if (connections === 1) return connection;
      try {
        await restore(connection);
        log.info(`Connected to the bus at ${address} again`);
        return connection;
      } catch (error) {
        if (isThere) throw error;
      }
    }
  };

  return {
    address,
    async open(signal) {
      signal?.throwIfAborted();
      requireHost("host (interservice-bus in MESH_CONFIG)", given.host);
      requirePort("port (interservice-bus in MESH_CONFIG)", given.port);
      requireSecret("password (ISB_PASSWORD)", options.password);
      requireVhost(options.vhost);
      if (closing.signal.aborted && connecting === undefined) throw busClosed();
      if (connecting === undefined) {
        const made = connectAndRestore();
        connecting = made;
        made.catch(() => {
          connecting = undefined;
        });
      }
      return unlessAborted(connecting, signal);
    },
    giveUp: () => closing.abort(),
    async close() {
      closing.abort();
      const connection = await connecting?.catch(() => undefined);
      if (connection === undefined) return;
      const closed = connection.close().catch(() => {});
      await unlessAborted(closed, AbortSignal.timeout(goodbyeMs)).catch(() => cut(connection));
    },
  };
}

/** Ends a connection without asking the broker. */
function cut(connection: ChannelModel): void {
  streamOf(connection)?.destroy(new Error("the broker does not close the connection"));
}

function streamOf(connection: ChannelModel): Duplex | undefined {
  const stream: unknown = Reflect.get(connection.connection, "stream");
  return stream instanceof Duplex ? stream : undefined;
}

/** amqplib writes message by message, each with a call to the system: what is written in one turn goes out in one. */
function gatherWrites(stream: Duplex | undefined): void {
  if (stream === undefined) return;
  const { write } = stream;
  let isGathering = false;
  stream.write = (...given: readonly unknown[]) => {
    if (!isGathering) {
      isGathering = true;
      stream.cork();
      process.nextTick(() => {
        isGathering = false;
        stream.uncork();
      });
    }
    return Reflect.apply(write, stream, given);
  };
}

async function connectWithRetry(options: AmqpConnectionOptions, closing: AbortSignal): Promise<ChannelModel> {
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
        ? `The bus at ${address} refuses the user ${username} on the virtual host ${vhost}: ${reasonOf(error)}. Check ISB_USERNAME and ISB_PASSWORD, and that the virtual host is there.`
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
    const connection = await connect(
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
    gatherWrites(streamOf(connection));
    return connection;
  } finally {
    signal.removeEventListener("abort", abandon);
  }
}

function isRefused(error: unknown): boolean {
  return /ACCESS_REFUSED|ACCESS-REFUSED|NOT_ALLOWED|NOT-ALLOWED|\b(403|530)\b/.test(messageOf(error));
}

/** What amqplib makes of the broker's refusal to open a virtual host (530, not found; 541, down), of which it keeps no word. */
function isHangUp(error: unknown): boolean {
  return messageOf(error).startsWith("Expected ConnectionOpenOk; got <ConnectionClose");
}

function reasonOf(error: unknown): string {
  if (isHangUp(error)) return "the virtual host is not there, or down";
  return messageOf(error);
}
