import type { ByteSource } from "../../core/byte-source.ts";
import { badFile } from "../bad-file.ts";
import type { Hdu } from "../hdu.ts";
import { readRanges } from "../read-ranges.ts";
import type { Section } from "../section.ts";
import type { HeapRange } from "../tables/binary-table.ts";
import { openTiles, type StoredPixels, tileKeeper } from "./read-tiles.ts";
import { riceOverreadBytes } from "./rice.ts";
import type { Tile } from "./tile-grid.ts";
import { type TiledImage, tilesAlong } from "./tiled-image.ts";

/** Pixels before any scaling, of the box or of one around it. */
export interface AroundSection {
  readonly stored: StoredPixels;
  readonly shape: readonly number[];
  /** The box that was asked for, in that shape. */
  readonly box: Section;
}

/** Decodes the tiles that a box touches, and reads no others. What comes is the box that these tiles fill together. */
export async function readTileSection(
  tiles: TiledImage,
  source: ByteSource,
  hdu: Hdu,
  section: Section,
  signal: AbortSignal | undefined,
): Promise<AroundSection> {
  const { headerOffset, dataOffset, dataSizeBytes } = hdu;
  const place = { file: source.name, hdu: hdu.index, headerOffset, dataOffset };
  const { table, decoder, masks, failAt, rowFail } = await openTiles(tiles, dataSizeBytes, place, async (sizeBytes) => {
    const rows = new Uint8Array(sizeBytes);
    if ((await source.read(dataOffset, rows)) === sizeBytes) return rows;
    throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", { ...place, offset: dataOffset });
  });
  const bytesAt = async ({ offset, sizeBytes: length }: HeapRange): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = new Uint8Array(length);
    if ((await source.read(dataOffset + offset, bytes)) === length) return bytes;
    throw badFile("FITS_TRUNCATED", "the file became shorter while it was read.", {
      ...place,
      offset: dataOffset + offset,
    });
  };
  const around = tilesAround(tiles, section);
  let total = 0;
  const wanted = around.tiles.map((tile) => {
    const stored = table.stored(tile.index);
    if (stored === undefined) throw rowFail(tile)("the row of the table has no bytes for it.");
    if (stored === "outside") throw rowFail(tile)("its bytes would lie outside of the heap.");
    total += stored.sizeBytes;
    if (total > 16 * dataSizeBytes) throw rowFail(tile)("many tiles share the same bytes of the heap.");
    return { tile, stored, offset: dataOffset + stored.offset, sizeBytes: stored.sizeBytes };
  });
  const keep = tileKeeper({ ...tiles, axes: around.axes }, table, masks);
  for await (const part of readRanges(source, wanted, hdu.index, riceOverreadBytes)) {
    signal?.throwIfAborted();
    const bytes = part.bytes.subarray(0, part.bytes.length - riceOverreadBytes);
    for (const { tile, stored, offset } of part.ranges) {
      const fail = failAt(tile, offset);
      const own = { ...stored, offset: offset - part.offset };
      decoder.check(bytes, own, tile, fail);
      const range = masks?.range(tile, rowFail(tile));
      const mask = range && masks?.decode(await bytesAt(range), tile, fail);
      keep.add(decoder.decode(part.bytes, own, tile, fail), tile, fail, mask);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { stored: keep.pixels(), shape: around.axes.toReversed(), box: around.box };
}

interface TilesAround {
  /** Their places are those in the box that they fill. */
  readonly tiles: readonly Tile[];
  /** The axes of that box, the fastest first. */
  readonly axes: readonly number[];
  /** The section asked for, within that box. */
  readonly box: Section;
}

function tilesAround({ axes, tileAxes }: TiledImage, section: Section): TilesAround {
  const bounds = section.toReversed().map(({ start, stop }, axis) => {
    const tile = tileAxes[axis] as number;
    const first = Math.floor(start / tile);
    const last = Math.floor((stop - 1) / tile);
    return {
      first,
      last,
      tile,
      from: first * tile,
      to: Math.min(axes[axis] as number, (last + 1) * tile),
      start,
      stop,
    };
  });
  const along = axes.map((length, axis) => tilesAlong(length, tileAxes[axis] as number));
  const tiles: Tile[] = [];
  const position = bounds.map(({ first }) => first);
  for (let more = true; more; ) {
    const at = position.map((index, axis) => index * (tileAxes[axis] as number));
    const lengths = at.map((begin, axis) => Math.min(tileAxes[axis] as number, (axes[axis] as number) - begin));
    tiles.push({
      index: position.reduceRight((row, index, axis) => row * (along[axis] as number) + index, 0),
      start: at.map((begin, axis) => begin - (bounds[axis]?.from ?? 0)),
      lengths,
      count: lengths.reduce((product, length) => product * length, 1),
    });
    more = false;
    for (const [axis, { first, last }] of bounds.entries()) {
      if ((position[axis] as number) < last) {
        position[axis] = (position[axis] as number) + 1;
        more = true;
        break;
      }
      position[axis] = first;
    }
  }
  return {
    tiles,
    axes: bounds.map(({ from, to }) => to - from),
    box: bounds.map(({ from, start, stop }) => ({ start: start - from, stop: stop - from })).toReversed(),
  };
}
