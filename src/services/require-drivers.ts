import { FirstlightError } from "../core/errors.ts";
import { objectStoreAddress } from "../core/service-address.ts";
import { type ConfigurableService, driverOf, embeddedSetting } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { s3Config } from "./drivers/s3-config.ts";

/** The drivers of each service that this version has. */
const built: Readonly<Record<ConfigurableService, readonly string[]>> = {
  inventory: ["sqlite", "memory", "redis"],
  bus: ["sqlite", "amqp"],
  objectStore: ["fs", "s3"],
  metadataStore: ["sqlite", "graphql"],
  transfer: ["fs", "object-store", "globus"],
};

/**
 * Holds that this version has the drivers that the settings choose for these services.
 *
 * @throws FirstlightError DRIVER_MISSING, once, for all that are missing; SETTINGS_INVALID
 */
export function requireDrivers(settings: Settings, services: readonly ConfigurableService[]): void {
  const missing = services
    .map((service) => driverOf(settings, service))
    .filter(({ service, driver }) => !built[service].includes(driver));
  // What S3 is told is refused before a run, not in the middle of it.
  const usesS3 = services.some((service) => s3Through(service, driverOf(settings, service).driver));
  if (missing.length === 0 && usesS3) {
    objectStoreAddress(settings);
    s3Config(settings);
  }
  if (missing.length === 0) return;
  const asked = missing.map(({ service, driver, because }) => `the driver ${driver} of the ${service} (${because})`);
  const advice = missing.map(({ service }) => embeddedSetting(service));
  const fields = { missing: missing.map(({ service, driver }) => ({ service, driver })) };
  throw new FirstlightError(
    "DRIVER_MISSING",
    `The settings ask for ${asked.join(" and ")}, which this version of firstlight does not have. Set ${advice.join(" and ")}.`,
    { disposition: "invalid", fields },
  );
}

function s3Through(service: ConfigurableService, driver: string): boolean {
  return service === "objectStore" ? driver === "s3" : service === "transfer" && driver === "object-store";
}
