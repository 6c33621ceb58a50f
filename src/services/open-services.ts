import { resolve } from "node:path";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/log.ts";
import { requireObject, requireSignal } from "../core/require-option.ts";
import { busAddress, metadataStoreUrl, objectStoreAddress } from "../core/service-address.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { settingsInvalid } from "../core/settings-invalid.ts";
import { settingsTable } from "../core/settings-table.ts";
import type { Bus } from "./bus.ts";
import { amqpBus } from "./drivers/amqp/amqp-bus.ts";
import { fsObjectStore } from "./drivers/fs/fs-object-store.ts";
import { fsTransfer } from "./drivers/fs/fs-transfer.ts";
import { globusTransfer } from "./drivers/globus/globus-transfer.ts";
import { graphqlMetadataStore } from "./drivers/graphql/graphql-metadata-store.ts";
import { objectStoreTransfer } from "./drivers/object-store-transfer.ts";
import { s3Config } from "./drivers/s3/s3-config.ts";
import { s3ObjectStore } from "./drivers/s3/s3-object-store.ts";
import { sqliteBus } from "./drivers/sqlite-bus.ts";
import { sqliteMetadataStore } from "./drivers/sqlite-metadata-store.ts";
import type { MetadataStore } from "./metadata-store.ts";
import type { ObjectStore } from "./object-store.ts";
import { requireDrivers } from "./require-drivers.ts";
import type { ServiceName, Services } from "./services.ts";
import type { Transfer } from "./transfer.ts";

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
 * closes those that were made here. Throws `SETTINGS_INVALID` when one is asked for whose driver lacks settings.
 */
export function openServices(settings: Settings, options: OpenServicesOptions = {}): Services & AsyncDisposable {
  requireSettings(settings);
  requireObject("options of openServices", options);
  const { given = {} } = options;
  requireObject("given", given);
  requireSignal(options.signal);
  const own = resolve(settings.scratchBasePath, ownFolder);
  const root = resolve(settings.objectStorePath ?? `${own}/objects`);
  const opened = new AsyncDisposableStack();
  const use = <Service extends AsyncDisposable>(name: ServiceName, make: () => Service): Service => {
    requireDrivers(settings, [name]);
    return opened.use(make());
  };
  const bus = once(() => given.bus ?? use("bus", () => openBus(settings, own, options)));
  const objectStore = once(
    () => given.objectStore ?? use("objectStore", () => openObjectStore(settings, root, options)),
  );
  const transfer = once(
    () => given.transfer ?? use("transfer", () => openTransfer(settings, root, objectStore, options)),
  );
  const metadataStore = once(
    () => given.metadataStore ?? use("metadataStore", () => openMetadataStore(settings, own, options)),
  );
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

/** Code without types may give anything, a part of the settings, too. */
function requireSettings(settings: Settings): void {
  requireObject("settings of openServices", settings);
  const lacking = Object.keys(settingsTable).filter((name) => !(name in settings));
  if (lacking.length === 0) return;
  const found = `an object without ${lacking.slice(0, 3).join(", ")}${lacking.length > 3 ? " and others" : ""}`;
  throw settingsInvalid([{ name: "settings of openServices", expected: "what loadSettings gives", found }]);
}

function openObjectStore(settings: Settings, root: string, { log, clock, signal }: OpenServicesOptions): ObjectStore {
  const clockOption = clock === undefined ? {} : { clock };
  if (driverOf(settings, "objectStore").driver === "fs") return fsObjectStore({ root, ...clockOption });
  return s3ObjectStore({
    ...objectStoreAddress(settings),
    config: s3Config(settings),
    retry: { ...settings.retryConfig, ...(signal === undefined ? {} : { signal }) },
    ...clockOption,
    ...(log === undefined ? {} : { log }),
  });
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

function openMetadataStore(
  settings: Settings,
  own: string,
  { log, clock, signal }: OpenServicesOptions,
): MetadataStore {
  if (driverOf(settings, "metadataStore").driver === "sqlite") {
    return sqliteMetadataStore({ path: `${own}/metadata.sqlite`, ...(clock === undefined ? {} : { clock }) });
  }
  return graphqlMetadataStore({
    url: metadataStoreUrl(settings),
    authToken: settings.gqlAuthToken,
    retry: { ...settings.retryConfig, ...(signal === undefined ? {} : { signal }) },
    ...(log === undefined ? {} : { log }),
  });
}

function openTransfer(
  settings: Settings,
  root: string,
  store: () => ObjectStore,
  { log, clock }: OpenServicesOptions,
): Transfer {
  const { driver } = driverOf(settings, "transfer");
  const clockOption = clock === undefined ? {} : { clock };
  const scratchPath = resolve(settings.scratchBasePath);
  if (driver === "fs") return fsTransfer({ root, ...clockOption });
  if (driver === "object-store") return objectStoreTransfer({ store: store(), scratchPath, ...clockOption });
  return globusTransfer({
    objectStoreEndpoint: settings.objectStoreEndpoint ?? "",
    scratchEndpoint: settings.scratchEndpoint ?? "",
    inbound: settings.globusInboundClientCredentials,
    outbound: settings.globusOutboundClientCredentials,
    maxRetries: settings.globusMaxRetries,
    authUrl: settings.globusAuthUrl,
    transferUrl: settings.globusTransferUrl,
    scratchPath,
    ...(log === undefined ? {} : { log }),
  });
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
