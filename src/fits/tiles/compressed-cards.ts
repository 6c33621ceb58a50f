import { Card } from "../card.ts";
import type { CardValue } from "../card-value.ts";
import type { TilePlan } from "./compression.ts";
import { riceBlockSize } from "./encode-tile.ts";
import { ofAColumn, ofTheTable, restored } from "./image-header.ts";
import { undefinedLevel } from "./quantize.ts";

/** What is known of the table once all tiles are in it. Before that, any numbers: the cards stay as many and as long. */
export interface TileTableFacts {
  readonly heapBytes: number;
  /** The longest array of each column of bytes. */
  readonly mostBytes: Readonly<Record<"compressed" | "gzip", number>>;
  readonly seed: number;
}

/** Bytes of one row of the table. */
export function tileRowBytes({ quantization, descriptor }: TilePlan): number {
  const descriptorBytes = descriptor === "P" ? 8 : 16;
  return quantization === undefined ? descriptorBytes : 2 * descriptorBytes + 16;
}

const renamed = new Map([...restored].map(([compressed, own]) => [own, compressed] as const));

/**
 * The cards of the table that holds a compressed image (FITS 4.0 §10.1): those of the image behind them, in their order and byte for
 * byte but for the names that the standard changes; cards that would tell something else of the table are left out.
 *
 * @param image the cards of the image as it would stand uncompressed
 */
export function compressedCards(image: Iterable<Card>, plan: TilePlan, facts: TileTableFacts): Card[] {
  const { algorithm, quantization, descriptor, tileAxes, tileCount } = plan;
  const arrays = (most: number): CardValue => `1${descriptor}B(${most})`;
  const columns: [name: string, form: CardValue][] = [["COMPRESSED_DATA", arrays(facts.mostBytes.compressed)]];
  if (quantization !== undefined) {
    columns.push(["GZIP_COMPRESSED_DATA", arrays(facts.mostBytes.gzip)], ["ZSCALE", "1D"], ["ZZERO", "1D"]);
  }
  const [structure, rest] = splitCards(image, columns.length);
  const pixelBytes = quantization === undefined ? Math.abs(plan.bitpix) / 8 : 4;
  return [
    Card.of("XTENSION", "BINTABLE", "binary table extension"),
    Card.of("BITPIX", 8, "8-bit bytes"),
    Card.of("NAXIS", 2, "2-dimensional binary table"),
    Card.of("NAXIS1", tileRowBytes(plan), "width of table in bytes"),
    Card.of("NAXIS2", tileCount, "number of rows in table"),
    Card.of("PCOUNT", facts.heapBytes, "size of special data area"),
    Card.of("GCOUNT", 1, "one data group"),
    Card.of("TFIELDS", columns.length, "number of fields in each row"),
    ...columns.flatMap(([name, form], index) => [
      Card.of(`TTYPE${index + 1}`, name),
      Card.of(`TFORM${index + 1}`, form),
    ]),
    Card.of("ZIMAGE", true, "extension contains compressed image"),
    ...structure,
    ...tileAxes.map((length, axis) => Card.of(`ZTILE${axis + 1}`, length, "size of tiles to be compressed")),
    Card.of("ZCMPTYPE", algorithm, "compression algorithm"),
    ...(algorithm === "RICE_1"
      ? [
          Card.of("ZNAME1", "BLOCKSIZE", "compression block size"),
          Card.of("ZVAL1", riceBlockSize, "pixels per block"),
          Card.of("ZNAME2", "BYTEPIX", "bytes per pixel"),
          Card.of("ZVAL2", pixelBytes, "bytes per pixel"),
        ]
      : []),
    ...quantizationCards(plan, facts),
    ...(rest.some(({ keyword }) => keyword === "EXTNAME")
      ? []
      : [Card.of("EXTNAME", "COMPRESSED_IMAGE", "name of this extension")]),
    ...rest,
  ];
}

function quantizationCards({ bitpix, quantization }: TilePlan, { seed }: TileTableFacts): Card[] {
  if (bitpix > 0) return [];
  const comment = "pixel quantization algorithm";
  if (quantization === undefined) return [Card.of("ZQUANTIZ", "NONE", comment)];
  const { dither } = quantization;
  return [
    Card.of("ZBLANK", undefinedLevel, "null value in the compressed integers"),
    Card.of("ZQUANTIZ", dither, comment),
    ...(dither === "NO_DITHER" ? [] : [Card.of("ZDITHER0", seed, "dithering offset when quantizing reals")]),
  ];
}

const structural = /^(?:SIMPLE|XTENSION|BITPIX|NAXIS[0-9]*|PCOUNT|GCOUNT|EXTEND|BLOCKED)$/;

/** The cards that lay the image out, under the names they have in the table; and all others that can be kept. */
function splitCards(image: Iterable<Card>, columnCount: number): [structure: Card[], rest: Card[]] {
  const structure: Card[] = [];
  const rest: Card[] = [];
  for (const card of image) {
    const { keyword } = card;
    const name = renamed.get(keyword) ?? (/^NAXIS[1-9][0-9]*$/.test(keyword) ? `Z${keyword}` : undefined);
    if (card.isCommentary) rest.push(card);
    else if (name !== undefined) {
      const own = Card.parse(name.padEnd(8) + card.image.slice(8));
      (structural.test(keyword) ? structure : rest).push(own);
    } else if (!clashes(keyword, columnCount)) rest.push(card);
  }
  return [structure, rest];
}

function clashes(keyword: string, columnCount: number): boolean {
  const column = ofAColumn.exec(keyword)?.[1];
  return ofTheTable.test(keyword) || restored.has(keyword) || Number(column) <= columnCount;
}
