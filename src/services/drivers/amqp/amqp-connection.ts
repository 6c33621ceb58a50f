import type { ChannelModel } from "amqplib";
import { silentLogger } from "../../../core/log.ts";
import { requirePort } from "../../../core/require-option.ts";
import { unlessAborted } from "../../../core/retry.ts";
import { requireSecret } from "../../../core/secret.ts";
import { plainHost, requireHost } from "../../../core/server-url.ts";
import { requireVhost } from "../bus-arguments.ts";
import { busClosed } from "../bus-errors.ts";
import { type AmqpConnectionOptions, connectAmqp } from "./amqp-connect.ts";
import type { AmqpLink } from "./amqp-link.ts";

/** One connection, made at first use, and anew after it was lost. */
export interface AmqpConnection {
  readonly address: string;
  /**
   * Once the signal fires, its reason is thrown; the broker is looked for further, as others may wait for it. Throws what
   * `connectAmqp` throws, and what `restore` throws: then a later call makes another connection.
   */
  open(signal?: AbortSignal): Promise<ChannelModel>;
  /** To be called once `closing` has fired. */
  close(): Promise<void>;
}

export interface AmqpConnectionLife {
  /** Called with every connection before anybody uses it. */
  readonly restore: (connection: ChannelModel) => Promise<void>;
  /** From when it fires no broker is looked for any more; a connection that is there stays until `close`. */
  readonly closing: AbortSignal;
  /** Fires some time after `closing`: a connection that is still being restored is cut. */
  readonly overdue: AbortSignal;
}

/**
 * A connection is made, then restored, then there, until it is lost or closed; `current` stands for it from the first of these states
 * to the last. Until it is there it belongs to `make`, which ends it where it cannot be restored; then to `close`.
 */
export function amqpConnection(
  given: AmqpConnectionOptions,
  { restore, closing, overdue }: AmqpConnectionLife,
): AmqpConnection {
  const options = { ...given, host: plainHost(given.host) };
  const { log = silentLogger } = options;
  const address = `${options.host}:${options.port}`;
  let current: Promise<AmqpLink> | undefined;
  let isFirst = true;

  const make = async (): Promise<AmqpLink> => {
    const link = await connectAmqp(options, closing);
    // The close event follows; without a listener this one would end the process.
    link.model.on("error", (error) =>
      log.warning(`The bus at ${address} has dropped the connection: ${error.message}`),
    );
    link.model.on("blocked", (reason) =>
      log.warning(
        `The bus at ${address} takes no messages for now: ${String(reason)}. Publishing waits; free memory or disk there`,
      ),
    );
    link.model.on("unblocked", () => log.info(`The bus at ${address} takes messages again`));
    try {
      await unlessAborted(restore(link.model), overdue);
    } catch (error) {
      if (!overdue.aborted) await link.close();
      else link.cut();
      throw closing.aborted ? busClosed() : error;
    }
    if (!isFirst) log.info(`Connected to the bus at ${address} again`);
    isFirst = false;
    return link;
  };

  const begin = (): Promise<AmqpLink> => {
    const making = make();
    // A connection may end long after the one that follows it has begun.
    const forget = (): void => {
      if (current === making) current = undefined;
    };
    making.then(({ onClosed }) => onClosed(forget), forget);
    return making;
  };

  return {
    address,
    async open(signal) {
      signal?.throwIfAborted();
      requireHost("host (interservice-bus in MESH_CONFIG)", given.host);
      requirePort("port (interservice-bus in MESH_CONFIG)", given.port);
      requireSecret("password (ISB_PASSWORD)", options.password);
      requireVhost(options.vhost);
      if (current === undefined && closing.aborted) throw busClosed();
      current ??= begin();
      const { model } = await unlessAborted(current, signal);
      return model;
    },
    async close() {
      const link = await current?.catch(() => undefined);
      await link?.close();
    },
  };
}
