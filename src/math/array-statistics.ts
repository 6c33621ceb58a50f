/** The percentiles of the L1 headers: DATAP01 to DATAP99. */
export const headerPercents = [1, 2, 5, 10, 25, 75, 90, 95, 98, 99] as const;
export type HeaderPercent = (typeof headerPercents)[number];

/** The L1 statistics set (SOLARNET: DATAMIN to DATAKURT). NaN pixels are left out of all but their own count. */
export interface ArrayStatistics {
  /** Pixels that are not NaN. With none, every number below is NaN. */
  readonly count: number;
  readonly nan: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly median: number;
  /** The deviation from the mean, √(Σ(x-mean)²/n): numpy's std with ddof 0, SOLARNET's DATARMS. */
  readonly rms: number;
  /** m₃/m₂^1.5, without a correction for small n: scipy's default. NaN where all pixels are equal to within rounding. */
  readonly skewness: number;
  /** Fisher's, m₄/m₂² - 3: 0 for a normal distribution; scipy's default. NaN as skewness. */
  readonly kurtosis: number;
  /** numpy's linear rule. */
  readonly percentiles: Readonly<Record<HeaderPercent, number>>;
}
