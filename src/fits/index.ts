export type { ByteSink } from "../core/byte-source.ts";
export { openWorkers, type Workers } from "../core/workers.ts";
export type { Bitpix } from "./bitpix.ts";
export { Card } from "./card.ts";
export type { CardValue, Complex } from "./card-value.ts";
export { type CompareOptions, compareFits, type FitsDifference } from "./compare-fits.ts";
export { type CreateFitsOptions, createFits, type FitsWriter } from "./create-fits.ts";
export type { ReadDataOptions } from "./data-unit.ts";
export { type EncodeFitsOptions, encodeFits, type HduContent } from "./encode-fits.ts";
export type { FileToPack } from "./files-to-pack.ts";
export { fitsFileName } from "./fits-file-name.ts";
export { formatFitsTimeUs, parseFitsTimeUs } from "./fits-time.ts";
export type { Frame } from "./frame.ts";
export { type EncodeFrameOptions, encodeFrame, readFrame } from "./frame-file.ts";
export type { Hdu, HduType } from "./hdu.ts";
export { Header, type HeaderRecord } from "./header.ts";
export { type FitsFile, type HduSelector, openFits, readHeader } from "./open-fits.ts";
export { packFiles } from "./pack-files.ts";
export { type PackOptions, type PackToOptions, packFits, packFitsTo } from "./pack-fits.ts";
export { encodeHeader, parseHeader } from "./parse-header.ts";
export { readHdu, type StoredHdu } from "./read-hdu.ts";
export { type ReadHeadersOptions, readHeaders } from "./read-headers.ts";
export { type ReadImageOptions, readImage } from "./read-image.ts";
export { type ReadSectionOptions, readSection } from "./read-section.ts";
export { type ReadTableOptions, readTable, type Table } from "./read-table.ts";
export type { Section, SectionRange } from "./section.ts";
export { shiftOrigin } from "./shift-origin.ts";
export type { ImageWriter, PixelType, StreamedImage } from "./stream-image.ts";
export type { Column, ColumnBase, ColumnValues, FixedColumn, VariableColumn } from "./tables/column.ts";
export type { FixedWritable, VariableWritable, WritableBase, WritableColumn } from "./tables/writable-column.ts";
export {
  type CompressionPreset,
  compressionPresets,
  type TileAlgorithm,
  type TileCompression,
} from "./tiles/compression.ts";
export type { Dither } from "./tiles/dequantize.ts";
export type { TiledImage } from "./tiles/tiled-image.ts";
export { type UnpackOptions, unpackFits } from "./unpack-fits.ts";
export { type ChecksumVerdict, type HduChecksums, verifyChecksums } from "./verify-checksums.ts";
export { type FitsProblem, type FitsVerification, verifyFits } from "./verify-fits.ts";
export type { Matrix, PixelMap } from "./wcs/pixel-map.ts";
export { transformWcs } from "./wcs/transform-wcs.ts";
