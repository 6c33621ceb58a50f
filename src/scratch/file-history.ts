/**
 * What a task did at a file. With a tag: it gave or took it, whether or not that changed anything. Without one it laid hands on
 * the file itself: it wrote there, over the file of another or where others had been, or removed it.
 */
export interface Step {
  readonly task: string;
  readonly tag?: string;
  readonly gives: boolean;
}

/**
 * What tasks did to a file and its tags, one after the other, from the first that was not the one who made it on. No task is undone in
 * part: of each the last step counts at each tag, and at the file itself its last removal, and its first writing after each of anybody's.
 */
export interface FileHistory {
  /** Of the tags that were there before those that are known; undefined where no file was. */
  readonly base: readonly string[] | undefined;
  readonly steps: readonly Step[];
}

export const noHistory: FileHistory = { base: [], steps: [] };

/** The steps one after the other: a removal takes all tags, and what is done where no file is does nothing. */
export function hasTag({ base, steps }: FileHistory, tag: string): boolean {
  let isThere = base !== undefined;
  let isTagged = base?.includes(tag) ?? false;
  for (const step of steps) {
    if (step.tag === undefined) {
      isThere = step.gives;
      if (!isThere) isTagged = false;
    } else if (step.tag === tag && isThere) isTagged = step.gives;
  }
  return isTagged;
}

/** Whether what is known tells if a file that nobody has done anything to since carries the tag. */
export function isKnown({ base, steps }: FileHistory, tag: string): boolean {
  return base === undefined || base.includes(tag) || steps.some((step) => step.tag === tag);
}

export function tagsIn({ base = [], steps }: FileHistory): readonly string[] {
  return [...new Set([...base, ...steps.flatMap(({ tag }) => tag ?? [])])];
}

export function hasStep({ steps }: FileHistory, task: string): boolean {
  return steps.some((step) => step.task === task);
}

/** How the task laid hands on the file itself. */
export function handsOf({ steps }: FileHistory, task: string): readonly Step[] {
  return steps.filter((step) => step.task === task && step.tag === undefined);
}

/** With what a task did now. */
export function withSteps(
  { base, steps }: FileHistory,
  task: string,
  tags: Iterable<string>,
  gives: boolean,
): FileHistory {
  const now = new Set(tags);
  return {
    base,
    steps: [
      ...steps.filter((step) => step.task !== task || step.tag === undefined || !now.has(step.tag)),
      ...Array.from(now, (tag): Step => ({ task, tag, gives })),
    ],
  };
}

/** With the task about to write over what is there, or to remove it; `found` are tags from before that it finds there. */
export function withHand(history: FileHistory, task: string, found: readonly string[], gives: boolean): FileHistory {
  const { base, steps } = withBase(history, found);
  const hands = handsOf(history, task);
  // One writing after each removal is enough: till the next one the file is there.
  const since = steps.slice(steps.findLastIndex((step) => step.tag === undefined && !step.gives) + 1);
  if (gives ? since.some((step) => hands.includes(step)) : hands.length > 0) return { base, steps };
  return { base, steps: [...steps, { task, gives }] };
}

/** With the file removed: all its tags are taken. */
export function withRemoval(history: FileHistory, task: string, present: readonly string[]): FileHistory {
  const { base, steps } = withSteps(history, task, [...tagsIn(history), ...present], false);
  return {
    base,
    steps: [...steps.filter((step) => step.task !== task || step.tag !== undefined), { task, gives: false }],
  };
}

export function withBase(history: FileHistory, found: readonly string[]): FileHistory {
  const { base, steps } = history;
  return base === undefined ? history : { base: [...base, ...found.filter((tag) => !isKnown(history, tag))], steps };
}

/** What was there before becomes the doing of the task that made it: it is to come anew above what others did since. */
export function withMaker(history: FileHistory, task: string, found: readonly string[]): FileHistory {
  const { base = [], steps } = withBase(history, found);
  const own = base.filter((tag) => !steps.some((step) => step.task === task && step.tag === tag));
  const first: readonly Step[] = [{ task, gives: true }, ...own.map((tag): Step => ({ task, tag, gives: true }))];
  return { base: undefined, steps: [...first, ...steps] };
}

/** Without the hands that the task has laid besides these. */
export function withHandsBack({ base, steps }: FileHistory, task: string, before: readonly Step[]): FileHistory {
  const later = handsOf({ base, steps }, task).slice(before.length);
  return { base, steps: steps.filter((step) => !later.includes(step)) };
}

/**
 * As if the task had never been there. Where it made the file, that begins with the next who wrote there: whatever others did before
 * goes with the file that they did it to.
 */
export function withoutTask({ base, steps }: FileHistory, task: string, isMaker: boolean): FileHistory {
  const left = { base: isMaker ? undefined : base, steps: steps.filter((step) => step.task !== task) };
  if (left.base !== undefined) return left;
  const first = left.steps.findIndex(({ tag, gives }) => tag === undefined && gives);
  return { base: undefined, steps: first === -1 ? [] : left.steps.slice(first) };
}

/** As a record of the inventory: `[base or null, [task, step, …], …]`, a step being `+TAG`, `-TAG`, `+` or `-`. */
export function formatHistory({ base, steps }: FileHistory): string | undefined {
  if (steps.length === 0) return undefined;
  const groups: string[][] = [];
  for (const { task, tag, gives } of steps) {
    if (groups.at(-1)?.[0] !== task) groups.push([task]);
    groups.at(-1)?.push(`${gives ? "+" : "-"}${tag ?? ""}`);
  }
  return JSON.stringify([base ?? null, ...groups]);
}

export function parseHistory(text: string): FileHistory {
  const [base, ...groups] = JSON.parse(text) as [string[] | null, ...string[][]];
  const steps = groups.flatMap(([task = "", ...each]) =>
    each.map((step): Step => {
      const [gives, tag] = [step.startsWith("+"), step.slice(1)];
      return tag === "" ? { task, gives } : { task, tag, gives };
    }),
  );
  return { base: base ?? undefined, steps };
}
