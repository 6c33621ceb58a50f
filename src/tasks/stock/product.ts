import { basename } from "node:path";
import { FirstlightError } from "../../core/errors.ts";
import { BudName } from "../../parsing/bud-name.ts";
import type { Scratch } from "../../scratch/scratch.ts";
import { Tag } from "../../scratch/tag.ts";
import { provenance } from "../keep-attempt-record.ts";

/** What the catalog makes of a product: nothing, of provenance and an "other". */
export type ProductKind = "frame" | "extra" | "movie" | "quality" | "provenance" | "other";

/** A file that leaves the recipe run, and where it goes in its bucket. */
export interface Product {
  /** Absolute, in scratch. */
  readonly path: string;
  readonly key: string;
  readonly kind: ProductKind;
}

const kinds = [
  ["frame", Tag.frame()],
  ["extra", Tag.extra()],
  ["movie", Tag.movie()],
  ["quality", Tag.qualityData()],
  ["provenance", provenance],
] as const satisfies readonly (readonly [ProductKind, string])[];

/** What only tells of other products. */
const companions: ReadonlySet<ProductKind> = new Set(["quality", "provenance"]);

/**
 * Every product of a recipe run, whatever carries OUTPUT, in the order of their names. Keys are `{proposal}/{dataset}/{file}`, of
 * dataset extras `{proposal}/{dataset}/extra/{file}`; a run without a proposal, as on a laptop, has its instrument there.
 *
 * @throws FirstlightError NO_PRODUCTS, PRODUCTS_COLLIDE for two of one key
 */
export async function productsOf(
  scratch: Scratch,
  constants: ReadonlyMap<string, unknown>,
  datasetId: string,
): Promise<readonly Product[]> {
  const paths = await scratch.find([Tag.output()]);
  if (paths.length === 0) {
    throw new FirstlightError(
      "NO_PRODUCTS",
      `Recipe run ${scratch.recipeRunId} has made no product: no file carries ${Tag.output()}. Let a task such as WriteL1Frame come before ${scratch.taskName}.`,
    );
  }
  const kindOf = new Map<string, ProductKind>();
  for (const [kind, tag] of kinds) {
    for (const path of await scratch.find([Tag.output(), tag])) if (!kindOf.has(path)) kindOf.set(path, kind);
  }
  // Quality and provenance of nothing are no dataset: a run whose frames were lost must not end as done.
  if (paths.every((path) => companions.has(kindOf.get(path) ?? "other"))) {
    throw new FirstlightError(
      "NO_PRODUCTS",
      `Recipe run ${scratch.recipeRunId} has made no data: the ${paths.length === 1 ? "file that carries" : `${paths.length} files that carry`} ${Tag.output()} only tell of its quality and provenance. If files or tags of the run were lost, begin it anew with --fresh.`,
    );
  }
  const folder = `${ownerOf(constants)}/${datasetId}`;
  const products = paths.map((path): Product => {
    const kind = kindOf.get(path) ?? "other";
    return { path, kind, key: `${folder}/${kind === "extra" ? "extra/" : ""}${basename(path)}` };
  });
  const byKey = new Map<string, string>();
  for (const { key, path } of products) {
    const other = byKey.get(key);
    if (other !== undefined) throw collision(key, other, path);
    byKey.set(key, path);
  }
  return products;
}

function ownerOf(constants: ReadonlyMap<string, unknown>): string {
  for (const name of [BudName.proposalId, BudName.instrument]) {
    const owner = String(constants.get(name) ?? "")
      .trim()
      .replaceAll("/", "-");
    if (!/^\.*$/.test(owner)) return owner;
  }
  return "unassigned";
}

function collision(key: string, first: string, second: string): FirstlightError {
  return new FirstlightError(
    "PRODUCTS_COLLIDE",
    `Two products would have the object key ${key}: ${first} and ${second}. Give one of them another file name.`,
    { fields: { key, paths: [first, second] } },
  );
}
