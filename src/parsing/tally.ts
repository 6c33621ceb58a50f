import { FirstlightError } from "../core/errors.ts";
import { pythonStr, type Scalar } from "../core/scalar.ts";
import { type SameValueKey, sameValueKey } from "./stem.ts";

/** A value, how many files hold it, and the first few of them. */
export interface Sighting {
  /** As the first of the files spells it. */
  readonly value: Scalar;
  readonly count: number;
  readonly files: readonly string[];
}

/** Counts which values were seen where. Its size has a limit, whatever the number of files and of values. */
export interface Tally {
  readonly sightings: readonly Sighting[];
  /** Files with values beyond those that are kept. */
  readonly otherCount: number;
  note(value: Scalar, file: string): void;
}

const valuesKept = 16;
const filesKept = 3;

export function createTally(): Tally {
  const seen = new Map<SameValueKey, { value: Scalar; count: number; files: string[] }>();
  let otherCount = 0;
  return {
    get sightings() {
      return [...seen.values()];
    },
    get otherCount() {
      return otherCount;
    },
    note(value, file) {
      const key = sameValueKey(value);
      const sighting = seen.get(key);
      if (sighting !== undefined) {
        sighting.count++;
        if (sighting.files.length < filesKept) sighting.files.push(file);
      } else if (seen.size < valuesKept) {
        seen.set(key, { value, count: 1, files: [file] });
      } else {
        otherCount++;
      }
    },
  };
}

/** STEM_DISAGREES: names every value that was seen, how often, and the first files that hold it. */
export function disagreement(
  stem: string,
  expected: string,
  tally: Pick<Tally, "sightings" | "otherCount">,
): FirstlightError {
  const rarestFirst = [...tally.sightings].sort((a, b) => a.count - b.count);
  const found = rarestFirst.map((sighting) => `${pythonStr(sighting.value)} in ${filesOf(sighting)}`);
  if (tally.otherCount > 0) found.push(`other values in ${tally.otherCount} more files`);
  return new FirstlightError(
    "STEM_DISAGREES",
    `${stem}: expected ${expected}, found ${found.join("; ")}. Take the odd files out of the input, or parse ${stem} in another way.`,
    {
      fields: {
        stem,
        values: rarestFirst.map(({ value, count, files }) => ({ value: pythonStr(value), count, files })),
        otherCount: tally.otherCount,
      },
    },
  );
}

function filesOf({ count, files }: Sighting): string {
  const more = count > files.length ? ", …" : "";
  return `${count} ${count === 1 ? "file" : "files"} (${files.join(", ")}${more})`;
}
