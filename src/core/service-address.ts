import type { Secret } from "./secret.ts";
import { type ConfigurableService, meshAddressOf } from "./service-driver.ts";
import { settingsInvalid } from "./settings-invalid.ts";
import type { MeshAddress, Settings } from "./settings-table.ts";

export interface RedisAddress extends MeshAddress {
  /** How many databases the server has; recipe runs use the indexes below the last. */
  readonly dbCount: number;
}

export interface BusAddress extends MeshAddress {
  readonly username: string;
  readonly password: Secret;
}

/** The inventory's Redis: the mesh's, else localhost:6379. */
export function redisAddress(settings: Settings): RedisAddress {
  return { ...addressOf(settings, "inventory"), dbCount: settings.scratchInventoryDbCount };
}

/** The RabbitMQ server of the bus: the mesh's, else localhost:5672. */
export function busAddress(settings: Settings): BusAddress {
  return { ...addressOf(settings, "bus"), username: settings.isbUsername, password: settings.isbPassword };
}

/** Where the metadata store takes GraphQL. */
export function metadataStoreUrl(settings: Settings): string {
  return `http://${authority(addressOf(settings, "metadataStore"))}/graphql`;
}

/** The URL of S3. */
export function objectStoreUrl(settings: Settings): string {
  const scheme = settings.objectStoreUseSsl ? "https" : "http";
  return `${scheme}://${authority(addressOf(settings, "objectStore"))}`;
}

function addressOf(settings: Settings, service: ConfigurableService): MeshAddress {
  const address = meshAddressOf(settings, service);
  if (address !== undefined) return address;
  throw settingsInvalid([{ name: "MESH_CONFIG", expected: `an address of the ${service}'s server`, found: "none" }]);
}

/** An IPv6 address stands in brackets before a port (RFC 3986 §3.2.2). */
function authority({ host, port }: MeshAddress): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]:${port}` : `${host}:${port}`;
}
