/**
 * Which members of which sets: a key stands for its set, `all` for what its parts share, `any` for what at least one of them
 * has, `except` for what `from` has and no part. No parts are no members.
 */
export type SetExpression = string | SetCombination | SetDifference;

export interface SetCombination {
  readonly op: "all" | "any";
  readonly of: readonly SetExpression[];
}

export interface SetDifference {
  readonly op: "except";
  readonly from: SetExpression;
  readonly of: readonly SetExpression[];
}

/** The set of a key; an empty one for a key that is not there. */
export type SetOf = (key: string) => ReadonlySet<string>;

/** The members one after the other, each once. Of `all`, the part that can have the fewest is gone through. */
export function* selectMembers(expression: SetExpression, setOf: SetOf): Generator<string> {
  if (typeof expression === "string") {
    yield* setOf(expression);
    return;
  }
  const { op, of } = expression;
  if (op === "except") {
    const isOut = testFor({ op: "any", of }, setOf);
    for (const member of selectMembers(expression.from, setOf)) if (!isOut(member)) yield member;
    return;
  }
  if (op === "all") {
    const [first, ...others] = fewestFirst(of, (key) => setOf(key).size);
    if (first === undefined) return;
    const tests = others.map((part) => testFor(part, setOf));
    for (const member of selectMembers(first, setOf)) if (tests.every((isIn) => isIn(member))) yield member;
    return;
  }
  const seen = new Set<string>();
  for (const part of of) {
    for (const member of selectMembers(part, setOf)) {
      if (seen.has(member)) continue;
      seen.add(member);
      yield member;
    }
  }
}

/** The parts, those first that can have the fewest members: going through them bounds the work. */
export function fewestFirst(of: readonly SetExpression[], sizeOf: (key: string) => number): readonly SetExpression[] {
  return of
    .map((part) => ({ part, most: mostMembers(part, sizeOf) }))
    .sort((a, b) => a.most - b.most)
    .map(({ part }) => part);
}

/** Every key that an expression names, each once. */
export function keysIn(expression: SetExpression): readonly string[] {
  const keys = new Set<string>();
  const visit = (part: SetExpression): void => {
    if (typeof part === "string") {
      keys.add(part);
      return;
    }
    if (part.op === "except") visit(part.from);
    part.of.forEach(visit);
  };
  visit(expression);
  return [...keys];
}

/** The keys of an expression that asks for nothing but what some sets share; undefined for any other. */
export function plainKeys(expression: SetExpression): readonly string[] | undefined {
  if (typeof expression === "string") return [expression];
  if (expression.op !== "all") return undefined;
  const keys = expression.of.filter((part) => typeof part === "string");
  return keys.length === expression.of.length ? keys : undefined;
}

/** Looking into more sets than this for each member takes longer than uniting them once. */
const mostLookedInto = 8;

function testFor(expression: SetExpression, setOf: SetOf): (member: string) => boolean {
  if (typeof expression === "string") {
    const set = setOf(expression);
    return (member) => set.has(member);
  }
  if (expression.op === "any" && expression.of.length > mostLookedInto) {
    const union = new Set(selectMembers(expression, setOf));
    return (member) => union.has(member);
  }
  const tests = expression.of.map((part) => testFor(part, setOf));
  const isInOne = (member: string): boolean => tests.some((isIn) => isIn(member));
  if (expression.op === "except") {
    const isFrom = testFor(expression.from, setOf);
    return (member) => isFrom(member) && !isInOne(member);
  }
  return expression.op === "any" ? isInOne : (member) => tests.length > 0 && tests.every((isIn) => isIn(member));
}

function mostMembers(expression: SetExpression, sizeOf: (key: string) => number): number {
  if (typeof expression === "string") return sizeOf(expression);
  if (expression.op === "except") return mostMembers(expression.from, sizeOf);
  const sizes = expression.of.map((part) => mostMembers(part, sizeOf));
  return expression.op === "all" ? Math.min(...sizes) : sizes.reduce((sum, size) => sum + size, 0);
}
