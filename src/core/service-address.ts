import type { Secret } from "./secret.ts";
import { meshAddressOf, missingAddress } from "./service-driver.ts";
import { settingsInvalid } from "./settings-invalid.ts";
import type { MeshAddress, Settings } from "./settings-table.ts";

export interface BusAddress extends MeshAddress {
  readonly username: string;
  readonly password: Secret;
}

/** The RabbitMQ server of the bus: the mesh's, else localhost:5672. */
export function busAddress(settings: Settings): BusAddress {
  return { ...meshAddressOf(settings, "bus"), username: settings.isbUsername, password: settings.isbPassword };
}

/** Where the metadata store of the mesh takes GraphQL. */
export function metadataStoreUrl(settings: Settings): string {
  const address = meshAddressOf(settings, "metadataStore");
  if (address === undefined) {
    const problem = missingAddress(settings, "metadataStore");
    throw settingsInvalid(problem === undefined ? [] : [problem]);
  }
  const { host, port } = address;
  // An address of IPv6 has colons of its own.
  return `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}/graphql`;
}
