import { type TiledImage, tilesAlong } from "./tiled-image.ts";

/** Where one tile lies in the image; axes in FITS order, the fastest first. */
export interface Tile {
  /** From 0 on: its row in the table. */
  readonly index: number;
  readonly start: readonly number[];
  readonly lengths: readonly number[];
  readonly count: number;
}

/** The tiles in the order of their rows: along the first axis first (FITS 4.0 §10.1). */
export function* tilesOf({
  axes,
  tileAxes,
  tileCount,
}: Pick<TiledImage, "axes" | "tileAxes" | "tileCount">): Generator<Tile, void, undefined> {
  const along = axes.map((length, axis) => tilesAlong(length, tileAxes[axis] as number));
  const position = axes.map(() => 0);
  for (let index = 0; index < tileCount; index += 1) {
    const start = position.map((at, axis) => at * (tileAxes[axis] as number));
    const lengths = start.map((at, axis) => Math.min(tileAxes[axis] as number, (axes[axis] as number) - at));
    yield { index, start, lengths, count: lengths.reduce((product, length) => product * length, 1) };
    for (let axis = 0; axis < position.length; axis += 1) {
      position[axis] = (position[axis] as number) + 1;
      if ((position[axis] as number) < (along[axis] as number)) break;
      position[axis] = 0;
    }
  }
}

/** Calls `visit` for each run of pixels that lie together in tile and image alike. */
export function forEachRun(
  { start, lengths, count }: Tile,
  axes: readonly number[],
  visit: (inTile: number, inImage: number, length: number) => void,
): void {
  // Axes that the tile fills wholly join with the next one.
  let joined = 0;
  let run = lengths[0] ?? 1;
  while (joined + 1 < axes.length && lengths[joined] === axes[joined]) {
    joined += 1;
    run *= lengths[joined] as number;
  }
  const strides = axes.map((_, axis) => axes.slice(0, axis).reduce((stride, length) => stride * length, 1));
  let inImage = start.reduce((sum, at, axis) => sum + at * (strides[axis] as number), 0);
  const position = lengths.map(() => 0);
  for (let inTile = 0; inTile < count; inTile += run) {
    visit(inTile, inImage, run);
    for (let axis = joined + 1; axis < lengths.length; axis += 1) {
      position[axis] = (position[axis] as number) + 1;
      inImage += strides[axis] as number;
      if ((position[axis] as number) < (lengths[axis] as number)) break;
      inImage -= (lengths[axis] as number) * (strides[axis] as number);
      position[axis] = 0;
    }
  }
}
