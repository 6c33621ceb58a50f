import { randomUUID } from "node:crypto";
import { isFirstlightError, messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { RedisAddress, RedisClient } from "./redis-client.ts";
import { type RedisHearing, type RedisListener, redisListener } from "./redis-listener.ts";
import { trackingProbe } from "./redis-scripts.ts";

/** Whether a server tells of the changes of what the client has read (CLIENT TRACKING), on a second connection. */
export interface RedisTracking {
  /** Begins it where it is not on. False where that cannot be: an old server, one that forbids it, or a proxy before it. */
  begin(): Promise<boolean>;
  isOn(): boolean;
  /** False once it is known that it cannot be. */
  mayBe(): boolean;
  /** True once all was told that had changed before this call; false where that cannot be said. */
  settled(): Promise<boolean>;
  /** The client's connection has ended: what it tracked the server has forgotten. */
  clientLost(): void;
  close(): void;
}

export interface RedisTrackingOptions {
  readonly address: RedisAddress;
  readonly client: RedisClient;
  /** `lost` is called whenever changes may have gone untold. */
  readonly hearing: RedisHearing;
  /** Keys that begin so nobody else uses. */
  readonly temporary: string;
  readonly log: Logger | undefined;
}

/** A second connection that cannot be had is asked for so often, one after the other. */
const mostFailures = 3;

/**
 * Without NOLOOP, which would spare the client its own changes, and with them those evictions, expiries and overflows of the server's table that
 * its commands set off. In OPTIN mode, so that the server remembers only what is kept here.
 */
export function redisTracking({ address, client, hearing, temporary, log }: RedisTrackingOptions): RedisTracking {
  let listener: RedisListener | undefined;
  let beginning: Promise<boolean> | undefined;
  let failures = 0;
  let isClosed = false;
  /** Counts the connections that were lost. */
  let losses = 0;

  const lost = (): void => {
    losses += 1;
    const ended = listener;
    listener = undefined;
    hearing.lost();
    ended?.close();
  };
  const open = async (): Promise<boolean> => {
    const before = losses;
    const probe = `${temporary}${randomUUID()}`;
    let heardOfProbe = 0;
    const told = (keys: readonly string[] | undefined): void => {
      if (keys?.includes(probe) === true) heardOfProbe += 1;
      else hearing.told(keys);
    };
    let opened: RedisListener | undefined;
    try {
      const made = await redisListener(address, { told, lost });
      opened = made;
      if (isClosed) throw new Error("it was closed");
      await client.call(["CLIENT", "TRACKING", "ON", "REDIRECT", made.clientId, "OPTIN"]);
      // What stands between may answer for another server than the one that is listened to.
      if (isClosed) throw new Error("it was closed");
      await client.script(trackingProbe, [probe], [], true);
      await made.heard();
      if (losses !== before || isClosed) throw new Error("a connection was lost");
      if (heardOfProbe !== 2) throw new Error(`of two changes it told ${heardOfProbe}`);
      listener = made;
      failures = 0;
      return true;
    } catch (error) {
      opened?.close();
      const isOfServer = opened !== undefined || (error instanceof Error && error.name === "ReplyError");
      failures = isOfServer && !isUnreachable(error) && losses === before ? mostFailures : failures + 1;
      const fields = { host: address.host, port: address.port };
      log?.debug(`Redis tells no changes: queries are its own to answer (${messageOf(error)})`, fields);
      return false;
    }
  };

  return {
    async begin() {
      if (listener !== undefined) return true;
      if (failures >= mostFailures || isClosed) return false;
      beginning ??= open().finally(() => {
        beginning = undefined;
      });
      return beginning;
    },
    isOn: () => listener !== undefined,
    mayBe: () => listener !== undefined || failures < mostFailures,
    async settled() {
      const asked = listener;
      if (asked === undefined) return false;
      try {
        await asked.heard();
      } catch {
        return false;
      }
      return listener === asked;
    },
    clientLost: lost,
    close() {
      isClosed = true;
      listener?.close();
      listener = undefined;
    },
  };
}

function isUnreachable(error: unknown): boolean {
  return isFirstlightError(error, "INVENTORY_UNREACHABLE");
}
