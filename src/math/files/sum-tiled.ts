import { sizeOf } from "../../core/ndarray.ts";
import { badFile } from "../../fits/bad-file.ts";
import type { Hdu } from "../../fits/hdu.ts";
import { scalingOf } from "../../fits/read-image.ts";
import { integersOf, type OpenTiles, openTiles, tileReals } from "../../fits/tiles/read-tiles.ts";
import { riceOverreadBytes } from "../../fits/tiles/rice.ts";
import type { Tile } from "../../fits/tiles/tile-grid.ts";
import { type TiledImage, tilesAlong } from "../../fits/tiles/tiled-image.ts";
import { tileKernels, tileSumPixels } from "../../kernels/tile-kernels.ts";
import type { FrameFiles } from "./frame-files.ts";
import type { FrameSummer, SummerOptions } from "./frame-summer.ts";
import { type OpenFiles, openFiles } from "./open-files.ts";

/** A compressed frame whose tiles each hold pixels that lie together in the image. */
interface TiledFrame {
  readonly path: string;
  readonly hdu: Hdu;
  /** What is to be added to a value as it is stored. */
  readonly offset: number;
}

/** The frames of one image form, and the pixels of a tile; the last tile of a plane may have fewer. */
export interface TiledFrames {
  readonly frames: readonly TiledFrame[];
  readonly size: number;
  readonly tilePixels: number;
}

/** `undefined` unless all files hold images of one form, in tiles of whole rows, whose pixels can be added as they are decoded. */
export function tiledFrames({ files, shape }: FrameFiles): TiledFrames | undefined {
  const [first] = files;
  const own = first?.image.tiles;
  if (first === undefined || own === undefined) return undefined;
  const { axes, tileAxes } = own;
  const isRows = tileAxes[0] === axes[0] && tileAxes.slice(2).every((length) => length === 1);
  // Tiles that end before their plane does would make the next ones begin elsewhere.
  const isEven = axes.length < 3 || (axes[1] ?? 1) % (tileAxes[1] ?? 1) === 0;
  const tilePixels = tileAxes.reduce((product, length) => product * length, 1);
  if (!isRows || !isEven || tilePixels > tileSumPixels) return undefined;
  const frames = files.flatMap(({ path, image, isGzip }): TiledFrame[] => {
    const { tiles, bitpix } = image;
    const isSame = tiles?.algorithm === "RICE_1" && tiles.tileAxes.every((length, axis) => length === tileAxes[axis]);
    if (isGzip || !isSame || bitpix !== first.image.bitpix) return [];
    const { blank, form } = scalingOf(image);
    if (form === undefined || bitpix === 64) return [];
    if (hasColumnOrCard(image.tiles, ["NULL_PIXEL_MASK"])) return [];
    // Of integers that are more than stored integers, the general way knows what to do.
    if (bitpix > 0 && (blank !== undefined || hasColumnOrCard(image.tiles, ["ZBLANK", "ZSCALE", "ZZERO"]))) return [];
    const unsigned = bitpix === 8 ? -128 : 2 ** (bitpix - 1);
    return [{ path, hdu: image, offset: form === "otherSign" ? unsigned : 0 }];
  });
  return frames.length === files.length ? { frames, size: sizeOf(shape), tilePixels } : undefined;
}

function hasColumnOrCard(tiles: TiledImage | undefined, names: readonly string[]): boolean {
  if (tiles === undefined) return false;
  const { header } = tiles;
  const columns = Array.from({ length: 20 }, (_, i) =>
    String(header.get(`TTYPE${i + 1}`))
      .trim()
      .toUpperCase(),
  );
  return names.some((name) => header.has(name) || columns.includes(name));
}

/** Sums of a strip and a tile of each kind then fit in the second-level cache. */
const stripPixels = 2 ** 15;
const turnPixels = 2 ** 22;

/** As `plainSummer`, of compressed frames: only the bytes of a strip's tiles are read, all of a frame's at once. */
export function tiledSummer(
  { frames, tilePixels }: TiledFrames,
  { maxOpenFiles, stopped }: SummerOptions,
): FrameSummer {
  const most = Math.max(1, maxOpenFiles);
  const stripTiles = Math.max(1, Math.floor(stripPixels / tilePixels));
  const { sums } = tileKernels();
  const whole = frames.length > most ? undefined : openFiles(frames.length + 1);
  let wholeReaders: Promise<readonly AddTiles[]> | undefined;
  const readersOf = (batch: readonly TiledFrame[], open: OpenFiles): Promise<readonly AddTiles[]> =>
    Promise.all(batch.map((frame) => tileReader(frame, open)));
  let since = 0;
  return {
    stepPixels: stripTiles * tilePixels,
    async add(from, to, take) {
      const kept = whole === undefined ? new Float64Array(to - from) : undefined;
      for (let first = 0; first < frames.length; first += most) {
        const isLast = first + most >= frames.length;
        const batch = frames.slice(first, first + most);
        using own = whole === undefined ? openFiles(batch.length + 1) : undefined;
        const open = (whole ?? own) as OpenFiles;
        if (whole !== undefined) wholeReaders ??= readersOf(batch, whole);
        const readers = await (wholeReaders ?? readersOf(batch, open));
        for (let start = from; start < to; start += stripTiles * tilePixels) {
          const count = Math.min(to - start, stripTiles * tilePixels);
          const before = first === 0 ? undefined : kept?.subarray(start - from, start - from + count);
          sums.set(before ?? new Float64Array(count));
          for (const read of readers) {
            read(start / tilePixels, Math.ceil(count / tilePixels), open);
            since += count;
            if (since < turnPixels) continue;
            since = 0;
            const now = sums.get(count).slice();
            await new Promise((resolve) => setImmediate(resolve));
            stopped();
            sums.set(now);
          }
          if (!isLast) kept?.set(sums.get(count), start - from);
          else
            await take({ sums: () => sums.get(count), means: (divisor) => sums.means(count, divisor) }, start, count);
        }
      }
    },
    [Symbol.dispose]: () => whole?.[Symbol.dispose](),
  };
}

/** Adds tiles from the one of that number on, as many as asked for, to the sums. */
type AddTiles = (first: number, count: number, open: OpenFiles) => void;

async function tileReader({ path, hdu, offset }: TiledFrame, open: OpenFiles): Promise<AddTiles> {
  const tiles = hdu.tiles;
  if (tiles === undefined) throw new TypeError("The image is not compressed.");
  const { headerOffset, dataOffset, dataSizeBytes, index, bitpix } = hdu;
  const place = { file: path, hdu: index, headerOffset, dataOffset };
  const read = (at: number, into: Uint8Array): void => {
    const count = open.useNow(path, (file) => file.readNow(at, into));
    if (count < into.length) {
      throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", { ...place, offset: at + count });
    }
  };
  const opened: OpenTiles = await openTiles(tiles, dataSizeBytes, place, (sizeBytes) => {
    const rows = new Uint8Array(sizeBytes);
    read(dataOffset, rows);
    return rows;
  });
  const { table, decoder, failAt, rowFail } = opened;
  const isReal = bitpix < 0;
  const reals = tileReals(table, bitpix === -64 ? new Float64Array(0) : new Float32Array(0));
  const rowsPerPlane = tilesAlong(tiles.axes[1] ?? 1, tiles.tileAxes[1] ?? 1);
  const width = tiles.axes[0] ?? 1;
  const { sums } = tileKernels();
  let memory = new Uint8Array(0);
  const readMemory = (sizeBytes: number): Uint8Array => {
    if (memory.length < sizeBytes) memory = new Uint8Array(2 * sizeBytes);
    return memory.subarray(0, sizeBytes);
  };

  const tileAt = (number: number): Tile => {
    const row = number % rowsPerPlane;
    const height = Math.min(tiles.tileAxes[1] ?? 1, (tiles.axes[1] ?? 1) - row * (tiles.tileAxes[1] ?? 1));
    const lengths = tiles.axes.map((_, axis) => (axis === 0 ? width : axis === 1 ? height : 1));
    return { index: number, start: [], lengths, count: width * height };
  };
  const storedAt = (tile: Tile) => {
    const stored = table.stored(tile.index);
    if (stored === undefined) throw rowFail(tile)("the row of the table has no bytes for it.");
    if (stored === "outside") throw rowFail(tile)("its bytes would lie outside of the heap.");
    return stored;
  };
  return (first, count) => {
    const wanted = Array.from({ length: count }, (_, i) => {
      const tile = tileAt(first + i);
      return { tile, stored: storedAt(tile) };
    });
    let at = 0;
    for (let next = 0; next < wanted.length; ) {
      // Tiles that lie behind each other are read at once.
      const from = wanted[next]?.stored.offset ?? 0;
      let end = from;
      let stop = next;
      for (; stop < wanted.length && wanted[stop]?.stored.offset === end; stop += 1) {
        end += wanted[stop]?.stored.sizeBytes ?? 0;
      }
      const bytes = readMemory(end - from + riceOverreadBytes);
      read(dataOffset + from, bytes.subarray(0, end - from));
      for (const { tile, stored } of wanted.slice(next, stop)) {
        const fail = failAt(tile, dataOffset + stored.offset);
        const own = { ...stored, offset: stored.offset - from };
        decoder.check(bytes.subarray(0, end - from), own, tile, fail);
        const values = decoder.decode(bytes, own, tile, fail);
        if (isReal) sums.add(reals(values, tile, fail), at, 0);
        else sums.add(integersOf(values, bitpix, fail), at, offset);
        at += tile.count;
      }
      next = stop;
    }
  };
}
