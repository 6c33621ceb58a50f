import type { Scalar } from "../../src/core/scalar.ts";
import { Header } from "../../src/fits/header.ts";
import { type Access, access } from "../../src/parsing/fits-access.ts";
import { l0FitsAccess } from "../../src/parsing/l0-fits-access.ts";
import type { Bud, Stem } from "../../src/parsing/stem.ts";

export type Cards = Readonly<Record<string, Scalar>>;
type L0Attribute = keyof typeof l0FitsAccess;

/** A DKIST L0 access over only the given cards. */
export function l0(cards: Cards, file = "a.fits"): Access<typeof l0FitsAccess> {
  return access(l0FitsAccess, Header.from(cards), file);
}

/** Shows a stem one header after the other, as files f1.fits, f2.fits, … */
export function feed<Made extends Stem<L0Attribute>>(stem: Made, ...frames: readonly Cards[]): Made {
  frames.forEach((cards, index) => {
    const file = `f${index + 1}.fits`;
    stem.set(file, l0(cards, file));
  });
  return stem;
}

/** The constant that a bud makes of these headers. */
export function budValue(bud: Bud<L0Attribute>, ...frames: readonly Cards[]): ReturnType<Bud["get"]> {
  return feed(bud, ...frames).get();
}

export async function* stream<Item>(items: Iterable<Item>): AsyncGenerator<Item> {
  yield* items;
}
