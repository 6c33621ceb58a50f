import { Duplex } from "node:stream";
import type { ChannelModel } from "amqplib";
import { unlessAborted } from "../../../core/retry.ts";
import { goodbyeMs } from "./amqp-channel.ts";

/** One connection to the broker, from when it is there to its end. Who made it closes or cuts it. */
export interface AmqpLink {
  readonly model: ChannelModel;
  /** Called once when it ends, whoever ends it; at once where it has ended. */
  onClosed(listener: () => void): void;
  /** Says goodbye, and ends it all the same where the broker does not answer. */
  close(): Promise<void>;
  /** Ends it without asking the broker. */
  cut(): void;
}

/** Watches a connection from its beginning. */
export function watchLink(model: ChannelModel): AmqpLink {
  const stream = streamOf(model);
  gatherWrites(stream);
  let isOpen = true;
  const closed = Promise.withResolvers<void>();
  model.on("close", () => {
    isOpen = false;
    closed.resolve();
    // amqplib has only ended its half: a broker that is silent, or out of memory, would keep the other half, and the process with it.
    const late = setTimeout(() => stream?.destroy(), goodbyeMs).unref();
    stream?.once("close", () => clearTimeout(late));
  });
  const cut = (): void => void stream?.destroy(new Error("it was cut here, as the broker was silent"));
  return {
    model,
    onClosed(listener) {
      if (isOpen) model.once("close", listener);
      else listener();
    },
    async close() {
      if (!isOpen) return;
      const ended = Promise.race([model.close().catch(() => {}), closed.promise]);
      await unlessAborted(ended, AbortSignal.timeout(goodbyeMs)).catch(cut);
    },
    cut,
  };
}

function streamOf({ connection }: ChannelModel): Duplex | undefined {
  const stream: unknown = Reflect.get(connection, "stream");
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
