import { FirstlightError } from "../core/errors.ts";
import type { Scalar } from "../core/scalar.ts";
import { StemName, stemOf } from "./stem-name.ts";
import { Tag } from "./tag.ts";
import { type StemQuery, withStem } from "./tag-query.ts";

/** The tags of one instrument: those of `Tag`, and a function for each of its own stems. */
export type TagVocabulary<Own extends Readonly<Record<string, string>>> = typeof Tag & {
  readonly [Name in keyof Own]: (...values: readonly Scalar[]) => string;
} & {
  /** The instrument's own stems. */
  readonly stems: readonly string[];
  /** The stem of a tag among those of the library and the instrument; undefined where it has none of them. */
  stemOf(tag: string): string | undefined;
  /** Files with a tag of this stem, whatever its value: of `MAP_SCAN` and not `MAP`, where the instrument has both. */
  withStem(stem: StemName | Own[keyof Own]): StemQuery;
};

/**
 * Names the stems of an instrument's own tags, in a value that its tasks share:
 * `tagVocabulary({ filter: "FILTER", mapScan: "MAP_SCAN" })` spells `FILTER_RED` by `filter("red")`, and finds all that have a
 * filter by `withStem("FILTER")`.
 *
 * @param own name of the function → stem
 * @throws FirstlightError TAG_VOCABULARY_INVALID for a name that `Tag` has already, or a stem that is no word of its own
 */
export function tagVocabulary<const Own extends Readonly<Record<string, string>>>(own: Own): TagVocabulary<Own> {
  const stems = Object.values(own);
  const makers = Object.entries(own).map(([name, stem]) => {
    requireWord(name, stem, stems);
    return [name, (...values: readonly Scalar[]) => Tag.format(stem, ...values)] as const;
  });
  const more = {
    stems,
    stemOf: (tag: string) => stemOf(tag, stems),
    withStem: (stem: string) => withStem(stem, stems),
  };
  return { ...Tag, ...Object.fromEntries(makers), ...more } as unknown as TagVocabulary<Own>;
}

const ownMembers = ["stems", "stemOf", "withStem"];
/** Room for a value is left. */
const word = /^[A-Z0-9](?:[A-Z0-9_]{0,98}[A-Z0-9])?$/;

function requireWord(name: string, stem: string, stems: readonly string[]): void {
  if (Object.hasOwn(Tag, name) || ownMembers.includes(name)) {
    throw invalid(name, stem, `a vocabulary has a ${name} already. Give the stem ${stem} another name`);
  }
  if (Object.values<string>(StemName).includes(stem)) {
    throw invalid(name, stem, `${stem} is a stem of the library. Use the function that Tag has for it`);
  }
  if (stems.indexOf(stem) !== stems.lastIndexOf(stem)) {
    throw invalid(name, stem, `the stem ${stem} is named twice. Keep one of them`);
  }
  if (!word.test(stem)) {
    throw invalid(name, stem, `'${stem}' is no stem: one has A-Z, 0-9 and, within, _, and at most 100 of them`);
  }
}

function invalid(name: string, stem: string, why: string): FirstlightError {
  return new FirstlightError("TAG_VOCABULARY_INVALID", `The tag vocabulary cannot have ${name}: ${why}.`, {
    disposition: "invalid",
    fields: { name, stem },
  });
}
