import { gzipSync } from "node:zlib";
import { bytesSource } from "../../../src/core/byte-source.ts";
import { Card, encodeHeader, Header, openFits } from "../../../src/fits/index.ts";

const renamed = /^(?:SIMPLE|BITPIX|NAXIS[0-9]*|EXTEND|CHECKSUM|DATASUM)$/;

/** A file with one image, its primary, as fpack makes it: an empty primary, and the image as a table of rows in gzip. */
export async function packTiles(bytes: Uint8Array): Promise<Uint8Array> {
  const { hdus } = await openFits(bytesSource(bytes));
  const [image] = hdus;
  const [rows = 1, columns = 1] = image!.shape;
  const rowBytes = (columns * Math.abs(image!.bitpix)) / 8;
  const tiles = Array.from({ length: rows }, (_, row) =>
    gzipSync(bytes.subarray(image!.dataOffset + row * rowBytes, image!.dataOffset + (row + 1) * rowBytes)),
  );
  const heap = Buffer.concat(tiles);
  const descriptors = Buffer.alloc(8 * rows);
  let at = 0;
  for (const [row, { length }] of tiles.entries()) {
    descriptors.writeInt32BE(length, 8 * row);
    descriptors.writeInt32BE(at, 8 * row + 4);
    at += length;
  }
  const table = Header.from({
    XTENSION: "BINTABLE",
    BITPIX: 8,
    NAXIS: 2,
    NAXIS1: 8,
    NAXIS2: rows,
    PCOUNT: heap.length,
    GCOUNT: 1,
    TFIELDS: 1,
    TTYPE1: "COMPRESSED_DATA",
    TFORM1: "1PB",
    ZIMAGE: true,
    ZCMPTYPE: "GZIP_1",
    EXTNAME: "COMPRESSED_IMAGE",
  });
  for (const card of image!.header) {
    const name = card.keyword === "CHECKSUM" ? "ZHECKSUM" : `Z${card.keyword}`;
    table.append(renamed.test(card.keyword) ? Card.parse(name.padEnd(8) + card.image.slice(8)) : card);
  }
  const primary = encodeHeader(Header.from({ SIMPLE: true, BITPIX: 8, NAXIS: 0, EXTEND: true }).cards);
  const data = Buffer.concat([descriptors, heap]);
  const padding = Buffer.alloc((2880 - (data.length % 2880)) % 2880);
  return Buffer.concat([primary, encodeHeader(table.cards), data, padding]);
}
