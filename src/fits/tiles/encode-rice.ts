import type { RiceParameters } from "./rice.ts";

/** By bytes per pixel; the sign of a byte does not matter, as differences of bytes come round again. */
export type RiceInput = Int32Array | Int16Array | Uint8Array;

/** Bits of a block's code, the code for pixels as they are, and bits to shift a difference up to the sign of an integer. */
const codes = {
  1: { codeBits: 3, direct: 6, signShift: 24 },
  2: { codeBits: 4, direct: 14, signShift: 16 },
  4: { codeBits: 5, direct: 25, signShift: 0 },
} as const;

/** The most bytes that so many pixels can become. */
export function riceMostBytes(count: number, { blockSize, pixelBytes }: RiceParameters): number {
  // The mean difference chooses the split: so a block takes little more than its pixels as they are, and its code.
  return 8 + count * (pixelBytes + 1) + Math.ceil(count / blockSize);
}

/**
 * Encodes RICE_1 (FITS 4.0 §10.4.1; Rice, Yeh and Miller 1993); what `decodeRice` reads. The split of each block follows from
 * its mean difference, as cfitsio chooses it, so that the bytes are the same.
 *
 * @param output of at least `riceMostBytes`
 *
 * @returns how many bytes of `output` were written
 */
export function encodeRice(
  pixels: RiceInput,
  output: Uint8Array,
  { blockSize, pixelBytes }: RiceParameters,
  differences: Int32Array = new Int32Array(blockSize),
): number {
  const { codeBits, direct, signShift } = codes[pixelBytes];
  const pixelBits = pixelBytes * 8;
  let last = (pixels[0] ?? 0) as number;
  let at = 0;
  for (let shift = pixelBits - 8; shift >= 0; shift -= 8) output[at++] = last >>> shift;
  // The bits that do not fill a byte yet, at the lower end; fewer than 8 of them between two writes.
  let held = 0;
  let bits = 0;
  for (let start = 0; start < pixels.length; start += blockSize) {
    const size = Math.min(blockSize, pixels.length - start);
    let sum = 0;
    for (let index = 0; index < size; index += 1) {
      const pixel = pixels[start + index] as number;
      const difference = ((pixel - last) << signShift) >> signShift;
      last = pixel;
      const folded = (difference << 1) ^ (difference >> 31);
      differences[index] = folded;
      sum += folded >>> 0;
    }
    const mean = Math.max(0, (sum - (size >> 1) - 1) / size);
    const low = 32 - Math.clz32(Math.floor(mean) >>> 1);

    if (sum === 0 || low >= direct) {
      held = (held << codeBits) | (sum === 0 ? 0 : direct + 1);
      bits += codeBits;
      while (bits >= 8) {
        bits -= 8;
        output[at++] = held >>> bits;
      }
      if (sum === 0) continue;
      for (let index = 0; index < size; index += 1) {
        const folded = differences[index] as number;
        for (let shift = pixelBits - 8; shift >= 0; shift -= 8) {
          held = (held << 8) | ((folded >>> shift) & 255);
          output[at++] = held >>> bits;
        }
      }
      continue;
    }
    held = (held << codeBits) | (low + 1);
    bits += codeBits;
    const mask = (1 << low) - 1;
    for (let index = 0; index < size; index += 1) {
      const folded = differences[index] as number;
      // As many zeros as the high bits say, a one, and the low bits as they are.
      let zeros = folded >>> low;
      bits += zeros;
      if (bits <= 24) held <<= zeros;
      else {
        bits -= zeros;
        for (; zeros > 0; zeros -= 8) {
          const some = Math.min(8, zeros);
          held <<= some;
          bits += some;
          while (bits >= 8) {
            bits -= 8;
            output[at++] = held >>> bits;
          }
        }
      }
      while (bits >= 8) {
        bits -= 8;
        output[at++] = held >>> bits;
      }
      // At most 7 bits held, and 25 more.
      held = (held << (low + 1)) | (1 << low) | (folded & mask);
      bits += low + 1;
      while (bits >= 8) {
        bits -= 8;
        output[at++] = held >>> bits;
      }
    }
  }
  if (bits > 0) output[at++] = held << (8 - bits);
  return at;
}
