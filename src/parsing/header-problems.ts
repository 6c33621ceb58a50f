import { FirstlightError, isFirstlightError } from "../core/errors.ts";

/** What is wrong with the headers of a pass, collected to be told at once. */
export interface HeaderProblems {
  /** The same card of the same file counts once, however many stems ask for it. */
  add(problem: FirstlightError): void;
  /** Throws the problem where there is one; where there are more, one of the first's code that lists them. */
  throwIfAny(): void;
}

/** So many are told of one by one; a whole night's frames may lack a card. */
const shown = 20;

export function isHeaderProblem(error: unknown): error is FirstlightError {
  return isFirstlightError(error, "HEADER_KEY_MISSING") || isFirstlightError(error, "HEADER_KEY_INVALID");
}

export function headerProblems(): HeaderProblems {
  const seen = new Set<string>();
  const kept: FirstlightError[] = [];
  return {
    add(problem) {
      const { file, keyword } = problem.fields;
      seen.add(`${file}\n${keyword}`);
      if (kept.length < seen.size && kept.length < shown) kept.push(problem);
    },
    throwIfAny() {
      const [first] = kept;
      if (first === undefined) return;
      if (seen.size === 1) throw first;
      const lines = kept.map(({ message }) => `- ${message}`);
      const more = seen.size > kept.length ? [`- and ${seen.size - kept.length} more`] : [];
      throw new FirstlightError(
        first.code === "HEADER_KEY_INVALID" ? "HEADER_KEY_INVALID" : "HEADER_KEY_MISSING",
        `The headers lack what is needed in ${seen.size} places:\n${[...lines, ...more].join("\n")}`,
        { fields: { problems: kept.map(({ fields }) => fields) }, cause: first },
      );
    },
  };
}
