import type { DriverChoice } from "../../core/service-driver.ts";

/** `inventory sqlite (default), bus amqp (BUS_DRIVER), …` */
export function driverList(drivers: readonly DriverChoice[]): string {
  return drivers.map(({ service, driver, because }) => `${service} ${driver} (${because})`).join(", ");
}
