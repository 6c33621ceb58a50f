import { editDistance } from "./edit-distance.ts";
import type { SettingProblem } from "./settings-invalid.ts";
import type { MeshAddress, Settings } from "./settings-table.ts";

/** How each service may be had (first the driver that needs no server), and what names the real one. */
const services = {
  inventory: {
    embedded: "sqlite",
    real: "redis",
    property: "inventoryDriver",
    setting: "INVENTORY_DRIVER",
    mesh: "automated-processing-scratch-inventory",
    // The Python stack, too, looks for Redis and RabbitMQ on this machine when the mesh names none.
    local: { host: "localhost", port: 6379 },
  },
  bus: {
    embedded: "sqlite",
    real: "amqp",
    property: "busDriver",
    setting: "BUS_DRIVER",
    mesh: "interservice-bus",
    local: { host: "localhost", port: 5672 },
  },
  objectStore: {
    embedded: "fs",
    real: "s3",
    property: "objectStoreDriver",
    setting: "OBJECT_STORE_DRIVER",
    mesh: "object-store-api",
    local: undefined,
  },
  metadataStore: {
    embedded: "sqlite",
    real: "graphql",
    property: "metadataStoreDriver",
    setting: "METADATA_STORE_DRIVER",
    mesh: "internal-api-gateway",
    local: undefined,
  },
  transfer: {
    embedded: "fs",
    real: "globus",
    property: "transferDriver",
    setting: "TRANSFER_DRIVER",
    mesh: undefined,
    local: undefined,
  },
} as const;

export type ConfigurableService = keyof typeof services;

export const configurableServices = Object.keys(services) as readonly ConfigurableService[];

type Driver<Service extends ConfigurableService> = NonNullable<Settings[(typeof services)[Service]["property"]]>;

/** Who else looks for an address in the mesh: the exporters of traces and metrics. */
const collectors = ["otlp-traces-endpoint", "otlp-metrics-endpoint"];

/** The entries of `MESH_CONFIG` that anybody here reads. */
export const meshNames: readonly string[] = [
  ...Object.values(services).flatMap(({ mesh }) => (mesh === undefined ? [] : [mesh])),
  ...collectors,
];

/** A slip of the pen, by which a service would be embedded without a word. */
const mostEdits = 2;

/**
 * Entries of `MESH_CONFIG` with a name that is almost one of `meshNames`. Others are let through: a facility has one mesh for all that it
 * runs, of which a task uses a part.
 */
export function* misspeltMeshNames({ meshConfig }: Settings): Iterable<SettingProblem> {
  for (const name of Object.keys(meshConfig)) {
    if (meshNames.includes(name)) continue;
    const spelt = name.trim().toLowerCase().replaceAll(/[\s_]/g, "-");
    const meant = meshNames.find((known) => meshConfig[known] === undefined && editDistance(spelt, known) <= mostEdits);
    if (meant === undefined) continue;
    const expected = `an entry ${meant}, perhaps; known are ${meshNames.join(", ")}`;
    yield { name: "MESH_CONFIG", expected, found: JSON.stringify(name) };
  }
}

/** Which driver a service gets, and why: for the first log line of a run. */
export interface DriverChoice<Service extends ConfigurableService = ConfigurableService> {
  readonly service: Service;
  readonly driver: Driver<Service>;
  /** `default`, `MESH_CONFIG names interservice-bus`, or the setting that names the driver or stands for it, such as `BUS_DRIVER`. */
  readonly because: string;
}

/** A driver that is named wins, then the mesh, for the transfer what fits the object store, then the embedded one. */
export function driverOf<Service extends ConfigurableService>(
  settings: Settings,
  service: Service,
): DriverChoice<Service> {
  const { embedded, real, property, setting, mesh } = services[service];
  const named = settings[property];
  if (named !== undefined) return { service, driver: named as Driver<Service>, because: setting };
  if (mesh !== undefined && settings.meshConfig[mesh] !== undefined) {
    return { service, driver: real as Driver<Service>, because: `MESH_CONFIG names ${mesh}` };
  }
  if (service === "transfer" && hasCollections(settings)) {
    return { service, driver: real as Driver<Service>, because: "OBJECT_STORE_ENDPOINT and SCRATCH_ENDPOINT are set" };
  }
  // Where objects lie on a server, nobody but the object store itself can bring them.
  if (service === "transfer") {
    const { driver, because } = driverOf(settings, "objectStore");
    if (driver === "s3") return { service, driver: "object-store" as Driver<Service>, because };
  }
  return { service, driver: embedded as Driver<Service>, because: "default" };
}

/** Host and port of a service's server, or nothing where the mesh names none and the Python stack knows no default. */
export function meshAddressOf<Service extends ConfigurableService>(
  settings: Settings,
  service: Service,
): MeshAddress | (typeof services)[Service]["local"] {
  const { mesh, local } = services[service];
  return (mesh === undefined ? undefined : settings.meshConfig[mesh]) ?? local;
}

/** What a real driver still lacks in order to reach its server; nothing for an embedded one. */
export function missingAddress(settings: Settings, service: ConfigurableService): SettingProblem | undefined {
  const { driver, because } = driverOf(settings, service);
  const { real, setting, mesh } = services[service];
  if (driver !== real) return undefined;
  if (mesh !== undefined) {
    if (meshAddressOf(settings, service) !== undefined) return undefined;
    return { name: setting, expected: `an entry ${mesh} in MESH_CONFIG, as the driver is ${real}`, found: "none" };
  }
  const { objectStoreEndpoint, scratchEndpoint } = settings;
  const lacking = [
    ...(objectStoreEndpoint === undefined ? ["OBJECT_STORE_ENDPOINT"] : []),
    ...(scratchEndpoint === undefined ? ["SCRATCH_ENDPOINT"] : []),
    ...(settings.globusInboundClientCredentials.length === 0 ? ["GLOBUS_INBOUND_CLIENT_CREDENTIALS"] : []),
    ...(settings.globusOutboundClientCredentials.length === 0 ? ["GLOBUS_OUTBOUND_CLIENT_CREDENTIALS"] : []),
  ];
  if (lacking.length === 0) return undefined;
  return {
    name: setting,
    expected: `${lacking.join(", ")} to be set, as the driver is ${real} (${because})`,
    found: "nothing there",
  };
}

/** Where objects lie beyond a network and Globus knows both ends, it is what moves them. Nobody else has a use for these names. */
function hasCollections(settings: Settings): boolean {
  const { objectStoreEndpoint, scratchEndpoint } = settings;
  const isRemote = driverOf(settings, "objectStore").driver === services.objectStore.real;
  return isRemote && objectStoreEndpoint !== undefined && scratchEndpoint !== undefined;
}
