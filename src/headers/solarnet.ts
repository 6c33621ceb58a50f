import { FirstlightError } from "../core/errors.ts";
import { real, type Scalar } from "../core/scalar.ts";
import { formatFitsTimeUs, parseFitsTimeUs } from "../fits/fits-time.ts";
import type { Header } from "../fits/header.ts";
import type { HeaderFacts, HeaderProfile, HeaderStatistics } from "./header-profile.ts";
import { amend, retire } from "./retire.ts";

const percents = [1, 2, 5, 10, 25, 75, 90, 95, 98, 99] as const;

const comments = {
  DATE: "UTC when this file was made",
  "DATE-BEG": "UTC begin of the exposure",
  "DATE-AVG": "UTC middle of the exposure",
  "DATE-END": "UTC end of the exposure",
  TELAPSE: "[s] from DATE-BEG to DATE-END",
  DATEREF: "UTC zero of times in this header",
  BUNIT: "unit of the pixels",
  EXTNAME: "name of this HDU",
  FILENAME: "name of this file",
  SOLARNET: "SOLARNET keywords: 1 all, 0.5 some",
  OBS_HDU: "1: this HDU holds observations",
  PROCTYPE: "kind of processing",
  LEVEL: "level of processing",
  DSETID: "dataset of this file",
  RRUNID: "recipe run that made the dataset",
  WKFLNAME: "workflow",
  WKFLVERS: "version of the workflow",
  CREATOR: "software that made this file",
  INFO_URL: "documentation",
  DATAMIN: "smallest pixel",
  DATAMAX: "largest pixel",
  DATAMEAN: "mean of the pixels",
  DATAMEDN: "median of the pixels",
  DATARMS: "deviation from the mean, RMS",
  DATASKEW: "skewness",
  DATAKURT: "excess kurtosis",
  ...Object.fromEntries(percents.map((percent) => [`DATAP${two(percent)}`, `percentile ${percent}`])),
} as const;

/**
 * The generic profile: the keywords of SOLARNET (Haugan & Fredvik, "Document on Archiving and Metadata Recommendations",
 * arXiv:2011.12139) that hold for any frame, and what made the file. Cards that it makes untrue go into HISTORY.
 */
export const solarnet: HeaderProfile = {
  name: "solarnet",
  order: Object.keys(comments),
  apply(header, facts) {
    const made = header.clone();
    const cards: Readonly<Record<string, Scalar | undefined>> = {
      ...timing(header, facts),
      ...identity(header, facts),
      ...(facts.statistics === undefined ? {} : statisticsCards(facts.statistics)),
    };
    for (const [keyword, comment] of Object.entries(comments)) {
      if (!(keyword in cards)) continue;
      const value = cards[keyword];
      // A statistic that does not exist leaves no card, and not the one of the raw pixels either.
      if (value === undefined) retire(made, keyword);
      else amend(made, keyword, value, comment);
    }
    return made;
  },
};

function timing(header: Header, facts: HeaderFacts): Record<string, Scalar | undefined> {
  const begin = facts.begin ?? textOf(header, "DATE-BEG");
  if (begin === undefined) {
    throw new FirstlightError(
      "HEADER_KEY_MISSING",
      `The header of ${header.origin ?? facts.fileName} has no card DATE-BEG. Give the begin of the exposure as the fact 'begin'.`,
      { fields: { keyword: "DATE-BEG", file: header.origin ?? facts.fileName } },
    );
  }
  const beginUs = requireTime(begin, "begin", facts);
  const date = formatFitsTimeUs(facts.createdAt.getTime() * 1000).slice(0, -3);
  const end = facts.end ?? textOf(header, "DATE-END");
  const found = { DATE: date, "DATE-BEG": begin, DATEREF: begin };
  // With a new begin and no end, the raw frame's middle and duration are no longer true.
  if (end === undefined)
    return facts.begin === undefined ? found : { ...found, "DATE-AVG": undefined, TELAPSE: undefined };
  const elapsedUs = requireTime(end, "end", facts) - beginUs;
  if (elapsedUs < 0) {
    throw new FirstlightError(
      "HEADER_FACTS_INVALID",
      `${facts.fileName}: the exposure ends (${end}) before it begins (${begin}).`,
      { fields: { file: facts.fileName, begin, end } },
    );
  }
  return {
    ...found,
    "DATE-AVG": formatFitsTimeUs(beginUs + Math.round(elapsedUs / 2)),
    "DATE-END": end,
    TELAPSE: real(elapsedUs / 1e6),
  };
}

function identity(header: Header, facts: HeaderFacts): Record<string, Scalar | undefined> {
  const level = facts.level ?? 1;
  const name = facts.extensionName ?? textOf(header, "EXTNAME") ?? "observation";
  return {
    ...(facts.unit === undefined ? {} : { BUNIT: facts.unit }),
    EXTNAME: name,
    FILENAME: facts.fileName,
    SOLARNET: facts.compliance ?? 0.5,
    OBS_HDU: 1,
    PROCTYPE: `L${level}`,
    LEVEL: level,
    DSETID: facts.datasetId,
    RRUNID: facts.recipeRunId,
    WKFLNAME: facts.workflowName,
    WKFLVERS: facts.workflowVersion,
    CREATOR: facts.creator,
    ...(facts.docsBaseUrl === undefined || facts.docsBaseUrl === "" ? {} : { INFO_URL: facts.docsBaseUrl }),
  };
}

function statisticsCards(found: HeaderStatistics): Record<string, Scalar | undefined> {
  const cards: Record<string, Scalar | undefined> = {
    DATAMIN: finite(found.min),
    DATAMAX: finite(found.max),
    DATAMEAN: finite(found.mean),
    DATAMEDN: finite(found.median),
    DATARMS: finite(found.rms),
    DATASKEW: finite(found.skewness),
    DATAKURT: finite(found.kurtosis),
  };
  for (const percent of percents) cards[`DATAP${two(percent)}`] = finite(found.percentiles[percent]);
  return cards;
}

function finite(value: number | undefined): Scalar | undefined {
  return value === undefined || !Number.isFinite(value) ? undefined : real(value);
}

function requireTime(text: string, fact: string, facts: HeaderFacts): number {
  const timeUs = parseFitsTimeUs(text);
  if (timeUs !== undefined) return timeUs;
  throw new FirstlightError(
    "HEADER_FACTS_INVALID",
    `${facts.fileName}: the exposure's ${fact} is '${text}'; expected a FITS date such as 2022-10-24T19:47:33.218.`,
    { fields: { file: facts.fileName, fact, value: text } },
  );
}

function textOf(header: Header, key: string): string | undefined {
  const value = header.get(key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function two(percent: number): string {
  return String(percent).padStart(2, "0");
}
