import type { Header } from "../fits/header.ts";
import type { ArrayStatistics } from "../math/array-statistics.ts";

/** What a header needs to know of its pixels. A NaN is left out of the header. */
export type HeaderStatistics = Omit<ArrayStatistics, "count" | "nan">;

/** What a profile is told beside the header that it starts from. */
export interface HeaderFacts {
  readonly recipeRunId: number;
  readonly workflowName: string;
  readonly workflowVersion: string;
  readonly datasetId: string;
  readonly fileName: string;
  /** When the file is made, by the task's clock. */
  readonly createdAt: Date;
  /** Name and version of the software: `firstlight 0.1.0`. */
  readonly creator: string;
  /** FITS date, UTC, of the exposure's begin. Default: the header's own DATE-BEG. */
  readonly begin?: string;
  /** FITS date, UTC, of the exposure's end. Default: the header's own DATE-END; with neither, the end stays unsaid. */
  readonly end?: string;
  /** Of the pixels, for BUNIT. Default: the header's own. */
  readonly unit?: string;
  readonly statistics?: HeaderStatistics;
  /** Default 1. */
  readonly level?: number;
  /** EXTNAME. Default: the header's own, else "observation". */
  readonly extensionName?: string;
  /** SOLARNET's own measure: 1 when all mandatory keywords are there, default 0.5 for some of them. */
  readonly compliance?: 0.5 | 1;
  /** `DOCS_BASE_URL`. Without it no URL goes into the header. */
  readonly docsBaseUrl?: string;
}

/** A way to turn the header of a raw frame into that of a calibrated one. */
export interface HeaderProfile {
  readonly name: string;
  /** The keywords that it sets, in the order in which new ones are added. */
  readonly order: readonly string[];
  /**
   * A new header; the one given stays as it is. Cards that the profile does not set keep keyword, value, comment and order.
   *
   * - HEADER_KEY_MISSING: neither header nor facts say what the profile cannot do without
   * - HEADER_FACTS_INVALID: the facts contradict each other
   */
  apply(header: Header, facts: HeaderFacts): Header;
}
