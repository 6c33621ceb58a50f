import type { Bitpix } from "../bitpix.ts";
import type { Header } from "../header.ts";
import type { StructureCards } from "../structure-cards.ts";

/** How an image lies compressed, tile by tile, in a binary table (FITS 4.0 §10.1). */
export interface TiledImage {
  /** The header of the table, as it stands in the file. */
  readonly header: Header;
  readonly bitpix: Bitpix;
  /** ZCMPTYPE, `RICE_1` for its old name. */
  readonly algorithm: string;
  /** ZNAXIS1 to ZNAXISn: unlike a shape, the fastest axis comes first. */
  readonly axes: readonly number[];
  /** ZTILE1 to ZTILEn, cut to the axes. Where there are none, a tile is a row. */
  readonly tileAxes: readonly number[];
  /** One row of the table for each tile. */
  readonly tileCount: number;
}

export interface TableExtent {
  readonly rowCount: number;
  readonly dataSizeBytes: number;
}

/** An image without any detail shrinks without measure; beyond the free size it has to be worth its bytes. */
const ratioLimit = 4096;
const freeBytes = 64 * 1024 * 1024;

/**
 * Works out axes and tiles from the cards, and holds the number of tiles against the table, and the size of the image
 * against that of the data unit, before anybody allocates.
 */
export function describeTiles(header: Header, table: TableExtent, cards: StructureCards): TiledImage {
  const bitpix = cards.bitpix("ZBITPIX");
  const axes = cards.axes("ZNAXIS", cards.count("ZNAXIS", 0, 999));
  const algorithm = cards.text("ZCMPTYPE");
  if (algorithm === undefined) throw cards.invalid("a compressed image has no card ZCMPTYPE that names its algorithm.");
  const tileAxes = axes.map((length, axis) => {
    const tile = cards.count(`ZTILE${axis + 1}`, 1, Number.MAX_SAFE_INTEGER, axis === 0 ? Math.max(1, length) : 1);
    return Math.min(tile, Math.max(1, length));
  });
  const elements = axes.length === 0 ? 0 : axes.reduce((product, length) => product * length, 1);
  const tileCount =
    elements === 0 ? 0 : axes.reduce((product, length, axis) => product * tilesAlong(length, tileAxes[axis] ?? 1), 1);
  if (tileCount !== table.rowCount && elements > 0) {
    throw cards.invalid(
      `axes ${axes.join(" × ")} in tiles of ${tileAxes.join(" × ")} make ${tileCount} tiles; the table has ${table.rowCount} rows.`,
    );
  }
  const sizeBytes = elements * (Math.abs(bitpix) / 8);
  if (!(sizeBytes <= freeBytes + ratioLimit * table.dataSizeBytes)) {
    throw cards.invalid(
      `the header promises ${sizeBytes} bytes of pixels (ZBITPIX ${bitpix}, axes ${axes.join(" × ")}) out of ${table.dataSizeBytes} bytes; no image shrinks so far.`,
    );
  }
  return {
    header,
    bitpix,
    algorithm: algorithm === "RICE_ONE" ? "RICE_1" : algorithm,
    axes,
    tileAxes,
    tileCount,
  };
}

/** How many tiles lie along an axis; the last may be shorter. */
export function tilesAlong(length: number, tile: number): number {
  return Math.ceil(length / tile);
}
