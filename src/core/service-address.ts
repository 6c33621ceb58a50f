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
  const url = [host, `[${host}]`].map((at) => `http://${at}:${port}/graphql`).find((one) => URL.canParse(one));
  if (url !== undefined && !host.includes("@") && !/[/?#]/.test(host)) return url;
  const expected = "a host name or an address as mesh_address of internal-api-gateway";
  throw settingsInvalid([{ name: "MESH_CONFIG", expected, found: JSON.stringify(host) }]);
}

export interface ObjectStoreAddress extends MeshAddress {
  readonly useSsl: boolean;
  readonly accessKey: Secret;
  readonly secretKey: Secret;
}

/**
 * The S3 server of the object store: the mesh's.
 *
 * @throws FirstlightError SETTINGS_INVALID when its address or its keys are not set
 */
export function objectStoreAddress(settings: Settings): ObjectStoreAddress {
  const address = meshAddressOf(settings, "objectStore");
  const { objectStoreAccessKey: accessKey, objectStoreSecretKey: secretKey, objectStoreUseSsl: useSsl } = settings;
  if (address !== undefined && accessKey !== undefined && secretKey !== undefined) {
    return { ...address, useSsl, accessKey, secretKey };
  }
  const lacking = [
    ...(address === undefined ? ["object-store-api in MESH_CONFIG"] : []),
    ...(accessKey === undefined ? ["OBJECT_STORE_ACCESS_KEY"] : []),
    ...(secretKey === undefined ? ["OBJECT_STORE_SECRET_KEY"] : []),
  ];
  const expected = `${lacking.join(", ")} to be set, as the driver is s3`;
  throw settingsInvalid([{ name: "OBJECT_STORE_DRIVER", expected, found: "nothing there" }]);
}
