export { attemptFenced } from "./attempt-fenced.ts";
export type { Constants } from "./constants.ts";
export { memoryInventory } from "./drivers/memory.ts";
export { type RedisInventoryOptions, redisInventory } from "./drivers/redis.ts";
export { type SqliteInventoryOptions, sqliteInventory } from "./drivers/sqlite.ts";
export { raiseFence } from "./fence.ts";
export type {
  Entry,
  EntryChange,
  Exchange,
  Exchanged,
  Fence,
  IncrementOptions,
  InventoryDriver,
  LogOptions,
  RecordChange,
  WriteOptions,
} from "./inventory-driver.ts";
export type { NearestTags, TagSet } from "./nearest-tags.ts";
export { type InventoryUse, inventoryPath, openInventory } from "./open-inventory.ts";
export {
  openScratch,
  type Scratch,
  type ScratchLanding,
  type ScratchOptions,
  type TaggedFiles,
  type WriteFileOptions,
} from "./scratch.ts";
export type { SetCombination, SetDifference, SetExpression } from "./set-expression.ts";
export { StemName, stemOf } from "./stem-name.ts";
export { Tag } from "./tag.ts";
export {
  allOf,
  anyOf,
  formatQuery,
  noneOf,
  type StemQuery,
  type TagChoice,
  type TagQuery,
  withStem,
} from "./tag-query.ts";
export { type TagVocabulary, tagVocabulary } from "./tag-vocabulary.ts";
export { TaskName } from "./task-name.ts";
