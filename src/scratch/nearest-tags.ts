/** Why a query found nothing, for an error that helps. */
export interface NearestTags {
  /** One or two sentences for people: which tag failed, and what is nearest. */
  readonly explanation: string;
  /** Tags of the query that no file carries, each with the tags there are that look most like it. */
  readonly unknown: readonly { readonly tag: string; readonly similar: readonly string[] }[];
  /** The tag sets of files that lack the fewest of the query's tags, nearest first. */
  readonly near: readonly {
    readonly tags: readonly string[];
    readonly missing: readonly string[];
    readonly files: number;
  }[];
}
