/** Makes an error about the tile being decoded, which names file, HDU and offset. */
export type Fail = (problem: string) => Error;

export interface RiceParameters {
  /** Pixels that share one split of high and low bits. */
  readonly blockSize: number;
  readonly pixelBytes: 1 | 2 | 4;
}

/** By bytes per pixel; a byte is unsigned. */
export type RiceOutput = Int32Array | Int16Array | Uint8Array;

/** Bits of a block's code, and the code for pixels as they are, by bytes per pixel (FITS 4.0 §10.4.1). */
const codes = {
  1: { codeBits: 3, direct: 6 },
  2: { codeBits: 4, direct: 14 },
  4: { codeBits: 5, direct: 25 },
} as const;

/** How many bytes this decoder may look at behind the end of its input. */
export const riceOverreadBytes = 8;

/** A load of 32 bits from any bit on holds at least so many. */
const sureBits = 25;

/** The fewest bytes that so many pixels can take: the first one as it is, and blocks that hold nothing but its value. */
export function riceLeastBytes(count: number, { blockSize, pixelBytes }: RiceParameters): number {
  return pixelBytes + Math.ceil((Math.ceil(count / blockSize) * codes[pixelBytes].codeBits) / 8);
}

/**
 * For tiles too large for the kernels. Decodes RICE_1 (FITS 4.0 §10.4.1; Rice, Yeh and Miller 1993): differences of neighbours, in blocks, each as a count of
 * zero bits and a few low bits. Fills `output`, whose elements have `pixelBytes`: sums that run over them come round again.
 *
 * `bytes` must reach `riceOverreadBytes` beyond `end`.
 */
export function decodeRice(
  bytes: DataView,
  start: number,
  end: number,
  output: RiceOutput,
  { blockSize, pixelBytes }: RiceParameters,
  fail: Fail,
): void {
  const { codeBits, direct } = codes[pixelBytes];
  const cut = () => riceCut(fail);
  let last = 0;
  for (let index = 0; index < pixelBytes; index += 1) last = (last << 8) | bytes.getUint8(start + index);
  // The place is the byte `base` and so many bits from there, which start anew with each block.
  let base = start + pixelBytes;
  let bit = 0;
  for (let at = 0; at < output.length; ) {
    if (base > end) throw cut();
    const code = (topBits(bytes, base, bit) >>> (32 - codeBits)) - 1;
    bit += codeBits;
    const stop = Math.min(at + blockSize, output.length);
    if (code === -1) {
      output.fill(last, at, stop);
      at = stop;
    } else if (code === direct) {
      for (; at < stop; at += 1) {
        let difference = 0;
        for (let left = pixelBytes * 8; left > 0; left -= 8) {
          if (base + (bit >>> 3) > end) throw cut();
          difference = (difference << 8) | (topBits(bytes, base, bit) >>> 24);
          bit += 8;
        }
        last = (last + unfold(difference)) | 0;
        output[at] = last;
      }
    } else if (code > direct) {
      throw riceCode(code, { pixelBytes }, fail);
    } else {
      for (; at < stop; at += 1) {
        if (base + (bit >>> 3) > end) throw cut();
        let top = topBits(bytes, base, bit);
        let zeros = Math.clz32(top);
        if (zeros + code < sureBits) {
          // All of the pixel is here. Two shifts, as one by 32 would be none.
          top = (top << zeros) << 1;
          bit += zeros + 1 + code;
        } else {
          let leading = zeros;
          for (zeros = 0; leading >= sureBits; zeros += sureBits) {
            bit += sureBits;
            if (base + (bit >>> 3) > end) throw cut();
            leading = Math.clz32(topBits(bytes, base, bit));
          }
          zeros += leading;
          bit += leading + 1;
          if (base + (bit >>> 3) > end) throw cut();
          top = topBits(bytes, base, bit);
          bit += code;
        }
        const low = code === 0 ? 0 : top >>> (32 - code);
        last = (last + unfold((zeros << code) | low)) | 0;
        output[at] = last;
      }
    }
    base += bit >>> 3;
    bit &= 7;
    if (base + (bit === 0 ? 0 : 1) > end) throw cut();
  }
}

export function riceCut(fail: Fail): Error {
  return fail("the compressed bytes end before the tile is full.");
}

export function riceCode(code: number, { pixelBytes }: Pick<RiceParameters, "pixelBytes">, fail: Fail): Error {
  return fail(`a block of the Rice code ${code}; the highest is ${codes[pixelBytes].direct}.`);
}

/** 32 bits from there on, of which at least `sureBits` are of the stream; zeros follow. */
function topBits(bytes: DataView, base: number, bit: number): number {
  return bytes.getInt32(base + (bit >>> 3)) << (bit & 7);
}

/** Differences are folded so that small ones are small numbers: 0, -1, 1, -2, … */
function unfold(folded: number): number {
  return (folded >>> 1) ^ -(folded & 1);
}
