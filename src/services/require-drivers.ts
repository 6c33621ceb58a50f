import { objectStoreAddress } from "../core/service-address.ts";
import { type ConfigurableService, driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { s3Config } from "./drivers/s3/s3-config.ts";

/**
 * Holds that the drivers of these services can be made of the settings: what S3 is told is refused before a run, not in the middle of it.
 *
 * @throws FirstlightError SETTINGS_INVALID
 */
export function requireDrivers(settings: Settings, services: readonly ConfigurableService[]): void {
  if (!services.some((service) => isThroughS3(service, driverOf(settings, service).driver))) return;
  objectStoreAddress(settings);
  s3Config(settings);
}

function isThroughS3(service: ConfigurableService, driver: string): boolean {
  return service === "objectStore" ? driver === "s3" : service === "transfer" && driver === "object-store";
}
