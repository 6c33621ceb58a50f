import { existsSync } from "node:fs";
import { type PythonJson, plainJson } from "../core/python-json.ts";
import { driverOf } from "../core/service-driver.ts";
import type { Settings } from "../core/settings.ts";
import { constantsOf } from "../scratch/constants.ts";
import { inventoryOf } from "../scratch/inventory.ts";
import { inventoryPath, openInventory } from "../scratch/open-inventory.ts";

/** What the inventory of a run knows. */
export interface ScratchFacts {
  /** Tag → how many files carry it. */
  readonly tags: Readonly<Record<string, number>>;
  readonly constants: Readonly<Record<string, unknown>>;
}

/** Reads the inventory without making or changing anything; undefined where there is none, or none any more. */
export async function readScratchFacts(recipeRunId: number, settings: Settings): Promise<ScratchFacts | undefined> {
  const { driver: name } = driverOf(settings, "inventory");
  if (name === "sqlite" && !existsSync(inventoryPath(settings.scratchBasePath, recipeRunId))) return undefined;
  await using driver = await openInventory(settings, { recipeRunId, clientName: "firstlight-inspect" });
  const inventory = inventoryOf(driver, recipeRunId, "inspect", undefined);
  const tags = await inventory.allTags();
  const sizes = await inventory.sizes(tags);
  const constants = await constantsOf(inventory).entries();
  if (tags.length === 0 && constants.length === 0) return undefined;
  return {
    tags: Object.fromEntries(tags.map((tag, at) => [tag, sizes[at] ?? 0])),
    constants: Object.fromEntries(constants.map(([key, value]) => [key, printable(value)])),
  };
}

/** As JSON can hold it: integers too large for a number become text. */
function printable(value: PythonJson): unknown {
  return JSON.parse(
    JSON.stringify(plainJson(value), (_, inner: unknown) => {
      if (typeof inner === "bigint") return Number.isSafeInteger(Number(inner)) ? Number(inner) : String(inner);
      return typeof inner === "number" && !Number.isFinite(inner) ? String(inner) : inner;
    }),
  ) as unknown;
}
