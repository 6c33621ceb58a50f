import { basename } from "node:path";
import { BudName } from "../../parsing/bud-name.ts";

/**
 * Where a product goes in its bucket: `{proposal}/{dataset}/{file}`. A run without a proposal, as on a laptop, has its
 * instrument in that place.
 */
export function objectKey(constants: ReadonlyMap<string, unknown>, datasetId: string, path: string): string {
  const owner = constants.get(BudName.proposalId) ?? constants.get(BudName.instrument) ?? "unassigned";
  return `${String(owner).trim().replaceAll("/", "-")}/${datasetId}/${basename(path)}`;
}
