import type { Channel } from "amqplib";
import { onAbort } from "../../../core/on-abort.ts";
import { unlessAborted } from "../../../core/retry.ts";

/** A channel, and how it came to its end. */
export interface AmqpChannel<Kind extends Channel> {
  readonly channel: Kind;
  isOpen(): boolean;
  /** Why it is closed: what the broker said, where it said anything. */
  cause(): unknown;
  /** Called once when it closes, whoever closes it. Gives what takes the listener back. */
  onClosed(listener: () => void): () => void;
  close(): Promise<void>;
}

/** How long a broker may take to say goodbye. */
export const goodbyeMs = 2_000;

/** Fires that long after the signal: what a broker had begun to answer by then has had its time. */
export function afterGoodbye(signal: AbortSignal): AbortSignal {
  const after = new AbortController();
  onAbort(signal, () => void setTimeout(() => after.abort(), goodbyeMs).unref());
  return after.signal;
}

/** Watches a channel from its beginning: without a listener its error would end the process. */
export function watchChannel<Kind extends Channel>(channel: Kind): AmqpChannel<Kind> {
  let open = true;
  let cause: unknown;
  const closed = Promise.withResolvers<void>();
  // Every publish and consumption listens for itself.
  channel.setMaxListeners(0);
  channel.on("error", (error: unknown) => {
    cause ??= error;
  });
  channel.on("close", () => {
    open = false;
    closed.resolve();
  });
  return {
    channel,
    isOpen: () => open,
    cause: () => cause,
    onClosed(listener) {
      if (open) channel.once("close", listener);
      else listener();
      return () => void channel.off("close", listener);
    },
    async close() {
      if (!open) return;
      open = false;
      // amqplib tells nobody who waits for the broker's answer that the connection was lost meanwhile.
      const ended = Promise.race([channel.close().catch(() => {}), closed.promise]);
      await unlessAborted(ended, AbortSignal.timeout(goodbyeMs)).catch(() => {});
    },
  };
}

/** Reply codes (AMQP 0-9-1 §1.1) by which the broker refuses what was asked of a channel; all others tell of its own troubles. */
export const replyCodes = { accessRefused: 403, notFound: 404, resourceLocked: 405, preconditionFailed: 406 } as const;
