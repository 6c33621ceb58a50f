import { resolve } from "node:path";
import type { Clock } from "../core/clock.ts";
import { FirstlightError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { busAddress } from "../core/service-address.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import type { Bus } from "./bus.ts";
import { amqpBus } from "./drivers/amqp-bus.ts";
import { fsObjectStore } from "./drivers/fs-object-store.ts";
import { fsTransfer } from "./drivers/fs-transfer.ts";
import { sqliteBus } from "./drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "./drivers/sqlite-metadata-store.ts";
import type { MetadataStore } from "./metadata-store.ts";
import type { Services } from "./services.ts";

export interface OpenServicesOptions {
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Ends the waits for servers that do not answer, and no connection that is there. */
  readonly signal?: AbortSignal;
  /** Stand in for the services that the settings name. They stay open. */
  readonly given?: Partial<Services>;
}

/** The folder of what firstlight keeps beside the recipe runs. */
const ownFolder = ".firstlight";

/**
 * The services that the settings name. Each is made when it is first asked for and connects when it is first used; disposing
 * closes those that were made here. Throws `DRIVER_MISSING` when one is asked for whose driver this version does not have.
 */
export function openServices(settings: Settings, options: OpenServicesOptions = {}): Services & AsyncDisposable {
  const { given = {}, clock } = options;
  const own = resolve(settings.scratchBasePath, ownFolder);
  const root = resolve(settings.objectStorePath ?? `${own}/objects`);
  const opened = new AsyncDisposableStack();
  const clockOption = clock === undefined ? {} : { clock };
  const bus = once(() => given.bus ?? opened.use(openBus(settings, own, options)));
  const objectStore = once(
    () => given.objectStore ?? opened.use(fsObjectStore({ root: only(settings, "objectStore", root), ...clockOption })),
  );
  const transfer = once(() => given.transfer ?? opened.use(fsTransfer({ root: only(settings, "transfer", root), ...clockOption })));
  const metadataStore = once(() => given.metadataStore ?? opened.use(openMetadataStore(settings, own, clockOption)));
  return {
    get bus() {
      return bus();
    },
    get objectStore() {
      return objectStore();
    },
    get metadataStore() {
      return metadataStore();
    },
    get transfer() {
      return transfer();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

function openMetadataStore(settings: Settings, own: string, clock: { readonly clock?: Clock }): MetadataStore {
  return sqliteMetadataStore({ path: only(settings, "metadataStore", `${own}/metadata.sqlite`), ...clock });
}

function openBus(settings: Settings, own: string, { log, clock, signal }: OpenServicesOptions): Bus {
  if (driverOf(settings, "bus").driver === "sqlite") {
    return sqliteBus({ path: `${own}/bus.sqlite`, ...(clock === undefined ? {} : { clock }) });
  }
  const { host, port, username, password } = busAddress(settings);
  return amqpBus({
    host,
    port,
    username,
    password,
    exchange: settings.isbExchange,
    queueType: settings.isbQueueType,
    retry: { ...settings.retryConfig, ...(signal === undefined ? {} : { signal }) },
    clientName: "firstlight",
    ...(log === undefined ? {} : { log }),
  });
}

/** `value`, unless the settings name a driver that needs another kind of place. */
function only(settings: Settings, service: "objectStore" | "metadataStore" | "transfer", value: string): string {
  const { driver, because } = driverOf(settings, service);
  if (driver === "fs" || driver === "sqlite") return value;
  throw new FirstlightError(
    "DRIVER_MISSING",
    `${because} asks for the driver ${driver} of the ${service}, which this version of firstlight does not have. Set ${settingOf[service]}.`,
    { disposition: "invalid", fields: { service, driver } },
  );
}

const settingOf = {
  objectStore: "OBJECT_STORE_DRIVER=fs",
  metadataStore: "METADATA_STORE_DRIVER=sqlite",
  transfer: "TRANSFER_DRIVER=fs",
} as const;

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
