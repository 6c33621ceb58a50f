import type { InventoryDriver } from "./inventory-driver.ts";

/** What of the settings the inventory needs. */
export interface InventorySettings {
  readonly scratchBasePath: string;
}

/** Where and for whom. */
export interface InventoryUse {
  readonly recipeRunId: number;
  /** Shown in Redis's list of clients. */
  readonly clientName: string;
}

export declare function openInventory(settings: InventorySettings, use: InventoryUse): Promise<InventoryDriver>;
