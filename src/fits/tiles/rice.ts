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
export const riceOverreadBytes = 16;

/** The fewest bytes that so many pixels can take: the first one as it is, and blocks that hold nothing but its value. */
export function riceLeastBytes(count: number, { blockSize, pixelBytes }: RiceParameters): number {
  return pixelBytes + Math.ceil((Math.ceil(count / blockSize) * codes[pixelBytes].codeBits) / 8);
}

/**
 * Decodes RICE_1 (FITS 4.0 §10.4.1; Rice, Yeh and Miller 1993): differences of neighbours, in blocks, each as a count of
 * zero bits and a few low bits. Fills `output`, whose elements have `pixelBytes`: sums that run over them come round again.
 *
 * `bytes` must reach `riceOverreadBytes` beyond `end`.
 */
export function decodeRice(
  bytes: Uint8Array,
  start: number,
  end: number,
  output: RiceOutput,
  { blockSize, pixelBytes }: RiceParameters,
  fail: Fail,
): void {
  const { codeBits, direct } = codes[pixelBytes];
  const pixelBits = pixelBytes * 8;
  let position = start;
  let last = 0;
  for (let index = 0; index < pixelBytes; index += 1) last = (last << 8) | byteAt(bytes, position++);
  // The next bits stand at the top of `bits`; zeros follow them.
  let bits = 0;
  let held = 0;
  for (let at = 0; at < output.length; ) {
    for (; held <= 24; held += 8) bits |= byteAt(bytes, position++) << (24 - held);
    const code = (bits >>> (32 - codeBits)) - 1;
    bits <<= codeBits;
    held -= codeBits;
    const stop = Math.min(at + blockSize, output.length);
    if (code === -1) {
      output.fill(last, at, stop);
      at = stop;
    } else if (code === direct) {
      for (; at < stop; at += 1) {
        let difference = 0;
        for (let taken = 0; taken < pixelBits; taken += 8) {
          for (; held <= 24; held += 8) bits |= byteAt(bytes, position++) << (24 - held);
          difference = (difference << 8) | (bits >>> 24);
          bits <<= 8;
          held -= 8;
        }
        last = (last + unfold(difference)) | 0;
        output[at] = last;
      }
    } else {
      if (code > direct) throw fail(`a block of the Rice code ${code}; the highest is ${direct}.`);
      for (; at < stop; at += 1) {
        let zeros = 0;
        for (; held <= 24; held += 8) bits |= byteAt(bytes, position++) << (24 - held);
        while (bits === 0) {
          zeros += held;
          if (position > end + 8) throw fail("the compressed bytes end within a pixel.");
          for (held = 0; held <= 24; held += 8) bits |= byteAt(bytes, position++) << (24 - held);
        }
        const leading = Math.clz32(bits);
        zeros += leading;
        // Two steps: a shift by 32 would be none.
        bits = (bits << leading) << 1;
        held -= leading + 1;
        for (; held <= 24; held += 8) bits |= byteAt(bytes, position++) << (24 - held);
        const low = code === 0 ? 0 : bits >>> (32 - code);
        bits <<= code;
        held -= code;
        last = (last + unfold((zeros << code) | low)) | 0;
        output[at] = last;
      }
    }
    // Whole bytes that are held but not used were read too far.
    if (position - (held >>> 3) > end) throw fail("the compressed bytes end before the tile is full.");
  }
}

function byteAt(bytes: Uint8Array, position: number): number {
  return bytes[position] as number;
}

/** Differences are folded so that small ones are small numbers: 0, -1, 1, -2, … */
function unfold(folded: number): number {
  return (folded >>> 1) ^ -(folded & 1);
}
