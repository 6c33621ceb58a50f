import type { Secret } from "./secret.ts";
import { meshAddressOf } from "./service-driver.ts";
import type { MeshAddress, Settings } from "./settings-table.ts";

export interface BusAddress extends MeshAddress {
  readonly username: string;
  readonly password: Secret;
}

/** The RabbitMQ server of the bus: the mesh's, else localhost:5672. */
export function busAddress(settings: Settings): BusAddress {
  return { ...meshAddressOf(settings, "bus"), username: settings.isbUsername, password: settings.isbPassword };
}
