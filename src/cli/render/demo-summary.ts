import { type Comparison, limits } from "../../demo/compare.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** How near the demo's products come to the truth of its camera, and whether that is near enough. */
export function demoSummary(
  comparison: Comparison,
  page: { readonly width: number; readonly style: Style },
): readonly string[] {
  const { style } = page;
  const mark = (good: boolean): string => (good ? style.green("✓") : style.red("✗"));
  const dark = Math.abs(comparison.darkRateSigma);
  const rows = [
    [
      mark(comparison.residualRatio <= limits.residualRatio),
      "Fixed pattern left",
      percent(comparison.fixedPatternResidual),
      `${comparison.residualRatio.toFixed(2)} × the ${percent(comparison.predictedResidual)} that photon noise predicts`,
      `at most ${limits.residualRatio} ×`,
    ],
    [
      mark(comparison.badPixelsFlagged >= limits.badPixelsFlagged),
      "Hot and dead pixels flagged",
      percent(comparison.badPixelsFlagged),
      `and ${percent(comparison.goodPixelsFlagged)} of the good ones`,
      `at least ${percent(limits.badPixelsFlagged)}`,
    ],
    [
      mark(dark <= limits.darkRateSigma),
      "Dark current",
      `${comparison.darkRate.toFixed(3)} e⁻/s`,
      `${dark.toFixed(1)} σ from the true ${comparison.trueDarkRate.toFixed(3)} e⁻/s`,
      `at most ${limits.darkRateSigma} σ`,
    ],
  ];
  if (comparison.noisePull !== undefined) {
    rows.push([
      mark(Math.abs(comparison.noisePull - 1) <= limits.noisePull),
      "Noise of every pixel",
      `${comparison.noisePull.toFixed(3)} σ`,
      "the deviation of (found − true) / √variance",
      `at most ${limits.noisePull} σ from 1`,
    ]);
  }
  const columns = [
    { title: "" },
    { title: "Against the truth" },
    { title: "Found" },
    { title: "" },
    { title: "Limit" },
  ];
  return ["", ...table(columns, rows, page)];
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}
