import { FirstlightError } from "../core/errors.ts";
import { type ConfigurableService, driverOf, embeddedSetting } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";

/** The drivers of each service that this version has. */
const built: Readonly<Record<ConfigurableService, readonly string[]>> = {
  inventory: ["sqlite", "memory", "redis"],
  bus: ["sqlite", "amqp"],
  objectStore: ["fs"],
  metadataStore: ["sqlite", "graphql"],
  transfer: ["fs", "globus"],
};

/**
 * Holds that this version has the drivers that the settings choose for these services.
 *
 * @throws FirstlightError DRIVER_MISSING, once, for all that are missing
 */
export function requireDrivers(settings: Settings, services: readonly ConfigurableService[]): void {
  const missing = services
    .map((service) => driverOf(settings, service))
    .filter(({ service, driver }) => !built[service].includes(driver));
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
