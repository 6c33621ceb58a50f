import type { Bus } from "./bus.ts";
import type { MetadataStore } from "./metadata-store.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Transfer } from "./transfer.ts";

/** The world outside a recipe run, by the names under which a task asks for it. */
export interface Services {
  readonly bus: Bus;
  readonly objectStore: ObjectStore;
  readonly metadataStore: MetadataStore;
  readonly transfer: Transfer;
}

export type ServiceName = keyof Services;

export const serviceNames = [
  "bus",
  "objectStore",
  "metadataStore",
  "transfer",
] as const satisfies readonly ServiceName[];
