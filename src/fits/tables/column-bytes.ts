import { gunzipTile, unshuffle } from "../tiles/gunzip-tile.ts";
import { decodeRice, type Fail, type RiceOutput } from "../tiles/rice.ts";
import { type ElementCode, elementBytes } from "./binary-form.ts";

/** The data unit of a table, with `riceOverreadBytes` more behind it. */
export interface PackedBytes {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
}

/** Elements of one type that were compressed together, and how. */
export interface PackedElements {
  readonly code: ElementCode;
  readonly algorithm: string;
  /** Bytes that GZIP_2 has parted from each other; 1 where they stay in their order. */
  readonly shuffledBytes: number;
  readonly count: number;
  readonly sizeBytes: number;
}

const riceBlockSize = 32;
const riceArrays = { B: Uint8Array, I: Int16Array, J: Int32Array } as const;

/** The bytes that elements of a compressed table had, as a table has them, out of those from `start` up to `end`. */
export function unpackedBytes(
  { data, view }: PackedBytes,
  start: number,
  end: number,
  { code, algorithm, shuffledBytes, count, sizeBytes }: PackedElements,
  fail: Fail,
): Uint8Array {
  const own = data.subarray(start, end);
  const whole = (bytes: Uint8Array): Uint8Array => {
    if (bytes.length !== sizeBytes) throw fail(`${bytes.length} bytes for ${count} elements, which have ${sizeBytes}.`);
    return bytes;
  };
  switch (algorithm) {
    case "GZIP_1":
      return whole(gunzipTile(own, sizeBytes, fail));
    case "GZIP_2": {
      const bytes = whole(gunzipTile(own, sizeBytes, fail));
      return shuffledBytes === 1 ? bytes : unshuffle(bytes, shuffledBytes);
    }
    case "RICE_1": {
      if (code !== "B" && code !== "I" && code !== "J") throw fail(`RICE_1 of elements of the type ${code}.`);
      const values: RiceOutput = new riceArrays[code](sizeBytes / elementBytes(code, 1));
      const pixelBytes = values.BYTES_PER_ELEMENT as 1 | 2 | 4;
      if (end - start < pixelBytes) throw fail("the compressed bytes end before the tile is full.");
      decodeRice(view, start, end, values, { blockSize: riceBlockSize, pixelBytes }, fail);
      const bytes = new Uint8Array(values.buffer);
      if (pixelBytes === 2) Buffer.from(bytes.buffer).swap16();
      if (pixelBytes === 4) Buffer.from(bytes.buffer).swap32();
      return bytes;
    }
    case "NOCOMPRESS":
      return whole(own);
    default:
      throw fail(`the algorithm ${algorithm}; RICE_1, GZIP_1, GZIP_2 and NOCOMPRESS are known.`);
  }
}
