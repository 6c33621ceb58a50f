import { requireOption } from "../check-options.ts";

/** What comes one after the other, as it is asked for or all at once. */
export type Many<T> = Iterable<T> | AsyncIterable<T>;

/** What a verb was given: values, or the paths of FITS files. */
export type Given<T> =
  | { readonly kind: "files"; readonly paths: readonly string[] }
  | { readonly kind: "values"; readonly values: AsyncIterable<T> | Iterable<T> };

/** Looks at the first of them. Paths are collected, values come as they did. A single text is a path, not its letters. */
export async function given<T extends object>(many: Many<T> | Many<string>): Promise<Given<T>> {
  if (typeof many === "string") return { kind: "files", paths: [many] };
  const iterator =
    (many as AsyncIterable<T | string>)[Symbol.asyncIterator]?.() ?? (many as Iterable<T | string>)[Symbol.iterator]();
  const first = await iterator.next();
  const all = (async function* (): AsyncGenerator<T | string, void, undefined> {
    let finished = first.done === true;
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
      finished = true;
    } finally {
      if (!finished) await iterator.return?.();
    }
  })();
  if (typeof first.value !== "string") return { kind: "values", values: framesOf(all) };
  const paths = await Array.fromAsync(all as AsyncIterable<string>);
  const other = paths.findIndex((path) => typeof path !== "string");
  requireOption(`frame ${other + 1}`, "no path as the first one is", other === -1, "paths alone, or frames alone");
  return { kind: "files", paths };
}

async function* framesOf<T extends object>(all: AsyncIterable<T | string>): AsyncGenerator<T, void, undefined> {
  let number = 0;
  for await (const value of all) {
    number += 1;
    if (typeof value !== "string") yield value;
    else
      requireOption(`frame ${number}`, "a path, and the first one is a frame", false, "paths alone, or frames alone");
  }
}
