/** The frames of the benchmark of parsing: 200 cards, of which 60 buds and 8 flowers read 68. */
import {
  averageBud,
  type Bud,
  contributingIdsBud,
  dateBeginBud,
  exposureTimeFlower,
  type Flower,
  fitsAccess,
  type KeySpec,
  key,
  keyFlower,
  modstateFlower,
  nearFloatBud,
  readoutExpTimeFlower,
  taskAverageBud,
  taskTypeFlower,
  taskUniqueBud,
  timesBud,
  uniqueBud,
} from "firstlight/parsing";
import { ParseL0InputData } from "firstlight/tasks";

/** What is read of a card: one value in all frames, a number that varies, an id, a time. */
export type BudKind = "unique" | "taskUnique" | "average" | "taskAverage" | "near" | "ids" | "times";

const kinds: readonly (readonly [BudKind, number])[] = [
  ["unique", 29],
  ["taskUnique", 10],
  ["average", 6],
  ["taskAverage", 6],
  ["near", 4],
  ["ids", 2],
  ["times", 2],
];

interface BudCard {
  readonly keyword: string;
  readonly attribute: string;
  readonly kind: BudKind;
}

/** 59 of the buds; the sixtieth is the time of the first frame. */
export const budCards: readonly BudCard[] = kinds
  .flatMap(([kind, count]) => Array.from({ length: count }, () => kind))
  .map((kind, i) => ({ keyword: `BUD${String(i).padStart(5, "0")}`, attribute: `bud${i}`, kind }));

/** Attribute → keyword of what the flowers read. */
export const flowerCards = {
  ipTaskType: "IPTASK",
  fpaExposureTimeMs: "XPOSURE",
  sensorReadoutExposureTimeMs: "TEXPOSUR",
  modstate: "MODSTATE",
  dspsRepeat: "DSPSNUM",
  mapScan: "MAPSCAN",
  rasterStep: "RASTSTEP",
  csStep: "CSSTEP",
} as const;

export const timeKeyword = "DATE-BEG";
export const keywordsRead: readonly string[] = [
  ...budCards.map(({ keyword }) => keyword),
  timeKeyword,
  ...Object.values(flowerCards),
];

const table: Readonly<Record<string, KeySpec>> = fitsAccess({
  timeObs: key(timeKeyword),
  ...Object.fromEntries(Object.entries(flowerCards).map(([attribute, keyword]) => [attribute, key(keyword)])),
  ...Object.fromEntries(budCards.map(({ keyword, attribute }) => [attribute, key(keyword)])),
});

function budOf({ keyword, attribute, kind }: BudCard): Bud {
  if (kind === "unique") return uniqueBud(keyword, attribute);
  if (kind === "taskUnique") return taskUniqueBud(keyword, attribute, "OBSERVE");
  if (kind === "average") return averageBud(keyword, attribute);
  if (kind === "taskAverage") return taskAverageBud(keyword, attribute, "OBSERVE");
  if (kind === "near") return nearFloatBud(keyword, attribute, 1);
  return kind === "ids" ? contributingIdsBud(keyword, attribute) : timesBud(keyword, attribute);
}

export class ParseBench extends ParseL0InputData<typeof table> {
  readonly fitsAccess = table;

  constantBuds(): readonly Bud[] {
    return [...budCards.map(budOf), dateBeginBud("DATE_BEGIN")];
  }

  override tagFlowers(): readonly Flower[] {
    return [
      taskTypeFlower(),
      exposureTimeFlower(),
      readoutExpTimeFlower(),
      modstateFlower("modstate"),
      keyFlower("DSPS_REPEAT", "dspsRepeat"),
      keyFlower("MAP_SCAN", "mapScan"),
      keyFlower("RASTER_STEP", "rasterStep"),
      keyFlower("CS_STEP", "csStep"),
    ];
  }
}
