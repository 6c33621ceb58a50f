import { sizeOf } from "../../core/ndarray.ts";
import { type Hdu, hasImage } from "../../fits/hdu.ts";
import type { FitsFile } from "../../fits/open-fits.ts";
import { readPixels, readStoredPixels, scalingOf } from "../../fits/read-image.ts";
import { sumRange } from "../../fits/verify-checksums.ts";
import { statistics } from "../../math/statistics.ts";
import { wideStatistics } from "../../math/wide-statistics.ts";
import { isWide, type WidePixels } from "../../math/wide-sums.ts";
import { defineCommand } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { table } from "../render/table.ts";
import { oneLine } from "../render/text-width.ts";
import { fileArgument, jsonArgument } from "./arguments.ts";
import { withFits } from "./files.ts";

type Statistic = "min" | "max" | "mean" | "median" | "rms" | "nan";

const statistic: readonly Statistic[] = ["min", "max", "mean", "median", "rms", "nan"];

type Numbers = Readonly<Record<Statistic, number | bigint>>;

/** An HDU with the numbers of its pixels; undefined where it has none. */
interface HduStatistics {
  readonly hdu: Hdu;
  readonly numbers: Numbers | undefined;
  /** As DATASUM would have it. */
  readonly datasum: number;
}

async function statisticsOf(fits: FitsFile, hdu: Hdu): Promise<HduStatistics> {
  // Before the sum, which goes through everything: an image that memory cannot hold is known at once.
  const numbers = hasImage(hdu) ? await numbersOf(fits, hdu) : undefined;
  return { hdu, numbers, datasum: await sumRange(fits.source, hdu.dataOffset, hdu.endOffset) };
}

async function numbersOf(fits: FitsFile, hdu: Hdu): Promise<Numbers> {
  const whole = await wholePixels(fits, hdu);
  if (whole !== undefined && whole.length > 0) {
    const { exact, mean, median, rms } = wideStatistics(whole);
    const nan = sizeOf(hdu.shape) - whole.length;
    return { ...exact, median: exact.median ?? median, mean, rms: Math.hypot(rms, mean), nan };
  }
  const { min, max, mean, median, rms, nan } = statistics(await readPixels(fits.source, hdu, { as: "float64" }));
  // Of the values, where the headers' DATARMS is of their deviations from the mean. An infinite value makes it so, whatever its sign.
  const isInfinite = !Number.isNaN(min) && !(Number.isFinite(min) && Number.isFinite(max));
  return { min, max, mean, median, rms: isInfinite ? Number.POSITIVE_INFINITY : Math.hypot(rms, mean), nan };
}

/** The pixels that are integers of 64 bits and not undefined, which as reals would be rounded. */
async function wholePixels({ source }: FitsFile, hdu: Hdu): Promise<WidePixels | undefined> {
  if (hdu.bitpix !== 64) return undefined;
  const { form, blank } = scalingOf(hdu);
  // Of compressed images a column may say what is undefined, which stored pixels do not show.
  if (form === undefined || (blank !== undefined && hdu.tiles !== undefined)) return undefined;
  if (blank === undefined) {
    const { data } = await readPixels(source, hdu);
    return isWide(data) ? data : undefined;
  }
  const { data } = await readStoredPixels(source, hdu);
  const kept = (data as BigInt64Array).filter((value) => value !== BigInt(blank));
  return form === "plain" ? kept : BigUint64Array.from(kept, (value) => value + 2n ** 63n);
}

/** JSON knows no number that is not finite; integers of any length stand in it with all their digits. */
function jsonNumber(value: number | bigint): number | bigint | string {
  return typeof value === "bigint" || Number.isFinite(value) ? value : String(value);
}

/** Integers with all their digits, reals with ten. */
function shownNumber(value: number | bigint): string {
  return typeof value === "bigint" || Number.isSafeInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(10)));
}

function documentOf({ hdu: { index, name, type, bitpix, shape }, numbers, datasum }: HduStatistics) {
  const values = Object.fromEntries(
    statistic.map((key) => [key, numbers === undefined ? null : jsonNumber(numbers[key])]),
  );
  return { index, name: name ?? null, type, bitpix, shape, ...values, datasum };
}

export const stats = defineCommand({
  name: "fits stats",
  summary: "Take the statistics of every image.",
  description:
    "Minimum, maximum, mean, median and root mean square of the physical values of every image, without NaN, which are counted; and the DATASUM of every data unit as it stands in the file. An HDU without pixels has none of the former.",
  args: { file: fileArgument, json: jsonArgument },
  examples: [
    { shows: "For people", command: "firstlight fits stats frame.fits" },
    { shows: "The mean of the first image", command: "firstlight fits stats frame.fits --json | jq '.hdus[0].mean'" },
  ],
  async run({ file, json }, { stdout }) {
    const all = await withFits(file, async (fits) => {
      const each: HduStatistics[] = [];
      for (const hdu of fits.hdus) each.push(await statisticsOf(fits, hdu));
      return each;
    });
    if (json) {
      stdout.document({ hdus: all.map(documentOf) });
      return exitCodes.done;
    }
    const right = (title: string) => ({ title, align: "right" }) as const;
    const columns = [right("HDU"), { title: "Name", flexible: true }, ...statistic.map(right), right("DATASUM")];
    const rows = all.map(({ hdu, numbers, datasum }) => [
      String(hdu.index),
      oneLine(hdu.name ?? ""),
      ...statistic.map((key) => (numbers === undefined ? "" : shownNumber(numbers[key]))),
      String(datasum),
    ]);
    stdout.lines(table(columns, rows, { width: stdout.width(), style: stdout.style }));
    return exitCodes.done;
  },
});
