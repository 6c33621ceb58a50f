export type Colour = readonly [red: number, green: number, blue: number];

/** Colours at equal steps from dark to bright; those between are mixed. */
const anchors = {
  grey: [
    [0, 0, 0],
    [255, 255, 255],
  ],
  /** Black, green, pale: the habit of showing Fe XII 195 Å. */
  eit195: [
    [0, 0, 0],
    [8, 64, 16],
    [32, 140, 44],
    [112, 210, 108],
    [240, 255, 232],
  ],
  /** S. van der Walt, N. Smith, matplotlib 2015 (CC0), every ninth part. */
  viridis: [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [110, 206, 88],
    [181, 222, 43],
    [253, 231, 37],
  ],
} as const satisfies Record<string, readonly Colour[]>;

export type ColourMapName = keyof typeof anchors;

export const colourMapNames = Object.keys(anchors) as readonly ColourMapName[];

/** What no map contains, for pixels without a number. */
const blankColour: Colour = [255, 0, 255];

/** 256 colours, red, green and blue each: the map in 255 steps, and `blankColour` last. */
export function colourTable(name: ColourMapName): Uint8Array {
  const colours: readonly Colour[] = anchors[name];
  const table = new Uint8Array(768);
  for (let level = 0; level < 255; level++) {
    const position = (level / 254) * (colours.length - 1);
    const below = Math.min(Math.floor(position), colours.length - 2);
    const weight = position - below;
    const [from, to] = [colours[below], colours[below + 1]] as readonly [Colour, Colour];
    for (let k = 0; k < 3; k++) {
      table[3 * level + k] = Math.round((from[k] as number) * (1 - weight) + (to[k] as number) * weight);
    }
  }
  table.set(blankColour, 765);
  return table;
}
