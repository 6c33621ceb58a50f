import { dirname, isAbsolute, resolve, sep } from "node:path";
import type { TransferItem, TransferOptions } from "../transfer.ts";
import { realpathOfNearest } from "./fs/fs-bucket.ts";
import { noItem, notAbsolute, notInScratch, sameDestination } from "./transfer-failed.ts";

/**
 * Holds that the places in scratch are absolute and below `scratchPath`, whatever symbolic links lie on the way. Resolves to the same
 * items with their places in one spelling, so that two of one place are seen to be that.
 *
 * @throws FirstlightError TRANSFER_FAILED naming all that are not
 */
export async function requireInScratch(
  items: readonly TransferItem[],
  scratchPath: string | undefined,
  options: TransferOptions,
): Promise<readonly TransferItem[]> {
  const given: unknown = items;
  if (!Array.isArray(given)) throw noItem(given);
  for (const item of given) if (!isItem(item)) throw noItem(item);
  for (const { path } of items) if (!isAbsolute(path) || path.includes("\0")) throw notAbsolute(path);
  const spelt = items.map((item) => ({ ...item, path: resolve(item.path) }));
  if (scratchPath === undefined) return spelt;
  const base = resolve(scratchPath);
  const outside = items.map(({ path }) => path).filter((path) => !isBelow(resolve(path), base));
  if (outside.length > 0) throw notInScratch(outside, base, options);
  const real = await realpathOfNearest(base);
  for (const [folder, inside] of Map.groupBy(items, ({ path }) => dirname(resolve(path)))) {
    const found = await realpathOfNearest(folder);
    if (found !== real && !isBelow(found, real) && !isBelow(real, found)) {
      throw notInScratch(
        inside.map(({ path }) => path),
        base,
        options,
      );
    }
  }
  return spelt;
}

/**
 * The copies, each once.
 *
 * @throws FirstlightError TRANSFER_FAILED naming those that would take each other's place
 */
export function distinctCopies<Copy extends { readonly from: string; readonly to: string }>(
  copies: readonly Copy[],
  options: TransferOptions,
): readonly Copy[] {
  const byPlace = new Map<string, Copy>();
  const colliding: string[] = [];
  for (const copy of copies) {
    const known = byPlace.get(copy.to);
    if (known === undefined) byPlace.set(copy.to, copy);
    else if (known.from !== copy.from) colliding.push(`${known.from} and ${copy.from} → ${copy.to}`);
  }
  if (colliding.length > 0) throw sameDestination(colliding, options);
  return byPlace.size === copies.length ? copies : [...byPlace.values()];
}

function isItem(item: unknown): boolean {
  if (typeof item !== "object" || item === null) return false;
  return ["bucket", "key", "path"].every((name) => typeof Reflect.get(item, name) === "string");
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
